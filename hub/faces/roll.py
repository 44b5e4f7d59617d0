"""Everybody whose face is known, in memory only: opened, measured, and asked who somebody is.

What was audited last is what decides. A new photo counts once an audit has seen it; whoever
withdraws is gone at once, from memory and from every comparison. Belongs to one task.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hub.core.face_law import PHOTOS_MOST
from hub.faces import decide, seal
from hub.faces.audit import CLAIM_MOST, Audit, Wanted
from hub.faces.auditor import EVERYBODY, Report, Task, audit_of, gallery_of, watch_tail
from hub.faces.calibration import Calibration, Tail
from hub.faces.decide import Decision, Probe, Refused
from hub.faces.enrol import Portrait
from hub.faces.gallery import Floats, Gallery, Mask
from hub.faces.quality import ENROL

CLEAR_SHARE: Final = 0.5  # of the widest gap to its mirror image that a photo may have


@dataclass(frozen=True, slots=True)
class Sealed:
    """A template as it is kept, and what may be told of it."""

    content: bytes
    model_id: str
    days: tuple[int, ...]
    quality: str  # of the photo that was added


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides now: the gallery that was audited, and the audits by scope."""

    revision: str
    gallery: Gallery
    audits: Mapping[str, Audit]
    scopes: Mapping[str, Mask]  # rows of each door's own people, without those who left since
    watch: Tail  # strangers taken for one listed face
    around: Mapping[str, float]  # how crowded it is around each listed face


@dataclass(frozen=True, slots=True)
class Everybody:
    """Templates by person, and faces of a watch list with their orders, as they were together."""

    people: Mapping[str, seal.Template]
    listed: Mapping[str, tuple[str, seal.Template]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A listed face as it is kept: template and picture, each sealed."""

    template: bytes
    picture: bytes


def task_of(
    held: Everybody,
    model_id: str,
    wanted: Wanted,
    calibration: Calibration,
    doors: Mapping[str, frozenset[str]],
    homes: Iterable[Collection[str]],
) -> tuple[list[str], Task]:
    """Whom an audit judges, and its task.

    ``doors``: the people of each scope, ``homes``: of each household. Of fifteen thousand
    people this takes a tenth of a second, and so does ``standing_of``: both touch nothing that
    changes, and have a thread of their own.
    """
    people = sorted(person for person, one in held.people.items() if one.model_id == model_id)
    rows = {person: row for row, person in enumerate(people)}
    each = [held.people[person].photos for person in people]
    photos = np.concatenate(each) if each else np.zeros((0, 1), np.float32)
    scopes = {
        door: sorted(rows[person] for person in own if person in rows)
        for door, own in doors.items()
    }
    counts = [len(photos) for photos in each]
    together = [sorted(rows[one] for one in own if one in rows) for own in homes]
    kin = [own for own in together if len(own) > 1]
    return people, Task(model_id, counts, photos, wanted, calibration, scopes, kin)


def standing_of(
    revision: str, people: Sequence[str], task: Task, report: Report, held: Everybody
) -> Standing:
    """What an audit found, ready to decide."""
    gallery = gallery_of(people, task, report.near)
    audits = {name: audit_of(told, task.model_id) for name, told in report.documents.items()}
    scopes = {door: _rows(len(people), rows) for door, rows in task.scopes.items()}
    watch = watch_tail(report.documents[EVERYBODY])
    around = {
        name: gallery.around_of(one.photos[0])
        for name, (_, one) in held.listed.items()
        if one.model_id == task.model_id
    }
    return Standing(revision, gallery, audits, scopes, watch, around)


def _rows(count: int, rows: Sequence[int]) -> Mask:
    inside = np.zeros(count, np.bool_)
    inside[list(rows)] = True
    return inside


class Roll:
    """Templates by person. ``wrap`` and ``turn`` are the site's keys, ``luck`` gives bytes."""

    def __init__(self, wrap: bytes, turn: bytes, luck: Callable[[int], bytes]) -> None:
        self._wrap, self._turn, self._luck = wrap, turn, luck
        self._held: dict[str, seal.Template] = {}  # bounded by the site's people
        self._under: dict[str, str] = {}  # by which consent; bounded as above
        self._axes: dict[int, np.ndarray[tuple[int, int], np.dtype[np.float64]]] = {}
        self._gone: set[str] = set()  # bounded by the people of the standing gallery
        self._left: set[str] = set()  # since the last task was made; bounded as above
        self._listed: dict[str, tuple[str, seal.Template]] = {}  # bounded by face_watch.FACES_MAX
        self._around: dict[str, float] = {}  # of a listed face in the standing gallery; as above
        self.standing: Standing | None = None

    def __len__(self) -> int:
        return len(self._held)

    @property
    def listed(self) -> int:
        """How many faces of a watch list are looked for."""
        return len(self._listed)

    def models(self) -> dict[str, int]:
        """Of how many people there are templates of which model."""
        found: dict[str, int] = {}
        for one in self._held.values():
            found[one.model_id] = found.get(one.model_id, 0) + 1
        return found

    # ----------------------------------------------------------------- keys and templates

    def new_key(self, consent: str) -> bytes:
        """A fresh wrapped key for a consent."""
        return seal.wrap(self._luck(seal.KEY_BYTES), self._wrap, consent, self._luck(12))

    def take(self, consent: str, person: str, sealed: bytes, wrapped: bytes) -> bool:
        """Open a kept template; False where it does not open."""
        try:
            key = seal.unwrap(wrapped, self._wrap, consent)
            self._held[person] = seal.unseal(sealed, key, consent)
            self._under[person] = consent
        except seal.SealBroken:
            return False
        return True

    def add(
        self, consent: str, person: str, wrapped: bytes, photo: Portrait, day: int, source: str
    ) -> Sealed | Refused:
        """The person's template with one photo more, sealed; nothing here changes yet."""
        held = self._held.get(person) if self._under.get(person) == consent else None
        turned = seal.rotate(photo.embedding[None], self._axes_of(len(photo.embedding)))
        if held is not None and held.model_id != photo.model_id:
            return Refused("face_model_other")
        if held is not None and len(held.days) >= PHOTOS_MOST:
            return Refused("face_photos_many")
        photos = turned if held is None else np.concatenate([held.photos, turned])
        days = (day,) if held is None else (*held.days, day)
        made = seal.Template(photo.model_id, source, photos, days)
        key = seal.unwrap(wrapped, self._wrap, consent)
        content = seal.seal(made, key, consent, self._luck(seal.NONCE_BYTES))
        clear = photo.gap <= CLEAR_SHARE * ENROL.gap_most
        return Sealed(content, photo.model_id, days, "clear" if clear else "fair")

    def drop(self, person: str) -> None:
        """Forget somebody now; the standing gallery's own row is blotted out."""
        self._held.pop(person, None)
        self._under.pop(person, None)
        self._left.add(person)
        self._blot(person)

    def keep(self, consents: Collection[str]) -> None:
        """Forget everybody whose template stands under another consent than these."""
        for person in [one for one, under in self._under.items() if under not in consents]:
            self.drop(person)

    def _blot(self, person: str) -> None:
        standing = self.standing
        if standing is not None and person in standing.gallery.rows:
            row = standing.gallery.rows[person]
            self._gone.add(person)
            standing.gallery.templates[row] = 0
            for inside in standing.scopes.values():
                inside[row] = False

    def _axes_of(self, dim: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        if dim not in self._axes:
            self._axes[dim] = seal.rotation(self._turn, dim)
        return self._axes[dim]

    # ----------------------------------------------------------------- the audit

    def everybody(self) -> Everybody:
        """Everybody as they are now, for an audit; who leaves from here on is remembered."""
        self._left.clear()
        return Everybody(dict(self._held), dict(self._listed))

    def stand(self, standing: Standing) -> None:
        """What was found decides from now on; whoever left meanwhile stays gone."""
        self.standing = standing
        self._gone.clear()
        self._around = {name: standing.around[name] for name in self._listed.keys()
                        & standing.around.keys()}  # fmt: skip
        for name in self._listed:
            self._measure(name)
        for person in self._left:  # also who came back since: the old template is not theirs
            self._blot(person)

    # ----------------------------------------------------------------- who is it

    def verify(self, claimants: Sequence[str], probe: Probe) -> Decision:
        """Whether a face is one of the 1 to 4 people whom a card, phone or flat number named."""
        standing = self.standing
        if standing is None:
            return Refused("face_starting")
        if not 0 < len(set(claimants)) <= CLAIM_MOST:
            return Refused("face_claim_wide")
        known = [one for one in claimants if one in standing.gallery.rows]
        known = [one for one in known if one not in self._gone]
        if not known:
            return Refused("face_not_enrolled")
        turned = self._turned(probe)
        return decide.decide_claim(turned, standing.gallery, known, standing.audits[EVERYBODY])

    def search(self, door: str, probe: Probe) -> Decision:
        """Who of a door's own people a face is, where the audit of that door allows it."""
        standing = self.standing
        if standing is None:
            return Refused("face_starting")
        if door not in standing.audits or door == EVERYBODY:
            return Refused("face_off")
        turned, scope = self._turned(probe), standing.scopes[door]
        return decide.decide_search(turned, standing.gallery, scope, standing.audits[door])

    # ----------------------------------------------------------------- a watch list

    def seal_listed(self, name: str, wrapped: bytes, photo: Portrait, picture: bytes) -> Listing:
        """A listed face and the authority's picture, as they are kept."""
        turned = seal.rotate(photo.embedding[None], self._axes_of(len(photo.embedding)))
        made = seal.Template(photo.model_id, "", turned, (0,))
        key = seal.unwrap(wrapped, self._wrap, name)
        closed = seal.close(picture, key, name, self._luck(seal.NONCE_BYTES))
        return Listing(seal.seal(made, key, name, self._luck(seal.NONCE_BYTES)), closed)

    def open_picture(self, name: str, wrapped: bytes, sealed: bytes) -> bytes:
        """The authority's picture, for the person who looks; raises SealBroken."""
        return seal.reveal(sealed, seal.unwrap(wrapped, self._wrap, name), name)

    def take_listed(self, name: str, order: str, sealed: bytes, wrapped: bytes) -> bool:
        """Open a listed face; False where it does not open."""
        if name in self._listed:  # it never changes
            return True
        try:
            key = seal.unwrap(wrapped, self._wrap, name)
            self._listed[name] = (order, seal.unseal(sealed, key, name))
        except seal.SealBroken:
            return False
        self._measure(name)
        return True

    def _measure(self, name: str) -> None:
        """Once for each audit, and not while somebody passes: it costs as much as a search."""
        standing, (_, held) = self.standing, self._listed[name]
        if name in self._around or standing is None or held.model_id != standing.gallery.model_id:
            return
        self._around[name] = standing.gallery.around_of(held.photos[0])

    def drop_listed(self, kept: Collection[str]) -> None:
        """Forget every listed face but these."""
        for name in [name for name in self._listed if name not in kept]:
            del self._listed[name]
            self._around.pop(name, None)

    def seek(self, probe: Probe, shares: Mapping[str, float]) -> str | None:
        """Which listed face a passer-by is like, or None.

        ``shares``: for each order in force, which share of strangers one listed face may catch. An
        order for which the residents cannot tell that catches nobody.
        """
        standing = self.standing
        if standing is None or probe.model_id != standing.gallery.model_id or not self._listed:
            return None
        turned = self._turned(probe).embedding
        if turned.shape != standing.gallery.templates.shape[1:]:
            return None
        around = standing.gallery.around_of(turned)
        found: list[tuple[float, str]] = []
        for name, (order, held) in self._listed.items():
            bound = standing.watch.threshold(shares[order]) if order in shares else None
            if bound is None or name not in self._around:  # of another model
                continue
            apart = float(np.linalg.norm(turned - held.photos[0]))
            score = apart - (around + self._around[name]) / 2
            if score <= bound:
                found.append((score - bound, name))
        return min(found)[1] if found else None

    def _turned(self, probe: Probe) -> Probe:
        if probe.embedding.ndim != 1 or len(probe.embedding) < 2:
            return probe  # of no model; the decision says so
        axes = self._axes_of(len(probe.embedding))
        turned: Floats = seal.rotate(probe.embedding[None], axes)[0]
        return replace(probe, embedding=turned)
