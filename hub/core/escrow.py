"""A site's masters in escrow: sealed under a key that three sheets of paper share, any two open it.

They are the card masters and the site root: without the first no card is proven, without the second
no hub is believed by the doors.

The key is split by SLIP-39 (Shamir over GF(2^8), words with a Reed-Solomon checksum, a digest that
shows a forged share); the masters themselves stand sealed on every sheet. One sheet, or every
sheet's sealed part, says nothing of them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import shamir_mnemonic
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from shamir_mnemonic.share import Share

from devices.mistake import Mistake

SHEETS: Final = 3
NEEDED: Final = 2
KEY_BYTES: Final = 32
SLOTS: Final = 5
MASTER_BYTES: Final = 16
SYSTEM_ID_BYTES: Final = 6
ROOT_BYTES: Final = 32  # an Ed25519 key
_HEAD: Final = "LINLI-ESCROW-1"
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Masters:
    """What is kept: the five card masters, the site's part of every card key, and the site root."""

    slots: Mapping[int, bytes] = field(repr=False)
    system_id: bytes
    root: bytes = field(repr=False)

    @property
    def plain(self) -> bytes:
        """All of them in one row, as they are sealed."""
        return b"".join(self.slots[slot] for slot in range(SLOTS)) + self.system_id + self.root


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its words, the sealed masters, and the set that it belongs to."""

    site: str
    number: int
    words: str = field(repr=False)
    sealed: bytes

    @property
    def text(self) -> str:
        """What the square on the sheet holds."""
        sealed = base64.b32encode(self.sealed).decode().rstrip("=")
        return f"{_HEAD}:{self.site}:{self.number}:{sealed}:{self.words}"

    @property
    def set_name(self) -> str:
        """Six signs that all sheets of one printing share."""
        return hashlib.sha256(self.sealed).hexdigest()[:6]


def split(masters: Masters, site: str, luck: Callable[[int], bytes]) -> list[Sheet]:
    """Three sheets; each pair of them has been tried before they are returned."""
    key, nonce = luck(KEY_BYTES), luck(_NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, masters.plain, _about(site))
    (group,) = shamir_mnemonic.generate_mnemonics(1, [(NEEDED, SHEETS)], key)
    sheets = [Sheet(site, number, words, sealed) for number, words in enumerate(group, 1)]
    for pair in combinations(sheets, NEEDED):
        if join(pair) != masters:
            raise RuntimeError("two of the sheets do not give the masters back")
    return sheets


def read_sheet(text: str, name: str) -> Sheet:
    """A sheet from the text of its square; raises Mistake that names it."""
    parts = text.strip().split(":")
    if len(parts) != 5 or parts[0] != _HEAD or not parts[2].isdecimal():
        raise Mistake(f"{name} is no sheet of ours: give the text of the square, or type it")
    _, site, number, sealed, words = parts
    words = " ".join(words.lower().split())
    try:
        share = Share.from_mnemonic(words)
        raw = base64.b32decode(sealed.upper() + "=" * (-len(sealed) % 8))
    except shamir_mnemonic.MnemonicError as fault:
        raise Mistake(f"{name}: {_plain(fault)}; compare its words with the paper") from fault
    except ValueError as fault:
        raise Mistake(f"{name}: its sealed part is damaged; read the square again") from fault
    if (share.member_threshold, share.group_threshold) != (NEEDED, 1) or len(raw) < 40:
        raise Mistake(f"{name} is not of a set of {NEEDED} out of {SHEETS}")
    return Sheet(site, int(number), words, raw)


def join(sheets: Sequence[Sheet]) -> Masters:
    """The masters from two sheets or more; raises Mistake that says which sheet is wrong."""
    by_share = {Share.from_mnemonic(sheet.words).index: sheet for sheet in sheets}
    if len(by_share) < NEEDED:
        raise Mistake(f"{NEEDED} different sheets are needed; one alone says nothing")
    odd = [f"sheet {one.number}" for one in sheets if one.sealed != sheets[0].sealed]
    if odd:
        raise Mistake(f"{', '.join(odd)}: of another printing (set {_sets(sheets)}) than the first")
    chosen = list(by_share.values())
    good: dict[tuple[int, ...], Masters] = {}
    for pair in combinations(range(len(chosen)), NEEDED):
        masters = _opened([chosen[at] for at in pair])
        if masters is not None:
            good[pair] = masters
    if not good:
        raise Mistake(f"these sheets do not belong together: one is wrong{_third(chosen)}")
    used = {at for pair in good for at in pair}
    wrong = [f"sheet {one.number}" for at, one in enumerate(chosen) if at not in used]
    if wrong:
        raise Mistake(f"{', '.join(wrong)} is wrong; the others open the masters without it")
    return next(iter(good.values()))


def _opened(pair: Sequence[Sheet]) -> Masters | None:
    """What these two open, None where they do not belong together."""
    one = pair[0]
    try:
        key = shamir_mnemonic.combine_mnemonics([sheet.words for sheet in pair])
        nonce, rest = one.sealed[:_NONCE_BYTES], one.sealed[_NONCE_BYTES:]
        plain = AESGCM(key).decrypt(nonce, rest, _about(one.site))
    except (shamir_mnemonic.MnemonicError, InvalidTag, ValueError):
        return None
    if len(plain) != SLOTS * MASTER_BYTES + SYSTEM_ID_BYTES + ROOT_BYTES:
        return None
    slots = {n: plain[n * MASTER_BYTES : (n + 1) * MASTER_BYTES] for n in range(SLOTS)}
    return Masters(slots, plain[SLOTS * MASTER_BYTES : -ROOT_BYTES], plain[-ROOT_BYTES:])


def _third(chosen: Sequence[Sheet]) -> str:
    return "; bring the third sheet to learn which" if len(chosen) < SHEETS else ""


def _sets(sheets: Sequence[Sheet]) -> str:
    return " and ".join(sorted({sheet.set_name for sheet in sheets}))


def _about(site: str) -> bytes:
    return f"linli-escrow-1:{site}".encode()


def _plain(fault: Exception) -> str:
    """The library's words without the words of the sheet."""
    return "a word is not of the list" if "word" in str(fault) else "its checksum is wrong"
