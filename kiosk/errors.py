"""The page's wish is refused: one exception for every verb."""

from __future__ import annotations

from devices.reasons import REASONS, Words


class Refused(Exception):
    """The page's wish is refused: a reason code, its HTTP status, and words the registry lacks."""

    def __init__(self, code: str, status: int | None = None, say: Words | None = None) -> None:
        super().__init__(code)
        entry = REASONS.get(code)
        self.code = code
        self.status = status or (entry.http_status if entry else 409)
        self.title = entry.words.en if entry else (say.en if say else code)
        self.say = say
