"""Whether a face opens: after a claim, or alone where the self-audit allows it. Pure.

A probe is the mean of a track's best frames; there is one decision per track. What comes out is a
person or a reason code; scores stay here, because whoever sees them can climb them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub.faces.audit import CLAIM_MOST, Audit
from hub.faces.gallery import Floats, Gallery, Mask


@dataclass(frozen=True, slots=True)
class Probe:
    """Mean embedding of a track, how many frames stand behind it, and the model that made it."""

    embedding: Floats
    frames: int
    model_id: str


@dataclass(frozen=True, slots=True)
class Matched:
    """The face is this person's, as well as the audit can tell."""

    person: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It is nobody's of those asked for; ``reason`` is a code of devices/reasons.py."""

    reason: str


Decision = Matched | Refused


def decide_claim(probe: Probe, gallery: Gallery, claimed: Sequence[str], audit: Audit) -> Decision:
    """Whether the probe is one of the 1 to 4 people whom a card, phone or flat number named."""
    if wrong := _of_other_model(probe, gallery, audit):
        return wrong
    if audit.claim.refused is not None or audit.claim.threshold is None:
        return Refused(audit.claim.refused or "face_audit_few")
    if not 0 < len(set(claimed)) <= CLAIM_MOST:
        return Refused("face_claim_wide")
    inside = gallery.mask(claimed)
    if not inside.any():
        return Refused("face_not_enrolled")
    found = _scores(gallery, probe, by_crowd=audit.claim.by_crowd)
    found[~inside] = np.inf
    best = int(found.argmin())
    if found[best] > audit.claim.threshold:
        return Refused("face_not_matched")
    return Matched(gallery.people[best])


def decide_search(probe: Probe, gallery: Gallery, scope: Mask, audit: Audit) -> Decision:
    """Who of the door's own people the probe is, at a door that takes faces without a claim."""
    if wrong := _of_other_model(probe, gallery, audit):
        return wrong
    if audit.search.refused is not None or audit.search.threshold is None:
        return Refused(audit.search.refused or "face_audit_few")
    if not scope.any():
        return Refused("face_not_enrolled")
    found = _scores(gallery, probe, by_crowd=audit.search.by_crowd)
    found[~scope] = np.inf
    near = np.flatnonzero(found <= audit.search.threshold)
    if not len(near):
        return Refused("face_not_matched")
    if len(near) > 1:  # a twin or somebody much alike: only a claim tells them apart
        return Refused("face_alike")
    return Matched(gallery.people[int(near[0])])


def _of_other_model(probe: Probe, gallery: Gallery, audit: Audit) -> Refused | None:
    same = probe.model_id == gallery.model_id == audit.model_id
    sized = probe.embedding.shape == gallery.templates.shape[1:] or not len(gallery.people)
    fine = same and sized and bool(np.isfinite(probe.embedding).all())
    return None if fine else Refused("face_model_other")


def _scores(gallery: Gallery, probe: Probe, *, by_crowd: bool) -> Floats:
    if by_crowd:
        return gallery.scores(probe.embedding)
    return np.asarray(gallery.distances(probe.embedding[None])[0], np.float32)
