"""Texts of people: what can be shown and kept, and in which language."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

LANGUAGES = ("zh-Hans", "zh-Hant", "en")  # the first is the source
PLAIN = r"^[^\x00-\x1f\x7f]*$"  # the same rule as a pattern, for forms: no control characters
_UNPRINTED = {"Cc", "Cs"}  # control characters and halves of characters are nobody's name


def in_every_language(text: object) -> dict[str, str]:
    """A text by language; a language that nobody wrote reads as the source, or as what there is."""
    written = text if isinstance(text, Mapping) else {}
    plain = text if isinstance(text, str) else ""
    found = {language: written.get(language) for language in LANGUAGES}
    known = {name: word for name, word in found.items() if isinstance(word, str) and word}
    instead = next(iter(known.values()), plain)
    return {language: known.get(language, instead) for language in LANGUAGES}


def is_text(value: object, least: int, most: int) -> bool:
    """Whether it is a text that can be shown and kept."""
    return (
        isinstance(value, str)
        and least <= len(value) <= most
        and not any(unicodedata.category(char) in _UNPRINTED for char in value)
    )
