"""`linli bench faces`: a 720p JPEG until its decision, beside the package as it is usually used.

The people are drawn, their faces 60 pixels wide in a scene of 1280 x 720. What is measured is the
product's own command, in a process of its own, in CPU time.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from PIL import Image

from simulators.bench.figures import Target
from simulators.bench.machine import load_1_min
from simulators.drawn import Pose, portrait

SIZE: Final = (1_280, 720)
FACE_PX: Final = 60
PEOPLE: Final = 60
PEOPLE_QUICK: Final = 20
ROUNDS: Final = 40
ROUNDS_QUICK: Final = 8
TARGETS: Final = (
    Target("decision_cpu_ms", "ms", 40.0),
    Target("recall", "share", 0.95, ">="),
    Target("encode_speedup", "x", 10.0, ">="),
    Target("idle_cpu_ms", "ms", 2.0),
    Target("loop_cpu_ms_most", "ms", 5.0),
    Target("search_15000_ms", "ms", 0.3),
    Target("search_178000_ms", "ms", 10.0),
)


def run(quick: bool) -> dict[str, Any]:
    """Draw the scenes, measure, and judge."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder, PEOPLE_QUICK if quick else PEOPLE)
        found = _measured(folder, ROUNDS_QUICK if quick else ROUNDS)
    detail = {"scale": {"people": found["pictures"], "face_px": FACE_PX, "size": SIZE},
              "measured": found, "load_1_min": [load_1_min()]}  # fmt: skip
    return {"results": [one.result(found[one.name]) for one in TARGETS], "detail": detail}


def draw(folder: Path, people: int) -> None:
    """The scene without anybody as `empty.jpg`, and with one person each."""
    luck = random.Random(1)
    scene = Image.new("RGB", SIZE, (120, 125, 118))
    for _ in range(40):
        shade = luck.randint(70, 170)
        left, top = luck.randrange(SIZE[0]), luck.randrange(SIZE[1])
        wide, high = luck.randint(20, 260), luck.randint(20, 200)
        scene.paste((shade, shade, shade + 10), (left, top, left + wide, top + high))
    scene.save(folder / "empty.jpg", quality=88)
    for number in range(people):
        somebody = portrait(number, Pose(FACE_PX))
        with_somebody = scene.copy()
        at = (luck.randrange(SIZE[0] - somebody.width), luck.randrange(SIZE[1] - somebody.height))
        with_somebody.paste(somebody, at)
        with_somebody.save(folder / f"person-{number:03}.jpg", quality=88)


def _measured(folder: Path, rounds: int) -> dict[str, Any]:
    words = [sys.executable, "-m", "devices.cli", "face", "measure", str(folder)]
    words += ["--data", str(folder), "--rounds", str(rounds)]
    ran = subprocess.run(words, stdout=subprocess.PIPE, check=False, text=True)
    if ran.returncode:
        raise RuntimeError("`linli face measure` failed; what it lacks stands above")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found
