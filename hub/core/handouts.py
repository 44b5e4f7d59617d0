"""The hand-out list: who was given which card, when and by whom; signed, so that it can be shown.

The signature is a compact JWS over the file's SHA-256, made with the hub's audit key; beside it
stands the key set that the site root signed, so that whoever knows the root's public key can
verify the list without a hub.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from devices import wire
from devices.fields import read, text, whole
from devices.jws import KeyFinder, Signer, open_jws
from devices.messages import KeySet, Refusal
from hub.keys import find_by

TYP: Final = "linli-handouts+jwt"
COLUMNS: Final = (
    "card", "kind", "assurance", "person", "name", "house", "given_at", "given_by", "replaces",
    "stopped_at",
)  # fmt: skip
FORMATS: Final = ("csv", "json")
# a spreadsheet would run a cell that begins so; those for Chinese and Japanese also the wide signs
FORMULAS: Final = tuple("=+-@\t\r\n＝＋－＠")


def as_bytes(rows: Sequence[Mapping[str, Any]], form: str) -> bytes:
    """The list as a file: CSV with a mark that spreadsheets know as UTF-8, or JSON."""
    if form == "json":
        return (json.dumps(list(rows), ensure_ascii=False, indent=1) + "\n").encode()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    shown = "" if value is None else str(value)
    return f"'{shown}" if shown.startswith(FORMULAS) else shown


def sign(file: bytes, rows: int, site: str, made_at_s: float, signer: Signer) -> bytes:
    """The signature of a list."""
    body = {
        "site": site,
        "sha256": hashlib.sha256(file).hexdigest(),
        "rows": rows,
        "iat": round(made_at_s, 3),
    }
    return signer.sign(TYP, body)


def verify(file: bytes, signature: bytes, find_key: KeyFinder) -> tuple[str, int] | Refusal:
    """(site, rows) of a list that is as the hub signed it, or why it is not."""

    def build(body: Mapping[str, Any]) -> tuple[str, int, str]:
        return text(body, "site"), whole(body, "rows"), text(body, "sha256")

    told = read(build, open_jws(signature, TYP, find_key))
    if isinstance(told, Refusal):
        return told
    if told[2] != hashlib.sha256(file).hexdigest():
        return Refusal("signature", "the file was changed after it was signed")
    return told[0], told[1]


def audit_keys(keyset: bytes, root: KeyFinder) -> KeyFinder | Refusal:
    """A finder of the audit keys in a key set that the root signed.

    A key that has ended meanwhile still verifies: the list is older than its end.
    """
    told: KeySet | Refusal = wire.open_keyset(keyset, root)
    if isinstance(told, Refusal):
        return told
    return find_by({k.kid: k.public for k in told.keys if k.purpose == "audit"}.get)
