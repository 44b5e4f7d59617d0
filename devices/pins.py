"""Marks of typed numbers and PINs under a door's own key; a stolen door betrays only itself.

A PIN is short, so whoever holds the key can try them all: keys.md says to reset the PINs of a
stolen controller. The key never leaves the sealed policy.
"""

from __future__ import annotations

import base64
import hmac
from itertools import pairwise

PIN_DIGITS_MIN = 6  # as many as a bank card's; with four a month of guessing would find one
PIN_DIGITS_MAX = 8
CLAIM_DIGITS_MAX = 8  # a flat such as 12-2-1203 typed without its dashes
MARK_BYTES = 12  # collisions among a door's people stay below one in 10**20


def is_pin(text: object) -> bool:
    """Whether a text may be a PIN: six to eight digits, nothing easy and no date.

    Neighbours know birthdays, and everybody knows 123456: what a keypad lets somebody try is many
    enough for those (``devices/guesses.py``).
    """
    return (
        isinstance(text, str)
        and text.isascii()
        and text.isdecimal()
        and PIN_DIGITS_MIN <= len(text) <= PIN_DIGITS_MAX
        and not _is_easy(text)
        and not _is_date(text)
    )


def _is_easy(digits: str) -> bool:
    """Even steps (111111, 123456, 864208), or a piece again and again (121212, 258258)."""
    steps = {(int(after) - int(one)) % 10 for one, after in pairwise(digits)}
    again = any(
        digits == (digits[:length] * len(digits))[: len(digits)]
        for length in range(1, len(digits) // 2 + 1)
    )
    return len(steps) == 1 or again


def _is_date(digits: str) -> bool:
    """A day written in six or eight digits, the year first or last."""
    year = len(digits) - 4
    if year == 3:
        return False
    if year == 4 and not any(one in ("19", "20") for one in (digits[:2], digits[4:6])):
        return False
    month_day = (digits[year:], digits[:4])  # 860214, 021486
    day_month = (digits[2:4] + digits[:2],)  # 140286
    return any(
        1 <= int(one[:2]) <= 12 and 1 <= int(one[2:]) <= 31 for one in (*month_day, *day_month)
    )


def _mark(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.digest(key, f"{purpose}\0{text}".encode(), "sha256")[:MARK_BYTES]


def claim_mark(key: bytes, digits: str) -> str:
    """The name under which a typed number stands in a policy."""
    return base64.urlsafe_b64encode(_mark(key, "claim", digits)).decode()


def code_mark(key: bytes, digits: str) -> str:
    """The name under which a courier's code stands in a policy."""
    return base64.urlsafe_b64encode(_mark(key, "code", digits)).decode()


def pin_mark(key: bytes, person: str, pin: str) -> bytes:
    """A person's PIN at one door."""
    return _mark(key, "pin", f"{person}\0{pin}")
