"""The hash chain: logs anyone can verify, people anyone can forget.

``commitment = H(salt ‖ body)`` and ``hash = H(previous ‖ n ‖ at ‖ kind ‖ commitment)``. Forgetting
a person removes body and salt; the commitment stays and the chain still verifies. A row of a
recorded table is the body of exactly one link, so altering, removing or inserting either is seen.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from devices.jws import canonical
from hub.store import tables as t

GENESIS = hashlib.sha256(b"linli chain 1").hexdigest()
FORGOTTEN = "forgotten"  # the link that says which bodies retention, or a person, took away
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link."""

    n: int
    hash: str


@dataclass(frozen=True, slots=True)
class Link:
    """One link as it is stored."""

    n: int
    at: float
    kind: str
    salt: str | None
    body: str | None
    commitment: str
    hash: str

    def row(self) -> dict[str, Any]:
        """The link as a row of the table."""
        return {
            "n": self.n,
            "at": self.at,
            "kind": self.kind,
            "salt": self.salt,
            "body": self.body,
            "commitment": self.commitment,
            "hash": self.hash,
        }


def commitment(salt: str, body: str) -> str:
    """What the chain knows of a body."""
    return hashlib.sha256(bytes.fromhex(salt) + body.encode()).hexdigest()


def link_hash(before: str, n: int, at: float, kind: str, committed: str) -> str:
    """The hash of a link."""
    return hashlib.sha256(canonical([before, n, repr(at), kind, committed])).hexdigest()


def forge(head: Head, at: float, kind: str, body: Mapping[str, Any]) -> Link:
    """The next link after a head."""
    return forge_text(head, at, kind, canonical(body).decode())


def forge_text(head: Head, at: float, kind: str, text: str) -> Link:
    """The next link after a head, over a body that is canonical text already."""
    salt = secrets.token_bytes(_SALT_BYTES).hex()
    committed = commitment(salt, text)
    n = head.n + 1
    return Link(n, at, kind, salt, text, committed, link_hash(head.hash, n, at, kind, committed))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``linli audit verify`` found: fine, or the first row that is wrong and how."""

    fine: bool
    links: int
    fault: str = ""
    table: str = ""
    n: int = 0


def verify(connection: Connection) -> Verdict:
    """Walk the whole chain and every recorded table; names the first wrong row."""
    before, count = GENESIS, 0
    holes = _Holes()
    for row in connection.execute(select(t.chain).order_by(t.chain.c.n)):
        link = Link(**row._mapping)  # noqa: SLF001 (SQLAlchemy's public way to a row's mapping)
        fault = _link_fault(link, before, count)
        if fault:
            return Verdict(False, count, fault, "chain", count + 1)
        before, count = link.hash, link.n
        holes.note(link)
    head = connection.execute(select(t.site.c.chain_n, t.site.c.chain_hash)).one_or_none()
    if head is None or head.chain_n != count or not hmac.compare_digest(head.chain_hash, before):
        fault = "removed" if head is None or head.chain_n > count else "inserted"
        return Verdict(False, count, f"{fault} at the end", "chain", count + 1)
    hole = holes.unexplained()
    if hole is not None:
        return Verdict(False, count, "removed", hole[1], hole[0])
    for name, table in t.RECORDED.items():
        wrong = _table_fault(connection, name, table)
        if wrong is not None:
            return Verdict(False, count, wrong[1], name, wrong[0])
    return Verdict(True, count)


class _Holes:
    """Links without a body, held against what the log says was forgotten; both as spans."""

    def __init__(self) -> None:
        self._gone: list[list[Any]] = []  # first, last, kind; neighbours of a kind are one entry
        self._told: list[tuple[int, int]] = []  # bounded by the log itself: one link forgets many

    def note(self, link: Link) -> None:
        if link.body is None:
            last = self._gone[-1] if self._gone else None
            if last is not None and last[1] + 1 == link.n and last[2] == link.kind:
                last[1] = link.n
            else:
                self._gone.append([link.n, link.n, link.kind])
        elif link.kind == FORGOTTEN:
            spans = json.loads(link.body).get("spans", [])
            self._told += [(int(first), int(last)) for first, last in spans]

    def unexplained(self) -> tuple[int, str] | None:
        """The first link whose body is gone without a word in the log, and where it stood."""
        told = sorted(self._told)
        index = 0
        for first, last, kind in self._gone:
            at = first
            while at <= last:
                while index < len(told) and told[index][1] < at:
                    index += 1
                if index == len(told) or told[index][0] > at:
                    return at, kind if kind in t.RECORDED else "chain"
                at = told[index][1] + 1
        return None


def _link_fault(link: Link, before: str, count: int) -> str:
    if link.n != count + 1:
        return "removed" if link.n > count + 1 else "inserted"
    if link.body is not None and link.salt is not None:
        if not hmac.compare_digest(commitment(link.salt, link.body), link.commitment):
            return "altered"
    elif link.body is not None or link.salt is not None:
        return "altered"
    expected = link_hash(before, link.n, link.at, link.kind, link.commitment)
    return "" if hmac.compare_digest(expected, link.hash) else "altered"


def _table_fault(connection: Connection, name: str, table: Table) -> tuple[int, str] | None:
    """The first row of a recorded table that is not what its link says."""
    links = connection.execute(
        select(t.chain.c.n, t.chain.c.body).where(t.chain.c.kind == name).order_by(t.chain.c.n)
    )
    rows = connection.execute(select(table).order_by(table.c.n))
    return _compare(_texts(links), ((r.n, recorded_text(table, r._asdict())) for r in rows))


def _texts(links: Iterable[Any]) -> Iterable[tuple[int, str | None]]:
    return ((row.n, row.body) for row in links)


def _compare(
    links: Iterable[tuple[int, str | None]], rows: Iterable[tuple[int, str]]
) -> tuple[int, str] | None:
    """Merge two sorted streams: every link has its row with the same text, and nothing is left."""
    waiting = iter(rows)
    row = next(waiting, None)
    for n, body in links:
        if row is not None and row[0] < n:
            return row[0], "inserted"
        if body is None:  # forgotten: its row must be gone too
            if row is not None and row[0] == n:
                return n, "forgotten in the chain, not in the table"
            continue
        if row is None or row[0] > n:
            return n, "removed"
        if row[1] != body:
            return n, "altered"
        row = next(waiting, None)
    return (row[0], "inserted") if row is not None else None


def recorded_text(table: Table, row: Mapping[str, Any]) -> str:
    """A recorded row as the text that its link committed to."""
    return canonical({column.name: row[column.name] for column in table.columns}).decode()
