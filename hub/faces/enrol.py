"""A portrait becomes an embedding, or a reason a person understands. Nothing is stored here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.faces import gratings, photo, quality, sheets
from hub.faces.decide import Refused
from hub.faces.engine import Engine, Floats, Picture, encode_both, grey
from hub.faces.geometry import Found

BYSTANDER_SHARE: Final = 0.25  # of the largest face's area: smaller ones are passers-by behind
WANTED_PHOTOS: Final = 3  # on different days; fewer are told as missing, not refused


@dataclass(frozen=True, slots=True)
class Portrait:
    """One photo's embedding, the model that made it, and how far its mirror image lies.

    ``copied``: it looks like a picture of a picture. Whoever enrols a person by it refuses that;
    an authority's picture of somebody it looks for may well be one.
    """

    embedding: Floats
    model_id: str
    gap: float
    copied: bool = False


def portrait(content: bytes, engine: Engine) -> Portrait | Refused:
    """The embedding of the one face of a photo."""
    picture = photo.read(content)
    if isinstance(picture, Refused):
        return picture
    found = find_one(picture, engine)
    if isinstance(found, Refused):
        return found
    points, shape = engine.aligner.points(picture, found.box)
    chip = engine.aligner.chip(picture, shape)
    looks = quality.look(grey(chip), points, found.box.width)
    if reason := quality.judge(looks, quality.ENROL):
        return Refused(reason)
    embeddings, gaps = encode_both(engine.encoder, [chip])
    if reason := quality.judge_gap(float(gaps[0]), quality.ENROL):
        return Refused(reason)
    copied = sheets.around(picture, found.box) or gratings.on(picture, found.box)
    return Portrait(embeddings[0], engine.encoder.model_id, float(gaps[0]), copied)


def find_one(picture: Picture, engine: Engine) -> Found | Refused:
    """The one face of a picture; a small face is looked for once more before it is given up."""
    found = engine.detector.find(picture) or engine.detector.find(picture, 1)
    if not found:
        return Refused("face_none")
    largest = max(found, key=lambda one: one.box.area)
    others = [one for one in found if one is not largest]
    if any(one.box.area >= BYSTANDER_SHARE * largest.box.area for one in others):
        return Refused("face_several")
    return largest
