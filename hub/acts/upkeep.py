"""Upkeep in small acts: signed heads of the chain, ended sessions and codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from hub.store import tables as t
from hub.store.writer import Done, Tx


@dataclass(frozen=True, slots=True)
class SignHead:
    """Sign the newest link with the audit key; the signature is made inside (50 µs, no I/O)."""

    sign: Callable[[int, str], str]


def sign_head(tx: Tx, wish: SignHead, now: datetime) -> Done[int]:
    """Keep a signed head; signing the same head twice is no error. The value is its number."""
    del now
    head = tx.head
    known = tx.execute(select(t.chain_heads.c.n).where(t.chain_heads.c.n == head.n)).first()
    if known is None and head.n > 0:
        tx.execute(
            insert(t.chain_heads).values(n=head.n, at=tx.now_s, signed=wish.sign(head.n, head.hash))
        )
    return Done(head.n)


VISITS_KEPT_S = 31 * 86_400.0  # who came a month ago is nobody's business any more


def sweep(tx: Tx, wish: None, now: datetime) -> Done[int]:
    """Drop what can never matter again; the value counts the rows."""
    del wish, now
    gone = 0
    gone += tx.execute(delete(t.sessions).where(t.sessions.c.expires_at < tx.now_s)).rowcount
    gone += tx.execute(delete(t.calls).where(t.calls.c.rang_at < tx.now_s - 86_400)).rowcount
    gone += tx.execute(delete(t.codes).where(t.codes.c.expires_at < tx.now_s - 86_400)).rowcount
    gone += _sweep_visits(tx)
    return Done(gone)


def _sweep_visits(tx: Tx) -> int:
    old = t.passes.c.to_at < tx.now_s - VISITS_KEPT_S
    ended = select(t.passes.c.id).where(old)
    tx.execute(delete(t.pass_uses).where(t.pass_uses.c.pass_id.in_(ended)))
    tx.execute(delete(t.pass_words).where(t.pass_words.c.at < tx.now_s - VISITS_KEPT_S))
    return int(tx.execute(delete(t.passes).where(old)).rowcount)
