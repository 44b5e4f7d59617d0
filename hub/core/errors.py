"""The caller's fault: a domain error carries a reason code; one table maps it to HTTP."""

from __future__ import annotations

from devices.reasons import REASONS


class DomainError(Exception):
    """A refusal of the caller's wish, with the field that is wrong and what would cure it."""

    def __init__(self, code: str, detail: str = "", field: str | None = None) -> None:
        if code not in REASONS:  # a misspelt code would be told as "internal" for ever
            raise KeyError(code)
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.field = field
