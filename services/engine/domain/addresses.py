"""Which network addresses a workflow may reach: those that anybody on the internet could."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_CARRIES_IPV4 = 0xFFFFFFFF


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a comma-separated list such as `10.0.0.0/8, fd00::/8`. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def may_reach(address: str, allowed: Sequence[Network]) -> bool:
    """Tell whether a workflow may connect there: `allowed` are the operator's exceptions.

    Special-purpose addresses (RFC 6890: loopback, private, link-local with the metadata services, shared, reserved) and
    multicast are refused, also when they are wrapped in IPv6 (mapped, 6to4, Teredo, NAT64).
    """
    found = ip_address(address.partition("%")[0])
    if any(found in network for network in allowed):
        return True
    return all(_is_public(inner) for inner in _unwrapped(found))


def _unwrapped(address: Address) -> list[Address]:
    found: list[Address] = [address]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return [address.ipv4_mapped]
        if address.sixtofour is not None:
            found.append(address.sixtofour)
        if address.teredo is not None:
            found.extend(address.teredo)
        if any(address in network for network in _NAT64):
            found.append(IPv4Address(int(address) & _CARRIES_IPV4))
    return found


def _is_public(address: Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )
