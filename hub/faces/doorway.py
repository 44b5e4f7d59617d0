"""Who stands before one door's cameras, and what is to be done about them: pure.

A claim is looked at for seconds, one at a time. A face that is like a claim's is looked at again
after the head-turn challenge, so that nobody shows a picture first and turns their own head then.
Whoever is not matched is a few numbers in memory, gone with the track, ``LIFE_MOST_S`` at most.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from devices.reasons import REASONS
from hub.faces import liveness
from hub.faces.camera import WAIT_MOST_S, Event, Gone, Ready, Seen
from hub.faces.decide import Probe
from hub.faces.liveness import Challenge, Phase, Side
from hub.faces.tracks import GONE_S, LIFE_MOST_S

LOOK_S: Final = 14.0  # for a claim; the door waits a second longer
TRIES_MOST: Final = 5  # refused faces at one door ...
TRIES_S: Final = 600.0  # ... within so long are somebody who tries again and again
PASSAGE_S: Final = 6.0  # how long after an opening people go through

Key = tuple[str, int]  # camera, track
Coin = Callable[[], bool]
# (people of a claim or None for the door's own, probe) -> (person, reason)
Compare = Callable[[tuple[str, ...] | None, Probe], tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True)
class Claim:
    """A door's question: whether it is one of these people."""

    ask: str
    people: tuple[str, ...]
    until_s: float


@dataclass(frozen=True, slots=True)
class Settled:
    """A comparison came to its end: a person, or a reason. ``claim`` None: a face alone."""

    claim: Claim | None
    person: str | None
    reason: str | None
    probe: Probe | None


@dataclass(frozen=True, slots=True)
class Again:
    """Look once more at a track: its challenge was passed."""

    camera: str
    track: int


@dataclass(frozen=True, slots=True)
class Suspect:
    """A kind of alert about this door."""

    kind: str


Step = Settled | Again | Suspect


@dataclass(slots=True)
class Passer:
    """One track. ``person``: whom the first look was like; ``done``: nothing more to decide."""

    began_s: float
    seen_s: float
    probe: Probe | None = None
    reason: str | None = None
    challenge: Challenge | None = None
    person: str | None = None
    again: bool = False
    done: bool = False


@dataclass(slots=True)
class Passage:
    """After an opening: how many may pass, and how many were seen at once."""

    until_s: float
    granted: int
    seen: int = 0


@dataclass(slots=True)
class Doorway:
    """One door. ``turn``: the challenge after a claim; a face alone is always challenged."""

    turn: bool
    alone: bool
    counts: bool = False  # whether more people than grants are told
    claim: Claim | None = None
    passers: dict[Key, Passer] = field(default_factory=dict)  # bounded by the cameras' tracks
    passage: Passage | None = None
    _refused: deque[float] = field(default_factory=lambda: deque(maxlen=TRIES_MOST))

    def ask(self, claim: Claim) -> None:
        """A claim stands before the door; the one before it is over."""
        self.claim = claim
        for passer in self.passers.values():
            passer.done, passer.again = False, False
            passer.challenge, passer.person = None, None

    def unlooked(self, now_s: float) -> list[Key]:
        """Whom a camera has decided long ago, and we have forgotten as what: to be looked at anew.

        A camera decides a track once; a machine too busy may have dropped it here meanwhile.
        """
        return [
            key for key, one in self.passers.items()
            if one.probe is None and now_s - one.began_s > WAIT_MOST_S
        ]  # fmt: skip

    def opened(self, people: int, now_s: float) -> None:
        """The door was opened for so many."""
        held = self.passage
        if held is None or now_s >= held.until_s:
            held = self.passage = Passage(now_s, 0)
        held.granted += people
        held.until_s = now_s + PASSAGE_S

    def see(self, camera: str, event: Event, now_s: float) -> None:
        """What a camera of this door found."""
        key = (camera, event.track)
        if isinstance(event, Gone):
            self.passers.pop(key, None)
            return
        passer = self.passers.setdefault(key, Passer(now_s, now_s))
        passer.seen_s = now_s
        match event:
            case Seen(reason=reason, points=points):
                passer.reason = reason
                if passer.challenge is not None:
                    passer.challenge = liveness.look(passer.challenge, points, now_s)
            case Ready(probe=probe):
                passer.probe = probe

    @property
    def asked(self) -> Side | None:
        """To which side of the picture somebody is asked to turn now."""
        for passer in self.passers.values():
            if passer.challenge is not None and passer.challenge.asked is not None:
                return passer.challenge.asked
        return None

    @property
    def words(self) -> str | None:
        """What somebody is asked to do now, as a reason code, for the screen at the door."""
        for passer in self.passers.values():
            if passer.challenge is None or passer.done:
                continue
            if passer.challenge.phase is Phase.PASSED:  # looked at once more, and not in profile
                return liveness.AHEAD
            if passer.challenge.words is not None:
                return passer.challenge.words
        return None

    def steps(self, now_s: float, compare: Compare, coin: Coin) -> list[Step]:
        """What is to be done now; called after each event, and now and then."""
        self._forget(now_s)
        made: list[Step] = []
        if self.counts:
            made += self._pass_through(now_s)
        if self.claim is None and not self.alone:
            return made
        for key, passer in list(self.passers.items()):
            made += self._look(key, passer, now_s, compare, coin)
        claim = self.claim
        if claim is not None and now_s >= claim.until_s:
            made += self._settle(None, self._why_nobody(), now_s)
        return made

    def _forget(self, now_s: float) -> None:
        for key, passer in list(self.passers.items()):
            stale = now_s - passer.seen_s > GONE_S + 1.0
            if stale or now_s - passer.began_s > LIFE_MOST_S:
                del self.passers[key]

    def _look(
        self, key: Key, passer: Passer, now_s: float, compare: Compare, coin: Coin
    ) -> list[Step]:
        """One step for one passer."""
        claim = self.claim
        probe = passer.probe
        if passer.done or probe is None or (claim is None and not self.alone):
            return []
        if passer.challenge is None:
            return self._first(passer, probe, now_s, compare, coin)
        if passer.challenge.phase is Phase.FAILED:
            passer.done = True
            return self._settle(None, passer.challenge.reason, now_s, probe)
        if passer.challenge.phase is not Phase.PASSED:
            return []
        if not passer.again:
            passer.again, passer.probe = True, None
            return [Again(*key)]
        passer.done = True
        person, reason = compare(claim.people if claim else None, probe)
        if person is not None and person != passer.person:
            person, reason = None, "face_not_matched"
        return self._settle(person, reason, now_s, probe)

    def _first(
        self, passer: Passer, probe: Probe, now_s: float, compare: Compare, coin: Coin
    ) -> list[Step]:
        """Compare once; who is like somebody is challenged where that is asked for."""
        claim = self.claim
        person, reason = compare(claim.people if claim else None, probe)
        if person is None:
            passer.done = True
            if claim is None:
                return [Settled(None, None, reason, probe)]
            waits = any(not other.done for other in self.passers.values())
            return [] if waits else self._settle(None, reason, now_s, probe)
        if claim is None or self.turn:
            passer.person, passer.challenge = person, liveness.begin(coin(), now_s)
            return []
        passer.done = True
        return self._settle(person, None, now_s, probe)

    def _settle(
        self, person: str | None, reason: str | None, now_s: float, probe: Probe | None = None
    ) -> list[Step]:
        made: list[Step] = [Settled(self.claim, person, reason, probe)]
        self.claim = None
        if person is None and probe is not None:
            self._refused.append(now_s)
            if len(self._refused) == TRIES_MOST and now_s - self._refused[0] <= TRIES_S:
                made.append(Suspect("face_tried"))
        return made

    def _why_nobody(self) -> str:
        """Why a claim's time is over, in words that help whoever stands there."""
        for passer in self.passers.values():
            if passer.challenge is not None:
                return passer.challenge.reason or "face_turn_late"
            if passer.done:
                return "face_not_matched"
        told = [one.reason for one in self.passers.values() if one.reason in REASONS]
        return told[0] or "face_none" if told else "face_none"

    def _pass_through(self, now_s: float) -> list[Step]:
        passage = self.passage
        if passage is None:
            return []
        if now_s < passage.until_s:
            passage.seen = max(passage.seen, len(self.passers))
            return []
        self.passage = None
        return [Suspect("tailgate")] if passage.seen > passage.granted else []
