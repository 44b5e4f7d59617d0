"""How good an engine is on somebody's labelled pictures: pure, on embeddings.

Everything is told for all people and for each group by itself, because a mean over groups hides the
one for which a model was not trained. Galleries and strangers are drawn by the given luck.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hub.faces import audit, curves, gallery
from hub.faces.albums import Album, Pair
from hub.faces.audit import Wanted
from hub.faces.calibration import none_yet
from hub.faces.curves import Comparisons, Doubles
from hub.faces.gallery import Floats, Gallery, Person

THRESHOLDS: Final = tuple(round(0.30 + 0.02 * step, 2) for step in range(21))
WANTED_FMR: Final = (1e-2, 1e-3, 1e-4, 1e-5)
WANTED_FPIR: Final = (1e-1, 1e-2, 1e-3)
FUSIONS: Final = ((1, 1), (1, 3), (3, 1), (3, 3), (5, 3))  # photos in the template, frames
STRANGERS_MOST: Final = 3_000
TARGETS_LEAST: Final = 5
_IMPOSTORS_KEPT: Final = 8_000_000
EVERYBODY: Final = "everybody"

People = Mapping[str, Floats]  # photos x dim by person


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The report, and the curves its plots show (name to FMR and FNMR, or FPIR and FNIR)."""

    report: dict[str, Any]
    errors: dict[str, list[tuple[float, float]]]
    search: dict[str, list[tuple[float, float]]]
    single: Comparisons


def by_person(album: Album) -> dict[str, Floats]:
    """The album's embeddings as one array a person."""
    held: dict[str, list[Floats]] = {}
    for (person, _), face in sorted(album.faces.items(), key=lambda one: one[0]):
        held.setdefault(person, []).append(face)
    return {person: np.stack(faces) for person, faces in held.items()}


def evaluate(
    album: Album,
    pairs: Sequence[Pair],
    groups: Mapping[str, str],
    sizes: Sequence[int],
    wanted: Wanted,
    luck: random.Random,
) -> Evaluation:
    """Judge an album: its pairs, all comparisons, fusion, and open-set search of ``sizes``."""
    people = by_person(album)
    named: dict[str, dict[str, Floats]] = {EVERYBODY: people}
    for person, photos in people.items():
        if person in groups:
            named.setdefault(groups[person], {})[person] = photos
    report: dict[str, Any] = {
        "model": album.model_id,
        "people": len(people),
        "faces": len(album.faces),
        "refused": dict(album.refused),
        "pairs": _pairs(album, pairs),
        "groups": {},
    }
    errors: dict[str, list[tuple[float, float]]] = {}
    search: dict[str, list[tuple[float, float]]] = {}
    alone: Comparisons | None = None
    tails: dict[str, dict[str, Any]] = {}
    for name, some in named.items():
        one = single(some)
        alone = alone or one
        told, fused = fusion(some, luck)
        errors[f"{name}, one photo"] = curves.trade_off(one)
        if fused is not None:
            errors[f"{name}, 3 x 3"] = curves.trade_off(fused)
        found, lines = open_set(some, sizes, wanted, luck)
        search |= {f"{name}, {size}": line for size, line in lines.items()}
        report["groups"][name] = {
            "people": len(some),
            "impostor_pairs": one.impostor_total,
            "at_thresholds": curves.rates_at(one, list(THRESHOLDS)),
            "at_fmr": curves.thresholds_for(one, list(WANTED_FMR)),
            "equal_error": float(f"{one.equal_error():.3g}"),
            "fusion": told,
            "open_set": found,
        }
        tails[name] = {"single": _tail(one), "fused": _tail(fused) if fused else []}
    report["calibration"] = _calibration(album.model_id, tails)
    assert alone is not None  # everybody is always there
    return Evaluation(report, errors, search, alone)


def _pairs(album: Album, pairs: Sequence[Pair]) -> dict[str, Any]:
    """The given pairs by themselves, as other reports tell them."""
    genuine: list[tuple[float, str]] = []
    impostor: list[float] = []
    for pair in pairs:
        one, other = album.faces.get(pair.one), album.faces.get(pair.other)
        if one is None or other is None:
            continue
        distance = float(np.linalg.norm(one - other))
        if pair.same:
            genuine.append((distance, f"{len(genuine)}"))  # here each pair weighs the same
        else:
            impostor.append(distance)
    held = curves.compare(genuine, np.array(impostor, np.float64))
    tried = sorted({*(score for score, _ in genuine), *impostor, 0.0})
    right = [
        (len(genuine) * (1 - held.fnmr(at)) + len(impostor) * (1 - held.fmr(at)), at)
        for at in tried
    ]
    best = max(right)
    used = len(genuine) + len(impostor)
    return {
        "used": used,
        "left_out": len(pairs) - used,
        "best_accuracy": round(best[0] / used, 4) if used else None,
        "best_threshold": round(best[1], 4) if used else None,
        "equal_error": float(f"{held.equal_error():.3g}"),
        "at_thresholds": curves.rates_at(held, list(THRESHOLDS)),
    }


def single(people: People) -> Comparisons:
    """Every photo against every other: one's own, and everybody else's."""
    genuine: list[tuple[float, str]] = []
    for person, photos in people.items():
        for row in range(len(photos) - 1):
            found = np.linalg.norm(photos[row + 1 :] - photos[row], axis=1)
            genuine += [(float(one), person) for one in found]
    impostor, total = _impostors(people)
    return curves.compare(genuine, impostor, total)


def _impostors(people: People) -> tuple[Doubles, int]:
    """The lowest distances between different people, and how many comparisons there were."""
    photos = np.concatenate(list(people.values()))
    owners = np.repeat(np.arange(len(people)), [len(one) for one in people.values()])
    squares = np.einsum("ij,ij->i", photos, photos)
    kept = np.zeros(0, np.float32)
    total = 0
    for rows, found in gallery.blocks(photos, photos, squares):
        other = owners[rows][:, None] < owners[None, :]
        total += int(other.sum())
        kept = np.concatenate([kept, found[other]])
        if len(kept) > 2 * _IMPOSTORS_KEPT:
            kept = np.partition(kept, _IMPOSTORS_KEPT)[:_IMPOSTORS_KEPT]
    return kept.astype(np.float64), total


def _split(people: People, photos: int, frames: int) -> tuple[list[Person], dict[str, Floats]]:
    """Templates of the first photos, and a probe of the last frames, where there are enough."""
    enrolled, probes = [], {}
    for person, held in people.items():
        if len(held) >= photos + frames:
            enrolled.append(Person(person, held[:photos]))
            probes[person] = np.asarray(held[-frames:].mean(axis=0), np.float32)
    return enrolled, probes


def fusion(people: People, luck: random.Random) -> tuple[list[dict[str, Any]], Comparisons | None]:
    """Mean templates against mean probes, by distance and by the score that knows the crowd."""
    mixed = _shuffled(people, luck)
    rows: list[dict[str, Any]] = []
    fused: Comparisons | None = None
    for photos, frames in FUSIONS:
        enrolled, probes = _split(mixed, photos, frames)
        if len(enrolled) < TARGETS_LEAST:
            continue
        held = gallery.build("", enrolled)
        row: dict[str, Any] = {"photos": photos, "frames": frames, "people": len(enrolled)}
        plain = _matched(held, probes, by_crowd=False)
        row["distance"] = curves.thresholds_for(plain, list(WANTED_FMR))
        if held.crowded:
            crowd = _matched(held, probes, by_crowd=True)
            row["by_crowd"] = curves.thresholds_for(crowd, list(WANTED_FMR))
        rows.append(row)
        if (photos, frames) == (3, 3):
            fused = plain
    return rows, fused


def _matched(held: Gallery, probes: Mapping[str, Floats], *, by_crowd: bool) -> Comparisons:
    genuine: list[tuple[float, str]] = []
    impostor: list[Floats] = []
    for person, probe in probes.items():
        scores = held.scores(probe) if by_crowd else held.distances(probe[None])[0]
        row = held.rows[person]
        genuine.append((float(scores[row]), person))
        impostor.append(np.delete(scores, row))
    return curves.compare(genuine, np.concatenate(impostor).astype(np.float64))


def _shuffled(people: People, luck: random.Random) -> dict[str, Floats]:
    """Each person's photos in an order drawn by lot."""
    mixed = {}
    for person, photos in people.items():
        order = list(range(len(photos)))
        luck.shuffle(order)
        mixed[person] = photos[order]
    return mixed


def open_set(
    people: People, sizes: Sequence[int], wanted: Wanted, luck: random.Random
) -> tuple[list[dict[str, Any]], dict[int, list[tuple[float, float]]]]:
    """Search among ``sizes`` residents: what the audit predicts, and what strangers do."""
    rows: list[dict[str, Any]] = []
    lines: dict[int, list[tuple[float, float]]] = {}
    fit = sorted(person for person, photos in people.items() if len(photos) >= 2)
    for size in sizes:
        if len(fit) < size or len(people) - size < TARGETS_LEAST:
            rows.append({"people": size, "told": "too few people in this set"})
            continue
        residents = luck.sample(fit, size)
        enrolled = [Person(one, people[one][: max(1, len(people[one]) // 2)]) for one in residents]
        chosen = set(residents)
        rest = sorted(one for one in people if one not in chosen)
        strangers = luck.sample(rest, min(len(rest), STRANGERS_MOST))
        row, line = _searched(people, enrolled, strangers, wanted)
        rows.append(row)
        lines[size] = line
    return rows, lines


def _searched(
    people: People, enrolled: list[Person], strangers: list[str], wanted: Wanted
) -> tuple[dict[str, Any], list[tuple[float, float]]]:
    held = gallery.build("", enrolled)
    told = audit.audit(enrolled, held, wanted, none_yet(""))
    outside = np.array(
        [held.scores(np.asarray(people[one][:audit.FRAMES].mean(axis=0), np.float32)).min()
         for one in strangers]
    )  # fmt: skip
    own = np.full(len(enrolled), np.inf)
    other = np.full(len(enrolled), np.inf)
    for row, one in enumerate(enrolled):
        frames = people[one.person][len(one.photos) :][: audit.FRAMES]
        scores = held.scores(np.asarray(frames.mean(axis=0), np.float32))
        own[row], other[row] = scores[row], np.delete(scores, row).min()
    first = own < other

    def rates(at: float) -> tuple[float, float, float]:
        missed = 1 - float(((own <= at) & first).mean())
        return float((outside <= at).mean()), missed, float(((other <= at) & ~first).mean())

    at = told.search.threshold
    found = rates(at) if at is not None else None
    result = {
        "people": len(enrolled),
        "strangers": len(strangers),
        "refused": told.search.refused,
        "threshold": None if at is None else round(at, 4),
        "fpir_wanted": wanted.strangers,
        "fpir": None if found is None else round(found[0], 4),
        "fnir_expected": told.search.missed,
        "fnir": None if found is None else round(found[1], 4),
        "wrong": None if found is None else round(found[2], 4),
        "at_fpir": [_at_fpir(wish, np.sort(outside), rates) for wish in WANTED_FPIR],
    }
    steps = np.quantile(outside, np.geomspace(1 / len(outside), 1, 60))
    return result, [rates(float(step))[:2] for step in steps]


def _at_fpir(
    fpir: float, outside: Floats, rates: Callable[[float], tuple[float, float, float]]
) -> dict[str, Any]:
    """The threshold for a wanted share of strangers and what it costs; None: too few can tell.

    Measured on these strangers themselves, whatever an audit of so few residents says.
    """
    allowed = int(fpir * len(outside))
    if allowed < 1 or allowed >= len(outside):
        return {"fpir": fpir, "threshold": None, "fnir": None, "wrong": None}
    at = float(np.nextafter(outside[allowed], -np.inf))
    _, missed, wrong = rates(at)
    return {"fpir": fpir, "threshold": round(at, 4), "fnir": round(missed, 4),
            "wrong": round(wrong, 4)}  # fmt: skip


def _tail(comparisons: Comparisons) -> list[list[float]]:
    points = []
    for fmr in sorted(WANTED_FMR):
        at = comparisons.threshold_at(fmr)
        # Below thirty comparisons a point is an accident.
        if at is not None and at > 0 and fmr * comparisons.impostor_total >= 30:
            points.append([round(at, 4), fmr])
    return points


def _calibration(model_id: str, tails: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The worst group's tails: the smallest distances, so the strictest thresholds."""

    def strictest(kind: str) -> tuple[str, list[list[float]]]:
        held = [(name, told[kind]) for name, told in tails.items() if told[kind]]
        if not held:
            return "", []
        return min(held, key=lambda one: one[1][-1][0])

    name, alone = strictest("single")
    _, fused = strictest("fused")
    return {"model": model_id, "source": f"evaluated, {name}", "single": alone, "fused": fused}
