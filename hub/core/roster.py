"""What the rows of a roster may say: each member with what fits it, judged before it is kept.

A misspelt mode of a door would otherwise be found by the judge who compiles it, long after the
operator has gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from devices.messages import Assurance
from devices.rules import HOLIDAY, DoorMode
from hub.core.alert_kinds import KINDS
from hub.core.alerts import (
    AFTER_MOST_S,
    ANY_KIND,
    OUTLETS_OF_STEP_MAX,
    REPEAT_LEAST_S,
    REPEAT_MOST_S,
    RESPONDERS_MAX,
    STEPS_MAX,
    Mode,
    Severity,
)
from hub.core.words import LANGUAGES, is_text

DAY_MINUTES = 24 * 60
INTERVALS_MAX = 24  # of one kind of day
HOLD_MAX_MS = 60_000  # a door that stands open longer is a mode, not an opening
NUMBER_MAX = 64  # doors of one controller
INSTANT_MAX_S = 1e11  # the year 5138: later is milliseconds taken for seconds
LINES_MAX = 40  # of a bill: what fits on its paper
MEMBERS_MAX = 20_000  # people of a group, or doors: a whole estate
HOLIDAYS_MAX = 2_000  # days of a calendar: some decades
RESIDENTIAL = ("perimeter", "building")  # the way home
KINDS_OF_DOOR = (*RESIDENTIAL, "room")
SITE_CALENDAR = "site"
AMOUNT_MAX_FEN = 100_000_000  # a million yuan on one household's bill is a mistake


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a row: what fits, said in words, and whether a fresh row needs it."""

    fits: Callable[[Any], bool]
    says: str
    needed: bool = False


def is_whole(value: object, least: int, most: int) -> bool:
    """Whether it is a whole number within bounds; True is none."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_words(value: object) -> bool:
    """Whether it is a text in at least one of our languages."""
    if isinstance(value, str):
        return is_text(value, 1, 60)
    return (
        isinstance(value, Mapping)
        and 0 < len(value) <= len(LANGUAGES)
        and all(name in LANGUAGES and is_text(text, 1, 120) for name, text in value.items())
    )


def is_day(value: object) -> bool:
    """Whether it is a date such as 2026-12-31."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_instant(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value is None
    return 0 <= value < INSTANT_MAX_S


def _are_lines(value: object) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= LINES_MAX
        and all(
            isinstance(line, Mapping)
            and set(line) == {"text", "amount_fen"}
            and is_words(line["text"])
            and is_whole(line["amount_fen"], -AMOUNT_MAX_FEN, AMOUNT_MAX_FEN)
            for line in value
        )
    )


def _are_days(value: object) -> bool:
    def interval(pair: object) -> bool:
        return (
            isinstance(pair, list)
            and len(pair) == 2
            and all(is_whole(minute, 0, DAY_MINUTES) for minute in pair)
            and pair[0] < pair[1]
        )

    return (
        isinstance(value, list)
        and len(value) == HOLIDAY + 1
        and all(
            isinstance(day, list)
            and len(day) <= INTERVALS_MAX
            and all(map(interval, day))
            and all(a[1] <= b[0] for a, b in pairwise(sorted(day)))
            for day in value
        )
        and any(value)  # a schedule that never opens is a mistake
    )


def _are_of(
    members: Mapping[str, Callable[[Any], bool]], needed: frozenset[str], most: int
) -> Callable[[Any], bool]:
    """Whether it is a short list of objects whose members fit."""

    def fits(value: object) -> bool:
        return (
            isinstance(value, list)
            and len(value) <= most
            and all(
                isinstance(one, Mapping)
                and needed <= set(one) <= set(members)
                and all(members[name](member) for name, member in one.items())
                for one in value
            )
        )

    return fits


def _is_id(value: object) -> bool:
    return isinstance(value, str) and is_text(value, 1, 32)


def _are_ids(value: object) -> bool:
    if not isinstance(value, list) or len(value) > MEMBERS_MAX:
        return False
    return all(map(_is_id, value)) and len(set(value)) == len(value)


def _are_numbers(value: object) -> bool:
    if not isinstance(value, list) or len(value) > NUMBER_MAX:
        return False
    return all(is_whole(one, 1, NUMBER_MAX) for one in value)


def _are_dates(value: object) -> bool:
    return isinstance(value, list) and len(value) <= HOLIDAYS_MAX and all(map(is_day, value))


def _is_strength(value: object) -> bool:
    return is_whole(value, 1, 3)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_mode(value: object) -> bool:
    return isinstance(value, str) and value in {mode.value for mode in DoorMode}


def _text(least: int, most: int, *, needed: bool = False) -> Member:
    says = f"a text of {least} to {most} characters"
    return Member(lambda value: is_text(value, least, most), says, needed)


def _whole(least: int, most: int, *, needed: bool = False) -> Member:
    says = f"a whole number from {least} to {most}"
    return Member(lambda value: is_whole(value, least, most), says, needed)


def _one_of(values: Iterable[Any], *, needed: bool = False) -> Member:
    known = list(values)
    says = f"one of {', '.join(map(str, known))}"
    return Member(lambda value: type(value) is type(known[0]) and value in known, says, needed)


_ID = _text(1, 32, needed=True)
_PERSON = Member(
    lambda value: is_text(value, 1, 32) and value != "ha",
    "a text of 1 to 32 characters, but not ha: that is Home Assistant",
    needed=True,
)
_OTHER = Member(lambda value: value is None or is_text(value, 1, 32), "an id, or null")
_FLAG = Member(_is_flag, "true or false")
_WORDS = Member(is_words, f"a text, or texts by language ({', '.join(LANGUAGES)})", needed=True)
_INSTANT = Member(_is_instant, "seconds since 1970, or null")
_DIGITS = Member(lambda value: is_text(value, 4, 4) and value.isdecimal(), "four digits")
_DAYS = Member(
    _are_days,
    "eight days (Monday to Sunday, holiday), each a list of [from, to] in minutes that do not "
    "overlap, not all empty; a night is [1320, 1440] and on the next day [0, 360]",
    needed=True,
)
_ASKS_BY = Member(
    _are_of(
        {"schedule": _is_id, "asks": _is_strength, "pin": _is_flag},
        frozenset({"schedule", "asks"}),
        8,
    ),
    "up to 8 times schedule, asks (1 to 3) and pin",
)
_MODES = Member(
    _are_of(
        {"schedule": _is_id, "mode": _is_mode, "first_card": _is_flag},
        frozenset({"schedule", "mode"}),
        8,
    ),
    "up to 8 times schedule, mode (ONVIF's words) and first_card",
)
_NUMBERS = Member(_are_numbers, f"up to {NUMBER_MAX} numbers of doors")
_IDS = Member(_are_ids, f"up to {MEMBERS_MAX} different ids", needed=True)
_AREA = Member(
    lambda value: is_text(value, 0, 32) and value != "-", "an area, or nothing for outside"
)
_SECONDS = Member(
    lambda value: value is None or is_whole(value, 1, 86_400), "1 to 86400 seconds, or null"
)

SUBJECTS = ("everyone", "building", "household", "group", "person")

ROWS: dict[str, dict[str, Member]] = {
    "households": {
        "id": _ID,
        "house": _text(1, 32, needed=True),
        "building": _text(1, 32, needed=True),
        "unit": _text(0, 32),
        "area_centi_m2": _whole(0, 100_000_000),
    },
    "people": {
        "id": _PERSON,
        "household_id": _OTHER,
        "name": _text(1, 64, needed=True),
        "elder": _FLAG,
        "longer": _FLAG,
        "phone_last4": _DIGITS,
    },
    "doors": {
        "id": _ID,
        "device_id": _text(1, 63, needed=True),
        "number": _whole(1, NUMBER_MAX, needed=True),
        "name": _WORDS,
        "building": _text(0, 32),
        "unit": _text(0, 32),
        "kind": _one_of(KINDS_OF_DOOR, needed=True),
        "mode": _one_of(mode.value for mode in DoorMode),
        "asks": _one_of(strength.value for strength in Assurance),
        "remote": _FLAG,
        "pin": _FLAG,
        "typed": _FLAG,
        "passes": _FLAG,
        "codes": _FLAG,
        "staff_open": _FLAG,
        "asks_by": _ASKS_BY,
        "modes": _MODES,
        "two_person": _FLAG,
        "passback": _one_of(("off", "soft", "hard")),
        "passback_within_s": _SECONDS,
        "area_from": _AREA,
        "area_to": _AREA,
        "interlock": _NUMBERS,
        "longer_ms": _whole(0, HOLD_MAX_MS),
        "held_s": _whole(5, 3_600),
        "enter_s": _whole(3, 120),
        "hold_ms": _whole(1, HOLD_MAX_MS),
        "hold_max_ms": _whole(1, HOLD_MAX_MS),
        "fail_safe": _FLAG,
        "ha": _FLAG,
        "remote_only": _FLAG,
    },
    "calendars": {
        "id": _ID,
        "days": Member(_are_dates, "a list of dates such as 2026-10-01", needed=True),
    },
    "areas": {"id": _ID, "name": _WORDS},
    "groups": {"id": _ID, "name": _WORDS, "members": _IDS},
    "door_groups": {"id": _ID, "name": _WORDS, "members": _IDS},
    "schedules": {"id": _ID, "days": _DAYS, "calendar_id": _text(1, 32)},
    "rules": {
        "id": _ID,
        "door_id": _OTHER,
        "door_group_id": _OTHER,
        "subject_kind": _one_of(SUBJECTS, needed=True),
        "subject": _text(0, 64),
        "schedule_id": _OTHER,
        "valid_from": _INSTANT,
        "valid_to": _INSTANT,
        "deny": _FLAG,
    },
    "bells": {
        "id": _ID,
        "door_id": _text(1, 32, needed=True),
        "button": _whole(1, 16, needed=True),
        "household_id": _text(1, 32, needed=True),
        "kiosk_id": Member(
            lambda value: value is None or is_text(value, 1, 63),
            "the kiosk that rings too, or null",
        ),
    },
    "bills": {
        "id": _text(1, 64, needed=True),
        "household_id": _text(1, 32, needed=True),
        "kind": _one_of(("property", "water", "power"), needed=True),
        "period": _text(1, 16, needed=True),
        "amount_fen": _whole(1, AMOUNT_MAX_FEN, needed=True),
        "due_on": Member(is_day, "a date such as 2026-12-31", needed=True),
        "lines": Member(_are_lines, f"1 to {LINES_MAX} times text and amount_fen", needed=True),
    },
}

# --- alerts: who is called when, and who may know what nobody else may

_ALERT_KINDS = (*KINDS, ANY_KIND, "morning")
_SUBJECT = re.compile(r"(staff|person):[0-9a-zA-Z_.-]{1,48}")


def _are_outlets(value: object) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= OUTLETS_OF_STEP_MAX
        and all(is_text(outlet, 1, 24) for outlet in value)
    )


def _are_steps(value: object) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= STEPS_MAX
        and all(
            isinstance(step, Mapping)
            and set(step) == {"after_s", "outlets"}
            and is_whole(step["after_s"], 0, AFTER_MOST_S)
            and _are_outlets(step["outlets"])
            for step in value
        )
    )


def _are_kinds(value: object) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= len(_ALERT_KINDS)
        and all(kind in _ALERT_KINDS for kind in value)
    )


def _are_responders(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= RESPONDERS_MAX
        and all(isinstance(one, str) and _SUBJECT.fullmatch(one) for one in value)
    )


ROWS |= {
    "alert_policies": {
        "id": Member(
            lambda value: is_text(value, 1, 32) and not value.startswith("default"),
            "a text of 1 to 32 characters that does not begin with default",
            needed=True,
        ),
        "kinds": Member(_are_kinds, f"a list of {', '.join(_ALERT_KINDS)}", needed=True),
        "least": _one_of(severity.value for severity in Severity),
        "mode": _one_of(mode.value for mode in Mode),
        "responders": Member(_are_responders, "a list of staff:ID and person:ID"),
        "steps": Member(
            _are_steps, f"1 to {STEPS_MAX} times after_s and a list of outlets", needed=True
        ),
        "repeat_s": _whole(REPEAT_LEAST_S, REPEAT_MOST_S),
    },
    "responders": {
        "id": _ID,
        "staff": _text(1, 64, needed=True),
        "valid_from": _INSTANT,
        "valid_to": _INSTANT,
    },
}


def wrong_member(kind: str, row: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first member that does not fit, with what would; members nobody knows do not fit."""
    members = ROWS[kind]
    for name, value in row.items():
        if name not in members:
            return name, f"no {name!a}: {kind} have {', '.join(members)}"
        if not members[name].fits(value):
            return name, f"{name} is {members[name].says}"
    return None


def missing_member(kind: str, row: Mapping[str, Any]) -> str | None:
    """The first member that a fresh row needs and this one lacks."""
    needed = (name for name, member in ROWS[kind].items() if member.needed)
    return next((name for name in needed if name not in row), None)
