"""A small aggregate to try the chassis with: an account that takes amounts until it is closed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.chassis.aggregate import Decision, EncodedEvent, folded
from services.chassis.errors import Refused
from services.chassis.orders import Change

LEDGER_TABLE = "CREATE TABLE balances (id uuid PRIMARY KEY, amount integer NOT NULL)"


@dataclass(frozen=True, slots=True)
class Account:
    amount: int = 0
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Add:
    amount: int


@dataclass(frozen=True, slots=True)
class Close:
    pass


@dataclass(frozen=True, slots=True)
class Added:
    amount: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    pass


Command = Add | Close
Event = Added | Closed
poison_amount = 666
"""An event that PostgreSQL refuses to store."""
bug_amount = -13
"""A command on which the rule itself breaks."""
unwritable_amount = 404
"""An event that has no text."""


class Ledger:
    def initial(self) -> Account:
        return Account()

    def decide(self, state: Account, command: Command, _: datetime) -> Sequence[Event]:
        if state.closed:
            code = "account-closed"
            raise Refused(code, "The account is closed.", amount=state.amount)
        match command:
            case Add(amount=amount) if amount == bug_amount:
                return [Added(amount // 0)]
            case Add(amount=amount) if amount == poison_amount:
                return [Added(amount, note="\0")]
            case Add(amount=0):
                return []
            case Add(amount=amount):
                return [Added(amount)]
            case Close():
                return [Closed()]

    def evolve(self, state: Account, event: Event) -> Account:
        match event:
            case Added(amount=amount):
                return Account(state.amount + amount, state.closed)
            case Closed():
                return Account(state.amount, closed=True)

    def execute(self, state: Account, command: Command, now: datetime) -> Decision[Account, Event]:
        return folded(self.evolve, state, self.decide(state, command, now))

    def has_ended(self, state: Account) -> bool:
        return state.closed

    def encode_event(self, event: Event) -> EncodedEvent:
        match event:
            case Added(amount=amount, note=note):
                if amount == unwritable_amount:
                    message = "this event has no JSON"
                    raise TypeError(message)
                data = json.dumps({"amount": amount})
                return EncodedEvent("ledger.added", data + note)
            case Closed():
                return EncodedEvent("ledger.closed", "{}")

    def encode_state(self, state: Account) -> str:
        return json.dumps({"amount": state.amount, "closed": state.closed})

    def decode_state(self, stored: str) -> Account:
        return Account(**json.loads(stored))


COMMIT_LEDGER = """
WITH written AS (
    INSERT INTO balances (id, amount) SELECT * FROM unnest($13::uuid[], $14::integer[])
    ON CONFLICT (id) DO UPDATE SET amount = excluded.amount
    RETURNING 1
)
SELECT append_events(
    $1, $2, $3, string_to_array($4, E'\\x1f'), $5, $6, string_to_array($7, E'\\x1f'), $8, string_to_array($9, E'\\x1f'),
    string_to_array($10, E'\\x1f'), string_to_array($11, E'\\x1f', ''), $12
)
WHERE (SELECT count(*) FROM written) >= 0
"""


class Balances:
    """The projection: one row an account."""

    statement = COMMIT_LEDGER
    conflicts: frozenset[str] = frozenset()

    def arguments(self, changes: Sequence[Change[Account, Event]]) -> Sequence[object]:
        return [
            [change.stream_id for change in changes],
            [change.after.amount for change in changes],
        ]
