"""How often somebody may fail to prove who they are, by address, in bounded memory."""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

addresses_max = 10_000
_IPV6_NETWORK_BITS = 64
"""One household or attacker owns at least this much of IPv6."""


@dataclass(slots=True)
class _Window:
    began: float
    failures: int


class FailureLimit:
    """Counts failures in windows; the oldest addresses are forgotten first. Time is seconds on any one clock."""

    def __init__(self, *, failures_max: int, window_seconds: float) -> None:
        self._failures_max = failures_max
        self._window_seconds = window_seconds
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def wait_seconds(self, address: str, now: float) -> float:
        """Return how long the address has to wait before it may try again; 0 if it may try now."""
        window = self._windows.get(origin_of(address)) if self._windows else None
        if window is None or window.failures < self._failures_max:
            return 0.0
        return max(0.0, window.began + self._window_seconds - now)

    def failed(self, address: str, now: float) -> None:
        """Count a failure."""
        origin = origin_of(address)
        window = self._windows.get(origin)
        if window is None or now >= window.began + self._window_seconds:
            self._windows[origin] = _Window(now, 1)
            self._windows.move_to_end(origin)
        else:
            window.failures += 1
        if len(self._windows) > addresses_max:
            self._windows.popitem(last=False)


def origin_of(address: str) -> str:
    """Return what counts as one sender: an IPv4 address, or an IPv6 network of /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> _IPV6_NETWORK_BITS:x}"
