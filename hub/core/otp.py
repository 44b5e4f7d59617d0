"""Time-based one-time passwords (RFC 6238, SHA-1, six digits, thirty seconds)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from urllib.parse import quote

STEP_S = 30
DRIFT_STEPS = 1  # a phone's clock may be half a minute off


_CLEAR = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no two signs that look alike


def claim_code(choice: Callable[[str], str]) -> str:
    """Twelve clear signs, 59 bits, with which a member of staff comes in once."""
    return "".join(choice(_CLEAR) for _ in range(12))


def spelled(code: str) -> str:
    """Such a code as people read it out."""
    return "-".join(code[i : i + 4] for i in range(0, 12, 4))


def code_at(secret: bytes, step: int) -> str:
    """The six digits of a time step."""
    digest = hmac.new(secret, step.to_bytes(8), "sha1").digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def matching_step(secret: bytes, code: str, now_s: float, spent_step: int) -> int | None:
    """The step whose code this is, never one that was spent before; None when there is none."""
    current = int(now_s // STEP_S)
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        if step > spent_step and hmac.compare_digest(code_at(secret, step), code):
            return step
    return None


def key_uri(secret: bytes, name: str, site: str) -> str:
    """The address that authenticator apps read from a QR code."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/Linli%20{quote(site)}:{quote(name)}?secret={text}&issuer=Linli"
