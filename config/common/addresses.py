"""Which IP addresses belong to the public internet. Pure: no name is resolved and nothing is opened here."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-; written out because what `ipaddress` calls
# global changed between patch releases of Python.
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and metadata of some clouds
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local: metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's own services inside each virtual machine
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_IPV6_UNICAST = ip_network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """`["10.1.0.0/16", "::1"]` as networks. Raises ValueError for what is none."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts if text.strip())


def parse(text: str) -> Address:
    """What a resolver says, without its zone. Raises ValueError."""
    return ip_address(text.partition("%")[0])


def is_public(address: Address) -> bool:
    """Reachable by everybody: False for private, loopback, link-local, shared, multicast and reserved addresses."""
    address = carried(address)
    if isinstance(address, IPv6Address) and address not in _IPV6_UNICAST:
        return False
    return not is_in(address, _NOT_PUBLIC)


def is_in(address: Address, known: Iterable[Network]) -> bool:
    address = carried(address)
    return any(address.version == network.version and address in network for network in known)


def carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 one only wraps (mapped, NAT64, 6to4): that is where the packets end."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address
