"""Texts that a site writes itself: shown in every language, whichever of them it wrote."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("zh-Hans", "zh-Hant", "en")  # the first is the source


def in_every_language(text: object) -> dict[str, str]:
    """A text by language; a language that nobody wrote reads as the source, or as what there is."""
    written = text if isinstance(text, Mapping) else {}
    plain = text if isinstance(text, str) else ""
    found = {language: written.get(language) for language in LANGUAGES}
    known = {name: word for name, word in found.items() if isinstance(word, str) and word}
    instead = next(iter(known.values()), plain)
    return {language: known.get(language, instead) for language in LANGUAGES}
