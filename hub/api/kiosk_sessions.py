"""What a kiosk was told it may look at: random tokens, kept hashed, bound to it, soon over.

Two stores of one kind (``gate.card_sessions``, ``gate.lookups_store``): a token of the one is
nothing to the other. Memory only: a restarted hub asks everybody to show the card again.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from hub.core.errors import DomainError

LIFE_S = 300.0  # longer than any idle belt of a kiosk, shorter than a forgotten errand
TOKENS_MAX = 4_096  # open visits of a site; the oldest ends first
SPENT_MAX = 65_536  # ten minutes of all kiosks of a site at ten requests a second each
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Lookup:
    """Whose bills may be seen; ``person_id`` and ``card_id`` are there when a card proved it."""

    household_id: str
    person_id: str | None
    card_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    kiosk: str
    lookup: Lookup
    expires_s: float


class Lookups:
    """Tokens of one kind. Time never runs back here: what expired once stays expired."""

    def __init__(self, life_s: float = LIFE_S) -> None:
        self._life_s = life_s
        self._held: OrderedDict[bytes, _Held] = OrderedDict()  # bounded by TOKENS_MAX
        self._now_s = 0.0

    def issue(
        self,
        kiosk: str,
        household_id: str,
        person_id: str | None,
        now_s: float,
        card_id: str | None = None,
    ) -> str:
        """A fresh token for one kiosk."""
        now_s = self._at(now_s)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        lookup = Lookup(household_id, person_id, card_id)
        self._held[_mark(token)] = _Held(kiosk, lookup, now_s + self._life_s)
        if len(self._held) > TOKENS_MAX:
            self._held.popitem(last=False)
        return token

    def resolve(self, token: str, kiosk: str, now_s: float) -> Lookup:
        """Whose it is; refuses with lookup_expired, also a token of another kiosk."""
        self._at(now_s)
        held = self._held.get(_mark(token))
        if held is None or held.kiosk != kiosk:
            raise DomainError("lookup_expired")
        return held.lookup

    def _at(self, now_s: float) -> float:
        """Forget what is over; lives are equal, so the oldest are the first to go."""
        self._now_s = max(self._now_s, now_s)
        while self._held and next(iter(self._held.values())).expires_s <= self._now_s:
            self._held.popitem(last=False)
        return self._now_s


class Spent:
    """Nonces that devices used; each counts once, so a copied request is nothing."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()  # bounded by SPENT_MAX

    def take(self, nonce: str, expires_s: float, now_s: float) -> None:
        """Use a nonce that is still good; refuses with request_stale when it was used before."""
        while self._until and next(iter(self._until.values())) <= now_s:
            self._until.popitem(last=False)
        if nonce in self._until:
            raise DomainError("request_stale", "this nonce was used before")
        if len(self._until) >= SPENT_MAX:
            raise DomainError("hub_busy")
        self._until[nonce] = expires_s


def masked(name: str) -> str:
    """A name as a screen in a hall may show it: its first character."""
    return f"{name[:1]}**"


def _mark(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


__all__ = ["LIFE_S", "SPENT_MAX", "TOKENS_MAX", "Lookup", "Lookups", "Spent", "masked"]
