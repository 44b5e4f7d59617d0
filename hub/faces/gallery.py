"""Enrolled people as one matrix: distances by one product, scores that allow for the crowd: pure.

The score of a probe and a template is their distance less half of how crowded it is around each:
``d - (near_probe + near_template) / 2``, where *near* is the mean distance to the ``NEIGHBOURS``
nearest other residents. Faces that the model holds for much alike (in most trained models: those it
was shown few of) then need to be closer. Where there are too few others the score is the distance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]

NEIGHBOURS: Final = 20
BLOCK_ROWS: Final = 512  # 512 x 15,000 distances are 30 MB


@dataclass(frozen=True, slots=True)
class Person:
    """One person's photos as embeddings (photos x dim), each the mean of photo and mirror."""

    person: str
    photos: Floats

    @property
    def template(self) -> Floats:
        """The mean of the photos: what a probe is compared with."""
        return np.asarray(self.photos.mean(axis=0), np.float32)


@dataclass(frozen=True, slots=True)
class Gallery:
    """Templates of one model. ``near`` holds each row's nearest distances to others, ascending."""

    model_id: str
    people: tuple[str, ...]
    templates: Floats
    squares: Floats
    near: Floats
    around: Floats  # mean of the NEIGHBOURS nearest; empty where there are too few
    rows: Mapping[str, int]

    @property
    def crowded(self) -> bool:
        """Whether there are enough people to allow for the crowd."""
        return bool(self.near.shape[1] > NEIGHBOURS)

    def distances(self, probes: Floats) -> Floats:
        """Distances of probes (count x dim) to every template: one matrix product."""
        return _distances(probes, self.templates, self.squares)

    def scores(self, probe: Floats) -> Floats:
        """The score of one probe with every template; lower is more alike."""
        found = self.distances(probe[None])
        if not self.crowded:
            return np.asarray(found[0], np.float32)
        nearest = smallest(found, NEIGHBOURS + 1)
        around_probe = mean_without(nearest, found)
        return np.asarray(found[0] - (around_probe[0] + self.around) / 2, np.float32)

    def around_of(self, face: Floats) -> float:
        """How crowded it is around a face that is nobody's here; 0 where there are too few people.

        With two of them a distance becomes the score of two strangers, as the audit counts pairs.
        """
        if not self.crowded:
            return 0.0
        return float(smallest(self.distances(face[None]), NEIGHBOURS).mean())

    def mask(self, people: Sequence[str]) -> Mask:
        """Which rows are of these people; unknown ones are passed over."""
        chosen = np.zeros(len(self.people), np.bool_)
        chosen[[self.rows[one] for one in people if one in self.rows]] = True
        return chosen


def build(model_id: str, enrolled: Sequence[Person]) -> Gallery:
    """The gallery of these people; each stands once (ValueError otherwise)."""
    people = tuple(one.person for one in enrolled)
    dim = enrolled[0].photos.shape[1] if enrolled else 1
    # Column by column: one probe against all then reads memory in order, a fifth faster.
    templates = np.zeros((len(people), dim), np.float32, order="F")
    for row, one in enumerate(enrolled):
        templates[row] = one.template
    return of(model_id, people, templates, _near(templates, _squares(templates)))


def of(model_id: str, people: Sequence[str], templates: Floats, near: Floats) -> Gallery:
    """The gallery of these templates (people x dim) whose ``near`` is known already."""
    rows = {person: row for row, person in enumerate(people)}
    if len(rows) != len(people):
        raise ValueError("a person is enrolled once")
    around = near[:, :NEIGHBOURS].mean(axis=1) if near.shape[1] > NEIGHBOURS else near[:, :0]
    squares = _squares(templates)
    return Gallery(model_id, tuple(people), templates, squares, near, around, rows)


def _squares(templates: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", templates, templates), np.float32)


def _near(templates: Floats, squares: Floats) -> Floats:
    count = len(templates)
    kept = min(NEIGHBOURS + 1, max(0, count - 1))
    near = np.zeros((count, kept), np.float32)
    if not kept:
        return near
    for rows, found in blocks(templates, templates, squares):
        found[np.arange(len(rows)), rows] = np.inf
        near[rows] = smallest(found, kept)
    return near


def blocks(probes: Floats, templates: Floats, squares: Floats) -> Iterator[tuple[Rows, Floats]]:
    """Distances of many probes, a bounded number of rows at a time, with the rows' numbers."""
    for start in range(0, len(probes), BLOCK_ROWS):
        rows = np.arange(start, min(start + BLOCK_ROWS, len(probes)))
        yield rows, _distances(probes[rows], templates, squares)


def _distances(probes: Floats, templates: Floats, squares: Floats) -> Floats:
    own = np.einsum("ij,ij->i", probes, probes)
    # One probe: a matrix by a vector, which the libraries do in half the time of a thin matrix.
    product = (templates @ probes[0])[None] if len(probes) == 1 else probes @ templates.T
    product *= -2
    product += squares
    product += own[:, None]
    np.sqrt(np.maximum(product, 0, out=product), out=product)
    return np.asarray(product, np.float32)


def smallest(found: Floats, count: int) -> Floats:
    """The ``count`` smallest of each row, ascending."""
    return np.sort(np.partition(found, count - 1, axis=1)[:, :count], axis=1)


def mean_without(nearest: Floats, found: Floats) -> Floats:
    """For each pair: the mean of the row's ``NEIGHBOURS`` nearest, the pair's own left out.

    ``nearest`` holds NEIGHBOURS + 1 distances a row; a pair as near as the last of them is one.
    """
    total, last = nearest.sum(axis=1, keepdims=True), nearest[:, -1:]
    inside = found <= last
    return np.asarray(
        np.where(inside, (total - found) / NEIGHBOURS, (total - last) / NEIGHBOURS), np.float32
    )
