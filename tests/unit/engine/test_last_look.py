"""Right before the first byte: what was seen too long ago is looked at again."""

from dataclasses import dataclass, field

import pytest

from services.chassis.errors import Transient
from services.engine.app.last_look import LastLook, look_seconds_max


@dataclass(slots=True)
class Situation:
    """A clock, and a job that is wanted as long as it says so; each look takes some time."""

    now: float = 100.0
    look_takes: float = 0.0
    is_wanted: bool = True
    looked_at: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def look(self) -> bool:
        self.looked_at.append(self.now)
        self.now += self.look_takes
        return self.is_wanted


async def looked(situation: Situation) -> LastLook:
    look = LastLook(situation.look, situation.clock)
    assert await look.is_wanted()
    return look


async def test_who_goes_at_once_does_not_look_twice() -> None:
    situation = Situation()
    gate = await looked(situation)

    situation.now += look_seconds_max
    await gate()

    assert situation.looked_at == [100.0]


async def test_who_waited_looks_again() -> None:
    situation = Situation()
    gate = await looked(situation)

    situation.now += 30.0
    await gate()

    assert situation.looked_at == [100.0, 130.0]


async def test_what_was_recorded_meanwhile_does_not_leave() -> None:
    situation = Situation()
    gate = await looked(situation)

    situation.now += 30.0
    situation.is_wanted = False
    with pytest.raises(Transient):
        await gate()


async def test_a_look_is_as_old_as_its_question() -> None:
    """The database may have answered before somebody else's commit, however late the answer comes."""
    situation = Situation()
    gate = await looked(situation)

    situation.now += 30.0
    situation.look_takes = 2 * look_seconds_max
    with pytest.raises(Transient):
        await gate()


async def test_nobody_passes_who_has_not_looked() -> None:
    situation = Situation(is_wanted=False)
    with pytest.raises(Transient):
        await LastLook(situation.look, situation.clock)()
