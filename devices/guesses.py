"""How many wrong PINs a door looks at. Pure; hub and door fold it alike.

A PIN has six digits or more, so one look at a claim behind which stand ``m`` PINs (duress PINs
count) is right once in ``SPACE / m``. Wrong ones fill levels that fade by themselves:

- ``OWN``: of one claim, a typed flat or a shown card. Five are free, one more each hour.
- ``KEYPAD``: of all typed numbers at a door. Twenty are free, one more each half hour.
- ``FAMILIAR``: a flat whose PIN opened here within 30 days is looked at even where the keypad's
  level is full, three times and once more each day: whoever guesses at others does not shut it out.
- ``FORGIVEN``: a right PIN takes back the wrong ones of its own claim, ten and one more each hour;
  of no other claim, and none from the keypad's level or past it.

What guessing at neighbours gets, at worst: of ``D`` doors with keypads and ``S`` familiar flats
(each counted at each of its doors), day and night for 30 days: ``D * (20 + 48 * 30)`` and
``S * (3 + 30)`` looks. For six doors and 200 that is 15,360, so some 0.017 * m PINs are found by
somebody who has stood there for a month, however many right PINs lie between. A single flat,
also by somebody who lives behind the same claim, is looked at ``D * (5 + 24 * 30 + 10 + 24 * 30)``
times: 8,730, one in a hundred for each of its PINs. So is a stolen card whose PIN is asked.

What it costs others: a flat at which somebody guesses waits an hour at most for its next look once
the guessing is over, one that was not used here for 30 days half an hour. Cards never wait for what
is typed, nor passes, phones and the bell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

TYPED = ""  # the claim of numbers behind which nobody stands; and the level of the whole keypad
SPACE = 900_000  # PINs of six digits that are neither easy nor a date (devices/pins.py), at least
FAMILIAR_S = 30 * 86_400.0
RECORDS_MAX = 20_000  # claims remembered of one door: more than an estate has flats and cards
_FUTURE_S = 86_400.0  # a mark so far ahead was made by a clock that was wrong


@dataclass(frozen=True, slots=True)
class Level:
    """How much stood at a moment; it fades evenly."""

    height: float = 0.0
    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Budget:
    """So many are free, and one more comes after each ``fade_s``."""

    free: int
    fade_s: float

    def standing(self, level: Level, now_s: float) -> float:
        """How much of a level has not faded yet."""
        if level.at_s - now_s > _FUTURE_S:
            return 0.0
        return max(0.0, level.height - max(0.0, now_s - level.at_s) / self.fade_s)

    def room(self, level: Level, now_s: float) -> bool:
        """Whether one more has room."""
        return self.standing(level, now_s) + 1 <= self.free

    def more(self, level: Level, by: float, now_s: float) -> Level:
        """The level after so much was added, or taken away."""
        return Level(max(0.0, self.standing(level, now_s) + by), now_s)


OWN = Budget(5, 3_600.0)
KEYPAD = Budget(20, 1_800.0)
FAMILIAR = Budget(3, 86_400.0)
FORGIVEN = Budget(10, 3_600.0)
NONE = Level()


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of one claim, or (``wrong`` alone) of the whole keypad.

    ``spared`` are the wrong ones that went past a full keypad, ``right_s`` is when its PIN opened
    last, 0 if never.
    """

    wrong: Level = NONE
    forgiven: Level = NONE
    spared: Level = NONE
    right_s: float = 0.0


Records = Mapping[str, Record]
_NEW = Record()


def looked_at(records: Records, claim: str, now_s: float, *, typed: bool) -> bool:
    """Whether a PIN after this claim is looked at now; ``typed``: the claim is a typed number."""
    own = records.get(claim, _NEW)
    if claim != TYPED and not OWN.room(own.wrong, now_s):
        return False
    if not typed or KEYPAD.room(records.get(TYPED, _NEW).wrong, now_s):
        return True
    return _familiar(own, now_s) and FAMILIAR.room(own.spared, now_s)


def _familiar(own: Record, now_s: float) -> bool:
    return own.right_s > 0 and now_s - own.right_s < FAMILIAR_S


def missed(records: Records, claim: str, now_s: float, *, typed: bool) -> Records:
    """After a wrong PIN that was looked at."""
    changed = dict(records)
    own, keypad = records.get(claim, _NEW), records.get(TYPED, _NEW)
    spared = own.spared
    if typed and KEYPAD.room(keypad.wrong, now_s):
        changed[TYPED] = replace(keypad, wrong=KEYPAD.more(keypad.wrong, 1, now_s))
    elif typed:
        spared = FAMILIAR.more(spared, 1, now_s)
    if claim != TYPED:
        changed[claim] = replace(own, wrong=OWN.more(own.wrong, 1, now_s), spared=spared)
    return _bounded(changed, now_s)


def righted(records: Records, claim: str, now_s: float, *, typed: bool) -> Records:
    """After a right PIN: the claim's own wrong ones are taken back, as far as that goes."""
    own = records.get(claim, _NEW)
    wrong = OWN.standing(own.wrong, now_s)
    back = max(0.0, min(wrong, FORGIVEN.free - FORGIVEN.standing(own.forgiven, now_s)))
    if back > 0:
        own = replace(
            own,
            wrong=OWN.more(own.wrong, -back, now_s),
            forgiven=FORGIVEN.more(own.forgiven, back, now_s),
        )
    if typed:
        own = replace(own, right_s=now_s)
    return _bounded({**records, claim: own}, now_s)


def _bounded(records: dict[str, Record], now_s: float) -> Records:
    """Without what has no word any more; if there were too many, whoever did nothing wrong goes."""
    if len(records) <= RECORDS_MAX:
        return records
    living = {claim: one for claim, one in records.items() if _weight(one, now_s) > (0.0, 0.0)}
    if len(living) > RECORDS_MAX:
        others = sorted(living.keys() - {TYPED}, key=lambda claim: _weight(living[claim], now_s))
        for claim in others[: len(living) - RECORDS_MAX]:
            del living[claim]
    return living


def _weight(one: Record, now_s: float) -> tuple[float, float]:
    stands = (
        OWN.standing(one.wrong, now_s)
        + FORGIVEN.standing(one.forgiven, now_s)
        + FAMILIAR.standing(one.spared, now_s)
    )
    return stands, one.right_s if _familiar(one, now_s) else 0.0


# --------------------------------------------------------------------------- on disk


def as_row(record: Record) -> list[float]:
    """A record as numbers, for one row of the journal."""
    levels = (record.wrong, record.forgiven, record.spared)
    return [*(part for level in levels for part in (level.height, level.at_s)), record.right_s]


def from_row(row: list[float]) -> Record:
    """The record that ``as_row`` wrote."""
    return Record(Level(*row[0:2]), Level(*row[2:4]), Level(*row[4:6]), row[6])
