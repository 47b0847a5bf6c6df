"""Which network addresses a workflow may reach: those that anybody on the internet could."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_CARRIES_IPV4 = 0xFFFFFFFF
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
"""What stands before an IPv4 address in the lower half of an IPv6 address of ISATAP (RFC 5214)."""
_NOT_FOR_US: tuple[Network, ...] = (
    IPv6Network(
        "fec0::/10"
    ),  # site-local: no longer given out, still routed inside some sites (RFC 3879)
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
    IPv4Network("192.88.99.0/24"),  # relays of 6to4 (RFC 7526)
    IPv4Network("192.0.0.0/24"),  # protocols of the network itself, such as port control (RFC 7723)
    IPv4Network("168.63.129.16/32"),  # Azure's host, which hands out the settings of its guests
)
"""Special, although Python's tables or the registry's call them global."""


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a comma-separated list such as `10.0.0.0/8, fd00::/8`. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def may_reach(address: str, allowed: Sequence[Network]) -> bool:
    """Tell whether a workflow may connect there: `allowed` are the operator's exceptions.

    Special-purpose addresses (RFC 6890: loopback, private, link-local with the metadata services, shared, reserved) and
    multicast are refused, also when they are wrapped in IPv6 (mapped, 6to4, Teredo, NAT64, ISATAP).
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
        if int(address) >> 32 & _CARRIES_IPV4 in _ISATAP:
            found.append(IPv4Address(int(address) & _CARRIES_IPV4))
    return found


def _is_public(address: Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not any(address in network for network in _NOT_FOR_US)
    )
