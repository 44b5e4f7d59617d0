"""Marks of typed numbers and PINs under a door's own key; a stolen door betrays only itself.

A PIN is short, so whoever holds the key can try them all: keys.md says to reset the PINs of a
stolen controller. The key never leaves the sealed policy.
"""

from __future__ import annotations

import base64
import hmac

PIN_DIGITS_MIN = 4
PIN_DIGITS_MAX = 8
CLAIM_DIGITS_MAX = 8  # a flat such as 12-2-1203 typed without its dashes
MARK_BYTES = 12  # collisions among a door's people stay below one in 10**20


def is_pin(text: object) -> bool:
    """Whether a text may be a PIN: four to eight digits, not one digit again and again."""
    return (
        isinstance(text, str)
        and text.isascii()
        and text.isdecimal()
        and PIN_DIGITS_MIN <= len(text) <= PIN_DIGITS_MAX
        and len(set(text)) > 1
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
