"""A face at a door: the hub's word of whom it saw, and when that word counts. Pure.

The hub looks, the door decides. A word names one person and answers one question, that of a claim
(a card, a flat's number), or it stands alone where the door's policy takes faces alone. It goes
in the place of a PIN or of a card, never beside them as a further lock: whoever shows no face has
the other way, and without the hub only that other way is left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from devices.rules import DoorPolicy, FaceMode

OP = "face"  # the hub's word: a command with a person, or with a reason where it is no
ASKED = "face_asked"  # the question: an event
AWAY = "face_away"  # nobody can look now; the door's other ways stay
CLAIM_MOST = 4  # people of one claim; more are a search, and no search is asked for by a claim
ALONE = ""  # of a word that answers no question


@dataclass(frozen=True, slots=True)
class FaceWord:
    """Whom the hub saw: at which door, for which question, until when it may count."""

    person: str
    door: int
    ask: str
    until_s: float


def word_wrong(
    word: FaceWord, door: DoorPolicy, ask: str, people: Collection[str] | None, now_s: float
) -> str | None:
    """Why a word does not count here and now, as a reason code; None where it does.

    ``ask`` is the door's own open question, ``ALONE`` where there is none, and ``people`` are those
    of its claim (None: no claim).
    """
    if door.face is FaceMode.OFF or (people is None and door.face is not FaceMode.ALONE):
        return "face_off"
    if word.door != door.number or word.ask != ask or (people is None) != (ask == ALONE):
        return "face_word_other"
    if now_s >= word.until_s:
        return "expired"
    if people is not None and word.person not in people:
        return "face_not_matched"
    return None
