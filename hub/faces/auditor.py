"""The self-audit in a process of its own: ``python -m hub.faces.auditor``.

It costs half a minute among 15,000 people and runs again after each enrolment, so it may hold
neither the hub's loop nor the cameras. It hears row numbers, never who somebody is. A task comes
in, a report goes out, each as a head in JSON and a body of little-endian floats behind two lengths.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hub.faces.audit import PAIRS_EXPECTED_LEAST, Audit, Curves, Verdict, Wanted, audit, kin_of
from hub.faces.calibration import Calibration, Tail, parse, shown
from hub.faces.gallery import Floats, Gallery, Mask, Person, build, of
from hub.faces.tails import SHOULDER_SHARE, fit

NICE: Final = 10  # whoever waits at a door comes first
CURVE_POINTS: Final = 60
_WATCH_SHARES: Final = tuple(10.0**power for power in range(-8, -1))
EVERYBODY: Final = ""
_LENGTHS: Final = struct.Struct(">II")
_EMPTY: Final = np.zeros(0, np.float64)


@dataclass(frozen=True, slots=True)
class Task:
    """Whom to judge. ``counts``: photos of each person, in the order of ``photos`` (all x dim).

    ``scopes``: the rows of each door that wants faces alone; ``homes``: of each household.
    """

    model_id: str
    counts: Sequence[int]
    photos: Floats
    wanted: Wanted
    calibration: Calibration
    scopes: Mapping[str, Sequence[int]]
    homes: Sequence[Sequence[int]] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: a document for each scope (``EVERYBODY`` and doors), and the crowd."""

    documents: Mapping[str, dict[str, Any]]
    near: Floats


def judge(task: Task) -> Report:
    """Audit everybody, and each scope."""
    photos = np.split(task.photos, np.cumsum(task.counts)[:-1]) if len(task.counts) else []
    people = [Person(str(row), held) for row, held in enumerate(photos)]
    gallery = build(task.model_id, people)
    kin = kin_of(gallery, task.homes)

    def judged(scope: Mask | None) -> dict[str, Any]:
        return document(audit(people, gallery, task.wanted, task.calibration, scope, kin))

    found = {EVERYBODY: judged(None)}
    for scope, rows in task.scopes.items():
        inside = np.zeros(len(people), np.bool_)
        inside[list(rows)] = True
        found[scope] = judged(inside)
        found[scope]["people"] = len(rows)
    return Report(found, gallery.near)


def document(found: Audit) -> dict[str, Any]:
    """An audit as it is kept; rows instead of people, curves with ``CURVE_POINTS`` points."""
    return {
        "people": found.people,
        "judged": found.judged,
        "pairs": found.pairs,
        "search": _verdict(found.search),
        "claim": _verdict(found.claim),
        "watch": _watch(found),
        "look_alikes": [[int(one), int(other)] for one, other in found.look_alikes],
        "curves": {
            "strangers": _curve(found.curves.strangers),
            "genuine": _curve(found.curves.genuine),
        },
    }


def _watch(found: Audit) -> list[list[float]]:
    """Scores at or below which a share of stranger pairs lies, as far down as pairs can tell."""
    tail = fit(found.curves.pairs, found.pairs)
    if tail is None:
        return []
    least = PAIRS_EXPECTED_LEAST / (found.pairs / 2)
    shares = [least, *(share for share in _WATCH_SHARES if share > least)]
    points = [[tail.value_at(share), share] for share in shares if share < SHOULDER_SHARE]
    rising = [points[0]] if points else []
    for point in points[1:]:
        if point[0] > rising[-1][0]:
            rising.append(point)
    return rising


def watch_tail(kept: Mapping[str, Any]) -> Tail:
    """What a document says of strangers who are taken for one listed face."""
    return Tail(tuple((score, share) for score, share in kept["watch"]))


def _verdict(told: Verdict) -> dict[str, Any]:
    return {
        "refused": told.refused, "threshold": told.threshold, "by_crowd": told.by_crowd,
        "predicted": told.predicted, "missed": told.missed, "wrong": told.wrong,
    }  # fmt: skip


def _curve(ordered: np.ndarray[Any, Any]) -> list[list[float]]:
    if not len(ordered):
        return []
    places = np.unique(np.linspace(0, len(ordered) - 1, CURVE_POINTS).astype(int))
    return [[float(ordered[at]), (int(at) + 1) / len(ordered)] for at in places]


def audit_of(kept: Mapping[str, Any], model_id: str) -> Audit:
    """The audit that a document tells of, without its curves: what decisions need."""
    search, claim = (Verdict(**kept[name]) for name in ("search", "claim"))
    return Audit(
        model_id, kept["people"], kept["judged"], kept["pairs"], search, claim, (),
        Curves(_EMPTY, _EMPTY, _EMPTY),
    )  # fmt: skip


def gallery_of(people: Sequence[str], task: Task, near: Floats) -> Gallery:
    """The gallery that was judged, with who its rows are; ``near`` is the report's."""
    if not people:
        return build(task.model_id, [])
    starts = np.concatenate([[0], np.cumsum(task.counts)[:-1]]).astype(int)
    sums = np.add.reduceat(task.photos.astype(np.float64), starts, axis=0)
    means = sums / np.asarray(task.counts)[:, None]
    templates = np.asfortranarray(means, np.float32)
    known = near if near.size else np.zeros((len(people), 0), np.float32)
    return of(task.model_id, people, templates, known)


# --- how they travel -------------------------------------------------------------------------


def write(head: Mapping[str, Any], body: Floats) -> bytes:
    """One message."""
    text = json.dumps(head).encode()
    raw = np.ascontiguousarray(body, "<f4").tobytes()
    return _LENGTHS.pack(len(text), len(raw)) + text + raw


def read(content: bytes) -> tuple[dict[str, Any], Floats]:
    """The other way; ValueError for what is cut off."""
    if len(content) < _LENGTHS.size:
        raise ValueError("a message was cut off")
    head, body = _LENGTHS.unpack_from(content)
    if len(content) != _LENGTHS.size + head + body:
        raise ValueError("a message was cut off")
    told = json.loads(content[_LENGTHS.size : _LENGTHS.size + head])
    floats = np.frombuffer(content[_LENGTHS.size + head :], "<f4").astype(np.float32)
    return told, floats


def write_task(task: Task) -> bytes:
    """A task for the process."""
    wanted = [task.wanted.strangers, task.wanted.claims, task.wanted.misses]
    told = {
        "model": task.model_id, "counts": list(task.counts), "wanted": wanted,
        "calibration": shown(task.calibration),
        "scopes": {door: list(rows) for door, rows in task.scopes.items()},
        "homes": [list(rows) for rows in task.homes],
    }  # fmt: skip
    return write(told, task.photos)


def read_task(content: bytes) -> Task:
    """The task as the process reads it."""
    told, floats = read(content)
    photos = floats.reshape(sum(told["counts"]), -1) if told["counts"] else floats.reshape(0, 1)
    return Task(told["model"], told["counts"], photos, Wanted(*told["wanted"]),
                parse(told["calibration"]), told["scopes"], told["homes"])  # fmt: skip


def write_report(report: Report) -> bytes:
    """What the process answers."""
    return write({"documents": dict(report.documents), "kept": report.near.shape[1]}, report.near)


def read_report(content: bytes) -> Report:
    """The report as the hub reads it; ValueError for what is none."""
    told, floats = read(content)
    kept = int(told["kept"])
    return Report(told["documents"], floats.reshape(-1, kept) if kept else floats.reshape(0, 0))


def main() -> None:
    """Run as the hub starts it."""
    os.nice(NICE)
    task = read_task(sys.stdin.buffer.read())
    sys.stdout.buffer.write(write_report(judge(task)))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
