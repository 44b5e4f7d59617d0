"""Who really asks, where a proxy of ours stands before the hub (X-Forwarded-For and -Proto).

Anybody can write these headers. What they say counts only behind a proxy that hub.toml names, and
of the chain only what such a proxy has written: read from the right, up to the first address that
is no named proxy. Whatever is unreadable there ends the walk at the proxy that passed it on.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Sequence
from typing import Any, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks: TypeAlias = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]

_FORWARDED = 0  # the port of whoever is known by a header alone
HOPS_MAX = 16  # a chain of proxies has two or three; a longer header is somebody's own


def real_scope(scope: Any, trusted: Networks) -> Any:
    """An ASGI scope whose client and scheme are the asker's; the same where no proxy is named."""
    if not trusted:
        return scope
    client = scope.get("client")
    peer = _address(client[0]) if client else None
    if peer is None or not _is_named(peer, trusted):
        return scope
    chain, scheme = list[str](), str(scope["scheme"])
    for name, value in scope["headers"]:
        if name == b"x-forwarded-for":
            chain += value.decode("latin-1").split(",")
        elif name == b"x-forwarded-proto":
            said = value.decode("latin-1").rpartition(",")[2].strip().lower()
            scheme = said if said in ("http", "https") else scheme
    found = peer
    for text in reversed(chain[-HOPS_MAX:]):
        hop = _address(text.strip())
        if hop is None:
            break
        found = hop
        if not _is_named(hop, trusted):
            break
    shown = (str(found), _FORWARDED) if chain else client  # no word of others: the proxy itself
    return {**scope, "client": shown, "scheme": scheme}


def is_here(scope: Any) -> bool:
    """Whether a program of this machine asks, by its socket; a proxy's word for it is none."""
    host, port = scope.get("client") or ("", _FORWARDED)
    address = _address(host)
    return port != _FORWARDED and address is not None and address.is_loopback


def _is_named(address: Address, trusted: Networks) -> bool:
    return any(address in network for network in trusted)


def _address(text: str) -> Address | None:
    """An address with or without its port, as proxies write it; IPv4 in IPv6 is IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(text.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        return mapped if mapped is not None else address
    return None
