"""Puts the values of secrets into a job just before it is performed, and takes them out of what came of it."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.base import Json
from contracts.run import NodeScheduled, RunError
from services.chassis.errors import Refused, Transient
from services.engine.app.ports import Sealer
from services.engine.app.secret_ports import SealedValues
from services.engine.domain.masking import Mask
from services.engine.domain.secret_names import context_of
from services.engine.domain.secret_places import fill

logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job with its secrets in it; it is never recorded, and what comes of it only masked."""

    job: NodeScheduled
    mask: Mask

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Let no unexpected error out whose text, or whose causes' text, could hold a value."""
        if not self.job.secrets:
            yield
            return
        try:
            yield
        except (Refused, Transient):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold a value
            msg = f"performing a job broke: {type(error).__name__}: {self.mask.text(str(error))}"
        else:
            return
        raise RuntimeError(msg) from None

    def masked(self, found: Mapping[str, Json]) -> dict[str, Json]:
        """Return the fields of a result without values of secrets."""
        if not self.job.secrets:
            return dict(found)
        return {name: self._masked(value) for name, value in found.items()}

    def _masked(self, value: Json) -> Json:
        if not isinstance(value, RunError):
            return self.mask.members(value)
        return value.model_copy(
            update={
                "message": self.mask.text(value.message),
                "details": self.mask.members(value.details),
            }
        )


class SecretValues:
    """Opens secrets; nothing is kept of them."""

    def __init__(
        self, values: SealedValues, sealer: Sealer, clock: Callable[[], datetime] = _now
    ) -> None:
        self._values = values
        self._sealer = sealer
        self._clock = clock

    async def opened(self, job: NodeScheduled) -> OpenJob:
        """Return the job with its secrets in it.

        Raises Refused: `missing-secret`, `secret-key-missing`, `secret-damaged`; Transient.
        """
        if not job.secrets:
            return OpenJob(job, Mask(()))
        values = await self.open(use.name for use in job.secrets)
        request = fill(job.request, job.secrets, values)
        return OpenJob(job.model_copy(update={"request": request}), Mask(values.values()))

    async def open(self, names: Iterable[str]) -> dict[str, str]:
        """Return the values by name. Raises as `opened` does."""
        wanted = sorted(set(names))
        found = await self._values.ciphertexts(wanted, self._clock())
        missing = [name for name in wanted if name not in found]
        if missing:
            code = "missing-secret"
            text = f"There is no secret `{missing[0]}`; an administrator sets it under Settings."
            raise Refused(code, text, secrets=missing)
        return {name: self._opened(name, text) for name, text in found.items()}

    async def values(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return those that exist and can be read, for who judges instead of sending. Raises Transient."""
        found = await self._values.ciphertexts(sorted(set(names)), self._clock())
        opened: dict[str, bytes] = {}
        for name, text in found.items():
            try:
                opened[name] = self._opened(name, text).encode()
            except Refused as refused:
                logger.warning("secret cannot be read", extra={"reason": refused.message})
        return opened

    def _opened(self, name: str, text: str) -> str:
        try:
            return self._sealer.decrypt(text, context_of(name)).decode()
        except Refused as refused:
            message = f"The secret `{name}` cannot be read. {refused.message}"
            raise Refused(refused.code, message, secrets=[name]) from None
