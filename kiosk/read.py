"""The hub's public and household documents as the kiosk takes them: known fields, known forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kiosk.session import Bill, Line

BILLS_MAX: Final = 48  # four years of monthly bills of one kind
LINES_MAX: Final = 24
DOORS_MAX: Final = 24  # more do not fit on a screen, and nobody has so many ways home
CARDS_MAX: Final = 12
NOTICES_MAX: Final = 4  # what fits on an untouched screen in large text
_TAGS: Final = ("zh-Hans", "zh-Hant", "en")


def read_bills(told: object) -> tuple[Bill, ...]:
    """The bills of a household; one of another form is left out."""
    rows = told if isinstance(told, list) else []
    return tuple(bill for row in rows[:BILLS_MAX] if (bill := _bill(row)) is not None)


def _bill(row: object) -> Bill | None:
    if not isinstance(row, Mapping):
        return None
    texts = [row.get(name) for name in ("id", "kind", "period", "due_on", "state")]
    amount_fen = row.get("amount_fen")
    if not isinstance(amount_fen, int) or not all(isinstance(text, str) for text in texts):
        return None
    lines = row.get("lines")
    name, kind, period, due_on, state = (str(text) for text in texts)
    return Bill(
        name,
        kind,
        period,
        amount_fen,
        due_on,
        tuple(
            Line(words, line["amount_fen"])
            for line in (lines if isinstance(lines, list) else [])[:LINES_MAX]
            if isinstance(line, Mapping)
            and isinstance(line.get("amount_fen"), int)
            and (words := read_words(line.get("text"))) is not None
        ),
        state,
    )


def read_words(told: object) -> dict[str, str] | None:
    """A text in our three languages, None where one is missing."""
    if not isinstance(told, Mapping):
        return None
    words = {tag: told.get(tag) for tag in _TAGS}
    texts = {tag: text for tag, text in words.items() if isinstance(text, str)}
    return texts if len(texts) == len(_TAGS) else None


def read_site(told: Mapping[str, Any]) -> dict[str, Any] | None:
    """The site's name and zone."""
    name, zone = read_words(told.get("name")), told.get("time_zone")
    if name is None or not isinstance(zone, str):
        return None
    return {"name": name, "time_zone": zone}


def read_notices(told: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The public notices in their order; None when the hub has none to tell."""
    rows = told.get("notices")
    if not isinstance(rows, list):
        return None
    notices = []
    for row in rows[:NOTICES_MAX]:
        title = read_words(row.get("title")) if isinstance(row, Mapping) else None
        line = read_words(row.get("line")) if isinstance(row, Mapping) else None
        if title is not None and line is not None:
            notices.append(
                {
                    "id": str(row.get("id")),
                    "kind": str(row.get("kind")),
                    "title": title,
                    "line": line,
                }
            )
    return notices


def read_doors(told: object) -> list[dict[str, Any]]:
    """Doors with their names; one without is left out."""
    rows = told if isinstance(told, list) else []
    doors = []
    for row in rows[:DOORS_MAX]:
        name = read_words(row.get("name")) if isinstance(row, Mapping) else None
        if name is not None and isinstance(row.get("id"), str):
            doors.append({"id": row["id"], "name": name})
    return doors


def read_cards(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A household's cards, and of a blocked one which doors have forgotten it."""
    rows = told.get("cards")
    cards = []
    for row in (rows if isinstance(rows, list) else [])[:CARDS_MAX]:
        if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
            continue
        still = [read_words(name) for name in row.get("still_known") or []][:DOORS_MAX]
        cards.append(
            {
                "id": row["id"],
                "holder": str(row.get("holder", "")),
                "issued_at": str(row.get("issued_at", "")),
                "blocked": row.get("blocked_at") is not None,
                "told": row.get("told") is True,
                "doors_total": _count(row.get("doors_total")),
                "doors_gone": _count(row.get("doors_gone")),
                "still_known": [name for name in still if name is not None],
            }
        )
    return cards


def _count(told: object) -> int:
    return told if isinstance(told, int) else 0
