"""`linli bench import`: a property office's spreadsheet of an estate, taken in and taken back.

An administrator does it as the console does, over HTTP: uploads the workbook and reads the preview,
applies it, watches how far it is, and undoes it. Meanwhile somebody else asks a small question
every few milliseconds.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from simulators.bench.estate_sheet import EstateSheet, workbook
from simulators.bench.figures import Target, spread
from simulators.bench.line import HttpLine
from simulators.bench.machine import cpu_s, ended_children_cpu_s, load_1_min, peak_rss_mb
from simulators.bench.start import FULL as ESTATE
from simulators.bench.start import QUICK as TENTH
from simulators.bench.start import UNITS, Plan, doors, introduce, until_compiled
from simulators.bench.village import Village, say
from simulators.demo.processes import ChildFailed
from simulators.demo.staff import Staff

SEED: Final = 20_261_127
FILE: Final = "住户登记表.xlsx"
WRONG_EVERY: Final = 500  # people to one row that nobody can take
CALL_S: Final = 120.0  # a preview on a machine that others use too
PROGRESS_S: Final = 0.7  # how often the console asks how far an import is
ASK_S: Final = 0.05  # how often somebody else wants something small
WAIT_S: Final = 600.0  # whatever takes longer has failed
RUNNING: Final = ("staging", "applying", "undoing")
TARGETS: Final = (Target("import_s", "s", 30.0),)
METHOD: Final = {
    "import_s": "preview_s and apply_s together; nobody reads the preview in between",
    "preview_s": "from the upload's first byte until the preview is read: unpacked in a child of "
    "the hub, understood, compared with what is known",
    "apply_s": f"from the press until the list, asked every {PROGRESS_S} s as the console does, "
    "says applied: every change kept, then made",
    "undo_s": "the same for the way back, begun when every policy is compiled",
    "policies_s": "from applied until every controller's policy is compiled anew",
    "notes": "answers that told something new of how far it is, and the longest time without one",
    "ready_wait_ms": f"GET /ready on a connection of its own, due every {ASK_S * 1e3:.0f} ms and "
    "counted from when it was due",
    "cpu_s": "of the hub's process, and of the children whose end it saw meanwhile",
    "peak_rss_mb": "the most resident memory of the hub's process since its start",
    "site": "the estate of `linli bench start` before anything of it is known but its controllers, "
    "which are not connected; households, people, cards, doors and their rules come by the sheet",
}


def run(quick: bool) -> dict[str, Any]:
    """Measure; results against targets, and everything behind them."""
    return asyncio.run(_run(TENTH if quick else ESTATE, quick=quick))


async def _run(plan: Plan, *, quick: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="linli-bench-"))
    village = Village(folder)
    http = httpx.AsyncClient(trust_env=False, timeout=CALL_S)
    load = [load_1_min()]
    try:
        sheet = sheet_of(plan)
        say(f"writing a workbook: {plan.people} people")
        all_doors = list(doors(plan))
        raw = workbook(sheet, all_doors)
        await village.init()
        await village.start_hub()
        controllers = sorted({str(door["device_id"]) for door in all_doors})
        await introduce(village, controllers)
        staff = Staff(village.url, http)
        await staff.claim(village.claim_code)
        await staff.sign_in()
        load.append(load_1_min())
        told = await _measured(village, staff, raw, plan, len(controllers))
    finally:
        await http.aclose()
        await village.stop()
        shutil.rmtree(folder, ignore_errors=True)
    load.append(load_1_min())
    size = "quick: a tenth of an estate" if quick else "full: an estate"
    scale = {"size": size, "people": plan.people, "wrong_rows": sheet.wrong, "doors": plan.doors,
             "controllers": len(controllers), "workbook_kb": round(len(raw) / 1024),
             "merged_areas": len(sheet.merges), "changes": told.pop("changes")}  # fmt: skip
    detail = {"scale": scale, "method": METHOD, "seed": SEED, "load_1_min": load, **told}
    values = {"import_s": told["preview_s"] + told["apply_s"]}
    return {"results": [target.result(values[target.name]) for target in TARGETS], "detail": detail}


def sheet_of(plan: Plan) -> EstateSheet:
    """The workbook of an estate, its buildings as its doors have them."""
    buildings = max(1, (plan.doors - plan.gates) // UNITS)
    return EstateSheet(plan.people, buildings, plan.people // WRONG_EVERY, random.Random(SEED))


# --------------------------------------------------------------------------- the story


async def _measured(
    village: Village, staff: Staff, raw: bytes, plan: Plan, controllers: int
) -> dict[str, Any]:
    async with watched(village) as preview:
        shown = await staff.ask("POST", f"imports?file={quote(FILE)}", raw=raw)
    _judge_preview(shown["counts"], plan)
    say(f"preview after {preview.took_s:.1f} s: {shown['changes']} changes")
    path = f"imports/{shown['id']}"
    async with watched(village) as apply:
        applying = await _followed(staff, path, "apply", "applied")
    _judge(village, plan.people)
    say(f"applied after {apply.took_s:.1f} s more, {len(applying.at_s)} notes")
    async with watched(village) as policies:
        await until_compiled(village, controllers)
    async with watched(village) as undo:
        undoing = await _followed(staff, path, "undo", "undone")
    _judge(village, 0)
    say(f"undone after {undo.took_s:.1f} s, {len(undoing.at_s)} notes")
    return {
        "changes": shown["changes"],
        "preview_s": round(preview.took_s, 2),
        "apply_s": round(apply.took_s, 2),
        "policies_s": round(policies.took_s, 2),
        "undo_s": round(undo.took_s, 2),
        "progress": {"apply": applying.told(), "undo": undoing.told()},
        "preview": preview.told(),
        "apply": apply.told(),
        "policies": policies.told(),
        "undo": undo.told(),
    }


async def _followed(staff: Staff, path: str, what: str, state: str) -> Notes:
    """Press, and ask how far it is until it stands so; raises ChildFailed when it cannot."""
    notes = Notes(time.perf_counter())
    await staff.ask("POST", f"{path}/{what}")
    while True:
        listed = (await staff.ask("GET", "imports"))["imports"]
        one = next(each for each in listed if path.endswith(f"/{each['id']}"))
        notes.hear((one["state"], one["done"]), time.perf_counter())
        if one["state"] == state:
            return notes
        if one["state"] not in RUNNING or notes.silent_s(time.perf_counter()) > WAIT_S:
            raise ChildFailed(f"the import stands still: {one['state']} at {one['done']}")
        await asyncio.sleep(PROGRESS_S)


def _judge_preview(counts: dict[str, int], plan: Plan) -> None:
    wanted = {
        "new": plan.people + plan.doors,
        "changed": 0,
        "same": 0,
        "error": plan.people // WRONG_EVERY,
    }
    if counts != wanted:
        raise ChildFailed(f"the preview counts {counts}, the workbook holds {wanted}")


def _judge(village: Village, people: int) -> None:
    """Whether so many live there, read from outside."""
    database = village.hub_folder / "hub.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        (count,) = connection.execute("select count(*) from people").fetchone()
    if count != people:
        raise ChildFailed(f"{count} people are known, {people} should be")


# --------------------------------------------------------------------------- what is noted


@dataclass(slots=True)
class Notes:
    """What somebody was told of an import's progress, and when."""

    pressed_s: float
    at_s: list[float] = field(default_factory=list)
    last: object = None

    def hear(self, note: object, now_s: float) -> None:
        """An answer; one that says what the last one said tells nothing."""
        if note != self.last:
            self.last = note
            self.at_s.append(now_s)

    def silent_s(self, now_s: float) -> float:
        """How long nothing new was told."""
        return now_s - (self.at_s or [self.pressed_s])[-1]

    def told(self) -> dict[str, float]:
        """How many notes, and the longest silence from the press to the last of them."""
        moments = [self.pressed_s, *self.at_s]
        gaps = [later - one for one, later in pairwise(moments)]
        return {"notes": len(self.at_s), "longest_silence_s": round(max(gaps, default=0.0), 2)}


@dataclass(slots=True)
class Watched:
    """What one part of the story took from the hub, and from whoever else asked meanwhile."""

    took_s: float = 0.0
    cpu_s: float = 0.0
    children_cpu_s: float = 0.0
    peak_rss_mb: float = 0.0
    waits_ms: list[float] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """For the report."""
        return {
            "cpu_s": {"hub": round(self.cpu_s, 2), "its_children": round(self.children_cpu_s, 2)},
            "peak_rss_mb": round(self.peak_rss_mb, 1),
            "ready_wait_ms": spread(self.waits_ms),
        }


@asynccontextmanager
async def watched(village: Village) -> AsyncIterator[Watched]:
    """Count what the hub spends meanwhile, and how long a small request waits."""
    told, pid = Watched(), village.hub_pid
    line = await HttpLine.open("127.0.0.1", village.http_port)
    await line.request("GET", "/ready", "", b"")
    spent = cpu_s(pid), ended_children_cpu_s(pid)
    enough = asyncio.Event()
    asking = asyncio.create_task(_ask(line, told.waits_ms, enough))
    before = time.perf_counter()
    try:
        yield told
        told.took_s = time.perf_counter() - before
        told.cpu_s = cpu_s(pid) - spent[0]
        told.children_cpu_s = ended_children_cpu_s(pid) - spent[1]
        told.peak_rss_mb = peak_rss_mb(pid)
        enough.set()
        async with asyncio.timeout(WAIT_S):
            await asking  # the one that waits now counts, too
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        line.close()


async def _ask(line: HttpLine, waits_ms: list[float], enough: asyncio.Event) -> None:
    due_s = time.perf_counter()
    while True:
        await line.request("GET", "/ready", "", b"")
        now_s = time.perf_counter()
        waits_ms.append((now_s - due_s) * 1e3)
        if enough.is_set():  # after one at least: some parts are over at once
            return
        due_s += ASK_S
        await asyncio.sleep(max(0.0, due_s - now_s))
