"""What counts as a shake: the detector alone, fed with made readings on a clock of their own."""

import itertools
import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DETECTOR = ROOT / "hub" / "web" / "phone" / "detector.ts"
TSC = ROOT / "node_modules" / ".bin" / "tsc"
NODE = shutil.which("node")
RATE_HZ = 60

FEED = """
import { ShakeDetector } from "./detector.js";
import { readFileSync } from "node:fs";
const { readings, gravity } = JSON.parse(readFileSync(0, "utf8"));
const detector = new ShakeDetector();
const fired = readings.filter(([at_ms, ...axes]) =>
  gravity ? detector.feedWithGravity(axes, at_ms) : detector.feed(axes, at_ms));
console.log(JSON.stringify(fired.map(([at_ms]) => at_ms)));
"""

Reading = tuple[float, float, float, float]


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if NODE is None or not TSC.exists():
        pytest.skip("needs the pages' tools: npm ci")
    folder = tmp_path_factory.mktemp("detector")
    words = [TSC, "--ignoreConfig", "--target", "es2022", "--module", "esnext", DETECTOR]
    subprocess.run([*map(str, words), "--outDir", str(folder)], cwd=folder, check=True)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "feed.js").write_text(FEED, encoding="utf-8")
    return folder


def shakes(detector: Path, readings: list[Reading], *, gravity: bool = False) -> list[float]:
    """At which milliseconds the detector fired."""
    told = json.dumps({"readings": readings, "gravity": gravity})
    words = [str(NODE), "feed.js"]
    done = subprocess.run(
        words, cwd=detector, input=told, capture_output=True, text=True, check=True
    )
    fired: Any = json.loads(done.stdout)
    return [float(at) for at in fired]


def swing(
    strength_ms2: float, turns_hz: float, length_s: float, from_s: float = 0
) -> list[Reading]:
    """A hand that moves to and fro along one axis."""
    times = [from_s + step / RATE_HZ for step in range(int(length_s * RATE_HZ))]
    return [
        (at * 1000, strength_ms2 * math.sin(2 * math.pi * turns_hz * at), 0.0, 0.0) for at in times
    ]


def test_a_shake_fires_once(detector: Path) -> None:
    assert len(shakes(detector, swing(20, 4, 1.0))) == 1


def test_a_long_shake_rests_three_seconds_between(detector: Path) -> None:
    fired = shakes(detector, swing(20, 4, 8.0))
    assert len(fired) == 3
    assert all(later - earlier >= 3000 for earlier, later in itertools.pairwise(fired))


@pytest.mark.parametrize(
    ("strength_ms2", "turns_hz", "length_s"),
    [(6, 2, 10.0), (11.5, 4, 10.0), (30, 0.7, 10.0), (40, 4, 0.3)],
    ids=["walking", "not strong enough", "a slow swing", "one knock"],
)
def test_other_movements_do_not_fire(
    detector: Path, strength_ms2: float, turns_hz: float, length_s: float
) -> None:
    assert shakes(detector, swing(strength_ms2, turns_hz, length_s)) == []


def test_a_phone_that_only_feels_gravity_too(detector: Path) -> None:
    def held(readings: list[Reading]) -> list[Reading]:
        return [(at, x, y + 9.81, z) for at, x, y, z in readings]

    assert shakes(detector, held(swing(0, 1, 2.0)), gravity=True) == []
    assert shakes(detector, held(swing(6, 2, 5.0)), gravity=True) == []
    assert len(shakes(detector, held(swing(25, 4, 1.0)), gravity=True)) == 1
