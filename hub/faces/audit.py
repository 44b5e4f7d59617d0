"""The self-audit: what faces are worth among those who live here, measured on themselves. Pure.

Every resident in turn is a stranger to everybody but their own family: how near the nearest other
one comes is the distribution from which the threshold for a wanted rate of strangers let in
follows. (Relatives live together and look alike; whoever comes from outside has none here. Counted
in, they alone would make the tail, and a community of families could use no faces.) Photos held
back from their own template tell what that threshold costs the residents. Nothing here is a
setting but the wanted rates; where they are not met, faces are refused as the only claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.faces.calibration import Calibration
from hub.faces.gallery import (
    NEIGHBOURS,
    Floats,
    Gallery,
    Mask,
    Person,
    Rows,
    blocks,
    mean_without,
    smallest,
)
from hub.faces.tails import LowTail, fit

CLAIM_MOST: Final = 4  # people a claim may name
FRAMES: Final = 3  # a track at a door has at least so many good frames before it is decided
GENUINE_LEAST: Final = 20  # people with two photos or more before misses can be told
STRANGERS_EXPECTED_LEAST: Final = 1.0  # people x wanted rate: beyond it a fitted tail is a guess
PAIRS_EXPECTED_LEAST: Final = 10.0  # as above; pairs repeat the same few faces, so more of them
LOOK_ALIKES_MOST: Final = 50
FAMILY_MOST: Final = 10  # more people of one household are a dormitory, and no relatives
_PAIRS_KEPT: Final = 400_000  # the lowest scores of pairs; more say nothing new about a tail


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rates a site decides on: shares of attempts, each within (0, 1)."""

    strangers: float  # of strangers before a door that knows everybody: taken for a resident
    claims: float  # of strangers with somebody's claim: taken for one of its people
    misses: float  # of residents before a door that knows everybody: not recognised

    def __post_init__(self) -> None:
        if not all(0 < rate < 1 for rate in (self.strangers, self.claims, self.misses)):
            raise ValueError("a rate lies between 0 and 1")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One way of using faces: the threshold and what it brings, or why there is none.

    ``refused`` is a reason code; ``threshold`` is None exactly where nothing can be decided.
    Shares: ``predicted`` of strangers let in, ``missed`` of residents not recognised, ``wrong`` of
    residents taken for somebody else; None where the enrolments cannot tell.
    """

    refused: str | None
    threshold: float | None
    by_crowd: bool
    predicted: float | None
    missed: float | None
    wrong: float | None


@dataclass(frozen=True, slots=True)
class Curves:
    """What the plots show: scores at or below which a share of comparisons lies."""

    strangers: NDArray[np.float64]
    pairs: NDArray[np.float64]
    genuine: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kin:
    """Who is no stranger to whom.

    ``family``: the same number for the rows of one family, -1 for whoever has none; ``near``: as
    the gallery's, each row's family left out.
    """

    family: Rows
    near: Floats


@dataclass(frozen=True, slots=True)
class Audit:
    """The self-audit of one gallery. ``search``: face alone; ``claim``: after a claim."""

    model_id: str
    people: int
    judged: int  # people whose own photos told about misses
    pairs: int
    search: Verdict
    claim: Verdict
    look_alikes: tuple[tuple[str, str], ...]
    curves: Curves


@dataclass(frozen=True, slots=True)
class _Crowd:
    nearest: Floats  # per stranger: the lowest score with anybody of the scope
    low_pairs: Floats  # of single pairs: every score at or below some value
    pairs: int


def audit(
    enrolled: Sequence[Person],
    gallery: Gallery,
    wanted: Wanted,
    calibration: Calibration,
    scope: Mask | None = None,
    kin: Kin | None = None,
) -> Audit:
    """Judge a gallery for a door of ``scope`` (rows; everybody if None)."""
    if [one.person for one in enrolled] != list(gallery.people):
        raise ValueError("the gallery is of other people")
    inside = np.ones(len(gallery.people), np.bool_) if scope is None else scope
    alone = np.full(len(gallery.people), -1, np.intp)
    crowd = _strangers(gallery, inside, kin or Kin(alone, gallery.near))
    own, other, weights = _genuine(enrolled, gallery, inside)
    judged = len({index for index, _ in weights})
    shares = np.array([share for _, share in weights], np.float64)
    search = _search(crowd, wanted, (own, other, shares, judged), by_crowd=gallery.crowded)
    photos = min((len(one.photos) for one in enrolled), default=0)
    claim = _claim(crowd, wanted, (own, shares, judged), calibration, photos, gallery)
    curves = Curves(
        np.sort(crowd.nearest.astype(np.float64)),
        np.sort(crowd.low_pairs.astype(np.float64)),
        np.sort(own.astype(np.float64)),
    )
    return Audit(
        gallery.model_id, len(gallery.people), judged, crowd.pairs, search, claim,
        look_alikes(gallery, inside, claim), curves,
    )  # fmt: skip


def kin_of(gallery: Gallery, homes: Sequence[Sequence[int]]) -> Kin:
    """Families by the rows of each household; one of more than ``FAMILY_MOST`` is none."""
    family = np.full(len(gallery.people), -1, np.intp)
    for number, home in enumerate(homes):
        if len(home) <= FAMILY_MOST:
            family[list(home)] = number
    near = gallery.near.copy()
    related = np.flatnonzero(family >= 0)
    for places, found in blocks(gallery.templates[related], gallery.templates, gallery.squares):
        rows = related[places]
        found[family[rows][:, None] == family[None, :]] = np.inf  # itself as well
        least = smallest(found, min(near.shape[1], found.shape[1])) if near.size else near[:0]
        whole = np.isfinite(least).all(axis=1)  # else there is hardly anybody but the family
        near[rows[whole]] = least[whole]
    return Kin(family, near)


def _pair_scores(
    gallery: Gallery, rows: Rows, columns: Rows, found: Floats, near: Floats
) -> Floats:
    """Scores of rows with columns as if each were a stranger; itself is infinitely far."""
    scores = found.copy()
    if gallery.crowded:
        scores -= mean_without(near[rows], found) / 2
        scores -= mean_without(gallery.near[columns], found.T).T / 2
    scores[rows[:, None] == columns[None, :]] = np.inf
    return scores


def _strangers(gallery: Gallery, inside: Mask, kin: Kin) -> _Crowd:
    count = len(gallery.people)
    nearest = np.full(count, np.inf, np.float32)
    kept: list[Floats] = []
    pairs, whole_below = 0, np.inf
    columns = np.flatnonzero(inside)  # a door's own few: the price is theirs, not everybody's
    if not len(columns):
        return _Crowd(nearest[:0], nearest[:0], 0)
    per_row = max(1, min(len(columns), max(8, _PAIRS_KEPT // max(1, count))))
    scope, squares = gallery.templates[columns], gallery.squares[columns]
    for rows, found in blocks(gallery.templates, scope, squares):
        scores = _pair_scores(gallery, rows, columns, found, kin.near)
        own = kin.family[rows]
        scores[(own[:, None] == kin.family[columns]) & (own >= 0)[:, None]] = np.inf
        nearest[rows] = scores.min(axis=1)
        pairs += int(np.isfinite(scores).sum())
        low = smallest(scores, min(per_row, scores.shape[1]))
        if low.shape[1] < scores.shape[1]:
            whole_below = min(whole_below, float(low[:, -1].min()))
        kept.append(low[np.isfinite(low)])
    low_pairs = np.concatenate(kept) if kept else np.zeros(0, np.float32)
    whole = np.asarray(low_pairs[low_pairs <= whole_below], np.float32)
    return _Crowd(np.asarray(nearest[np.isfinite(nearest)], np.float32), whole, pairs)


def _genuine(
    enrolled: Sequence[Person], gallery: Gallery, inside: Mask
) -> tuple[Floats, Floats, list[tuple[int, float]]]:
    """Own score, lowest score with anybody else, and (person, weight) of each photo held back."""
    probes, rest, rows = [], [], []
    weights: list[tuple[int, float]] = []
    for row, one in enumerate(enrolled):
        if not inside[row]:
            continue
        held = held_back(len(one.photos))
        for back in held:
            front = np.setdiff1d(np.arange(len(one.photos)), back)
            probes.append(one.photos[back].mean(axis=0))
            rest.append(one.photos[front].mean(axis=0))
            rows.append(row)
            weights.append((row, 1 / len(held)))
    if not probes:
        empty = np.zeros(0, np.float32)
        return empty, empty, []
    own = np.zeros(len(rows), np.float32)
    other = np.zeros(len(rows), np.float32)
    fronts = np.array(rest, np.float32)
    for at, found in blocks(np.array(probes, np.float32), gallery.templates, gallery.squares):
        owners = np.array(rows)[at]
        own[at], other[at] = _told_apart(gallery, owners, found, fronts[at],
                                         np.array(probes, np.float32)[at], inside)  # fmt: skip
    return own, other, weights


def _told_apart(
    gallery: Gallery, owners: NDArray[np.intp], found: Floats, fronts: Floats, probes: Floats,
    inside: Mask,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Scores as a door would see them with the reduced template in the owner's row."""
    each = np.arange(len(owners))
    own_distance = np.asarray(np.linalg.norm(probes - fronts, axis=1), np.float32)
    found[each, owners] = own_distance
    if not gallery.crowded:
        own, scores = own_distance, found
    else:
        around_probe = mean_without(smallest(found, NEIGHBOURS + 1), found)
        scores = np.asarray(found - (around_probe + gallery.around) / 2, np.float32)
        front_found = gallery.distances(fronts)
        front_found[each, owners] = np.inf
        around_front = smallest(front_found, NEIGHBOURS).mean(axis=1)
        around_own = (around_probe[each, owners] + around_front) / 2
        own = np.asarray(own_distance - around_own, np.float32)
    others = np.where(inside, scores, np.inf)
    others[each, owners] = np.inf
    return own, np.asarray(others.min(axis=1), np.float32)


def held_back(photos: int) -> list[NDArray[np.intp]]:
    """Which photos stand before the door in turn: up to FRAMES, never more than half of them."""
    count = min(FRAMES, photos // 2)
    if not count:
        return []
    return [(np.arange(count) + start) % photos for start in range(photos)]


def _search(
    crowd: _Crowd,
    wanted: Wanted,
    genuine: tuple[Floats, Floats, NDArray[np.float64], int],
    *,
    by_crowd: bool,
) -> Verdict:
    own, other, shares, judged = genuine
    count = len(crowd.nearest)
    tail = fit(crowd.nearest.astype(np.float64), count)
    if tail is None or count * wanted.strangers < STRANGERS_EXPECTED_LEAST:
        return Verdict("face_audit_few", None, by_crowd, None, None, None)
    # A tail read off few values is as often too lax as too strict, and the lax ones let in more
    # than the strict ones keep out: what is wanted of strangers yet to come is asked a little lower
    # of those who were seen, as one more of them would have it.
    expected = count * wanted.strangers
    threshold = tail.value_at(wanted.strangers * expected / (expected + 1))
    predicted = tail.share(threshold) * (expected + 1) / expected
    if judged < GENUINE_LEAST:
        return Verdict("face_audit_photos", threshold, by_crowd, predicted, None, None)
    right = (own <= threshold) & (own < other)
    missed = float((shares * ~right).sum() / judged)
    wrong = float((shares * ((other <= threshold) & (other <= own))).sum() / judged)
    fine = missed <= wanted.misses and wrong <= wanted.strangers
    refused = None if fine else "face_audit_poor"
    return Verdict(refused, threshold, by_crowd, predicted, missed, wrong)


def _claim(
    crowd: _Crowd,
    wanted: Wanted,
    genuine: tuple[Floats, NDArray[np.float64], int],
    calibration: Calibration,
    photos: int,
    gallery: Gallery,
) -> Verdict:
    """The threshold of one comparison, for claims of CLAIM_MOST people.

    By the site's own people where they are enough; else the model's calibration, in plain distance.
    """
    own, shares, judged = genuine
    each = wanted.claims / CLAIM_MOST
    tail = fit(crowd.low_pairs.astype(np.float64), crowd.pairs) if gallery.crowded else None
    if tail is not None and crowd.pairs / 2 * each >= PAIRS_EXPECTED_LEAST:
        return _priced(tail, each, own, shares, judged)
    if gallery.model_id != calibration.model_id:
        return Verdict("face_model_other", None, False, None, None, None)
    threshold = calibration.threshold(each, photos, FRAMES)
    if threshold is None:
        return Verdict("face_audit_few", None, False, None, None, None)
    return Verdict(None, threshold, False, wanted.claims, None, None)


def _priced(
    tail: LowTail, each: float, own: Floats, shares: NDArray[np.float64], judged: int
) -> Verdict:
    threshold = tail.value_at(each)
    missed = float((shares * (own > threshold)).sum() / judged) if judged else None
    told = missed if judged >= GENUINE_LEAST else None
    return Verdict(None, threshold, True, tail.share(threshold) * CLAIM_MOST, told, None)


def look_alikes(gallery: Gallery, inside: Mask, claim: Verdict) -> tuple[tuple[str, str], ...]:
    """Pairs of the scope whose templates would be taken for one another; nearest first."""
    if claim.threshold is None:
        return ()
    found: list[tuple[float, int, int]] = []
    columns = np.flatnonzero(inside)
    scope, squares = gallery.templates[columns], gallery.squares[columns]
    for places, block in blocks(scope, scope, squares):
        rows = columns[places]
        by_crowd = claim.by_crowd and gallery.crowded
        scores = _pair_scores(gallery, rows, columns, block, gallery.near) if by_crowd else block
        scores[rows[:, None] >= columns[None, :]] = np.inf  # each pair once, nobody with itself
        here, there = np.nonzero(scores <= claim.threshold)
        near = [
            (float(scores[a, b]), int(rows[a]), int(columns[b]))
            for a, b in zip(here, there, strict=True)
        ]
        found = sorted([*found, *near])[:LOOK_ALIKES_MOST]
    return tuple((gallery.people[a], gallery.people[b]) for _, a, b in found)
