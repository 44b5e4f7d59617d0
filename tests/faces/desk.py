"""A hub's bench at which faces are enrolled without pictures: a photo is a number in bytes."""

import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

from hub.acts.faces import Assessment, assess
from hub.acts.roster import RosterPart, load_part
from hub.faces.auditor import Report, Task, judge
from hub.faces.decide import Probe, Refused
from hub.faces.enrol import Portrait
from hub.recognising import Asked
from tests.faces.crowds import Crowd
from tests.unit.hub_bench import HubBench, hub_bench

MODEL = "dlib-resnet-v1"
PHOTOS = 3  # of each resident, each of a day of its own
DAY_S = 86_400
RATES = (0.02, 0.002, 0.2)  # strangers, claims, misses


class Faces:
    """Made-up people whose photos are ``b"7"`` for the person 7, each a little different."""

    def __init__(self, seed: int = 11, people: int = 120) -> None:
        self.crowd = Crowd(seed)
        self.true = self.crowd.identities(people)

    async def portraits(self, content: bytes) -> Portrait | Refused:
        """As the face process would answer."""
        if content.startswith(b"face_"):
            return Refused(content.decode())
        shot = self.crowd.photos(self.true[int(content)][None], 1)[0, 0]
        return Portrait(shot, MODEL, 0.1)

    def probe(self, person: int) -> Probe:
        """A track of three frames before a camera."""
        return Probe(self.crowd.probes(self.true[person][None])[0], 3, MODEL)

    def stranger(self) -> Probe:
        """A track of somebody who is enrolled nowhere."""
        return Probe(self.crowd.probes(self.crowd.identities(1))[0], 3, MODEL)


async def judge_here(task: Task) -> Report:
    """The audit without its process."""
    return judge(task)


def assessment(keys: str, **other: object) -> Assessment:
    """An assessment as a site would write it."""
    told: dict[str, object] = {
        "controller": "Liuxi property office", "contact": "desk, building 1",
        "purpose": "open the gate with both hands full", "necessity": "cards stay an equal way",
        "measures": "templates only, sealed, on this hub", "assessed_by": "Chen, officer",
        "strangers": RATES[0], "claims": RATES[1], "misses": RATES[2], "by": "staff:test",
        "keys": keys,
    }  # fmt: skip
    return Assessment(**(told | other))  # type: ignore[arg-type]


def asked(person: str, **other: object) -> Asked:
    """A grown-up's own consent."""
    told: dict[str, object] = {
        "person": person, "giver": person, "turns_14_on": None, "notice": "1",
        "notice_sha256": "a" * 64, "language": "zh-Hans", "by": "staff:test",
    }  # fmt: skip
    return Asked(**(told | other))  # type: ignore[arg-type]


@asynccontextmanager
async def face_desk(
    folder: Path, faces: Faces | None = None, database: str = "", *, assessed: bool = True
) -> AsyncIterator[HubBench]:
    """A bench whose face process is made up; a second time in the same folder is a restart."""
    async with hub_bench(folder, database) as bench:
        desk = bench.hub.recognising
        if assessed:
            await bench.hub.writer.submit(assess, assessment(await desk.keys_id()))
        desk.judge = judge_here
        desk.model = MODEL
        await desk.settle()
        if faces is not None:
            desk.portraits = faces.portraits
        yield bench


async def move_in(bench: HubBench, count: int) -> list[str]:
    """Further residents of the first household."""
    rows = [
        {"id": f"r-{number}", "household_id": "h-1", "name": f"R{number}"}
        for number in range(count)
    ]
    await bench.hub.writer.submit(load_part, RosterPart("people", rows, bench.hub.keys.mark))
    return [str(row["id"]) for row in rows]


async def enrol_all(bench: HubBench, people: list[str], photos: int = PHOTOS) -> None:
    """Each with photos of different days."""
    desk = bench.hub.recognising
    for person in people:
        await desk.give(asked(person))
    await desk.settle()
    for _ in range(photos):
        for number, person in enumerate(people):
            await desk.photo(person, str(number).encode(), "staff:test")
        bench.pass_s(DAY_S)


_enrolled: dict[int, tuple[Path, Any]] = {}  # bounded by the few sizes of a site


async def _enrolled_once(people: int) -> tuple[Path, Any]:
    """A site with photos of so many residents, made once in a process and left for copies; and
    where its luck stood then."""
    if people not in _enrolled:
        folder = Path(tempfile.mkdtemp(prefix="linli-enrolled-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        faces = Faces()
        async with face_desk(folder, faces) as bench:
            await enrol_all(bench, await move_in(bench, people))
        _enrolled[people] = folder, faces.crowd.random.bit_generator.state
    return _enrolled[people]


@asynccontextmanager
async def lived_in(folder: Path, faces: Faces, people: int) -> AsyncIterator[HubBench]:
    """A desk that was restarted after so many residents (``r-0`` and on) had been enrolled."""
    made, luck = await _enrolled_once(people)
    shutil.copytree(made, folder, dirs_exist_ok=True)
    faces.crowd.random.bit_generator.state = luck  # else a probe would be the photo once more
    async with face_desk(folder, faces, assessed=False) as bench:
        bench.pass_s(PHOTOS * DAY_S)
        yield bench


__all__ = [
    "MODEL",
    "Faces",
    "asked",
    "assessment",
    "enrol_all",
    "face_desk",
    "lived_in",
    "move_in",
    "np",
]
