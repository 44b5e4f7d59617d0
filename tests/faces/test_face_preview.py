"""The preview of a door's cameras: boxes, reasons and decisions for administrators, and no more."""

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hub.api.face_preview import stream
from hub.face_preview import BACKLOG_MAX, VIEWERS_MAX, FacePreview, Viewer
from hub.faces.camera import Gone, Ready, Seen
from hub.faces.decide import Probe
from hub.faces.geometry import Box, Points
from hub.store import tables as t
from tests.faces.test_face_doors import AHEAD, LEFT, Gate, gate
from tests.unit.hub_bench import CLIENT

BOX = Box(10, 20, 109, 139)
EYES = Points((40.2, 60.0), (80.0, 60.4), (60.0, 80.0))


def heard(viewer: Viewer) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    while not viewer.empty():
        raw = viewer.get_nowait()
        if raw is None:
            found.append(("end", None))
            continue
        kind, _, told = raw.decode().partition("\n")
        found.append(
            (kind.removeprefix("event: "), json.loads(told.strip().removeprefix("data: ")))
        )
    return found


def looking_at(at: Gate) -> tuple[FacePreview, Viewer]:
    preview = FacePreview(at.doors)
    viewer = preview.watch("d-1")
    assert viewer is not None
    assert heard(viewer) == [("asked", {"side": None})]
    return preview, viewer


async def test_boxes_points_and_reasons_are_shown_and_no_embedding(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        _, viewer = looking_at(at)
        at.doors.heard("cam", Seen(7, BOX, 2, "face_dark", EYES))
        at.doors.heard("cam", Ready(7, Probe(np.full(128, 0.5, np.float32), 3, "m"), 0.2))
        at.doors.heard("cam", Gone(7, True, None))
        assert heard(viewer) == [
            ("seen", {
                "camera": "cam", "track": 7, "box": [10, 20, 109, 139],
                "points": [[40, 60], [80, 60], [60, 80]], "shots": 2, "reason": "face_dark",
            }),
            ("gone", {"camera": "cam", "track": 7}),
        ]  # fmt: skip


async def test_the_arrow_and_what_the_door_was_told_come_once(tmp_path: Path) -> None:
    async with gate(tmp_path, turn=True) as at:
        _, viewer = looking_at(at)
        at.ask()
        at.ready(0)
        at.turn(AHEAD, -0.2, LEFT)
        kinds = [(kind, body) for kind, body in heard(viewer) if kind != "seen"]
        assert kinds == [("asked", {"side": "left"}), ("asked", {"side": None})]
        at.turn(-0.15, AHEAD, 0.2, 0.35)
        at.ready(0)
        assert await at.words() == [("q-1", "r-0", None)]
        told = [body for kind, body in heard(viewer) if kind == "told"]
        assert told == [{"person": "r-0", "reason": None}]


async def test_a_refusal_is_told_with_its_reason_and_nobody(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        _, viewer = looking_at(at)
        at.ask("r-1")
        at.ready(0)
        await at.words()
        assert heard(viewer)[-1] == ("told", {"person": None, "reason": "face_not_matched"})


async def test_who_withdrew_a_second_ago_is_told_as_nobody(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        _, viewer = looking_at(at)
        at.ask()
        verify = at.bench.hub.recognising.verify(["r-0"], at.faces.probe(0))
        await at.bench.hub.recognising.withdraw("r-0", "staff:test")
        lagging: Any = at.bench.hub.recognising
        lagging.verify = lambda *_: verify  # a memory that lags behind
        at.ready(0)
        await at.words()
        assert heard(viewer)[-1] == ("told", {"person": None, "reason": "face_no_consent"})


async def test_nobody_looks_at_another_door_and_a_slow_page_is_ended(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        preview, viewer = looking_at(at)
        other = preview.watch("d-2")
        assert other is not None
        heard(other)
        for track in range(BACKLOG_MAX + 5):
            at.doors.heard("cam", Seen(track, BOX, 0, None, None))
        assert heard(viewer) == [("end", None)]
        assert heard(other) == []
        preview.close()
        assert heard(other) == [("end", None)]


async def test_only_so_many_look(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        preview = FacePreview(at.doors)
        viewers = [preview.watch("d-1") for _ in range(VIEWERS_MAX)]
        assert None not in viewers
        assert preview.watch("d-1") is None
        preview.leave(viewers[0])  # type: ignore[arg-type]
        assert preview.watch("d-1") is not None


@pytest.mark.parametrize(("may_stay", "open_most_s"), [(False, 60.0), (True, 0.0)])
async def test_a_stream_ends_with_the_session_and_with_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_most_s: float, *, may_stay: bool
) -> None:
    monkeypatch.setattr("hub.api.face_preview.HEARTBEAT_S", 0.0)
    async with gate(tmp_path) as at:
        preview = FacePreview(at.doors)
        parts = [part async for part in stream(preview, "d-1", lambda: may_stay, open_most_s)]
        assert parts == [b"retry: 2000\n\n"]
        assert preview._viewers == {}  # it was left


async def test_each_opening_stands_in_the_access_log_and_only_administrators_open(
    tmp_path: Path,
) -> None:
    async with gate(tmp_path) as at:
        bench = at.bench
        path = "/api/v1/faces/doors/{}/preview"
        assert (await bench.http.get(path.format("d-1"))).status_code == 401
        await bench.sign_in(await bench.administrator("front", "property_staff"), "front")
        assert (await bench.http.get(path.format("d-1"))).json()["code"] == "not_allowed"
        await bench.sign_in(await bench.administrator())
        assert (await bench.http.get(path.format("nowhere"))).json()["code"] == "door_unknown"
        opening = asyncio.ensure_future(bench.http.get(path.format("d-1"), headers=CLIENT))
        viewers = bench.hub.face_preview._viewers
        while not any(viewer.empty() for viewer in viewers):  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)
        bench.hub.face_preview.close()
        answer = await opening
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert 'event: asked\ndata: {"side":null}' in answer.text
        places = [bench.hub.face_preview.watch("d-1") for _ in range(VIEWERS_MAX)]
        assert None not in places
        full = await bench.http.get(path.format("d-1"))
        assert full.json()["code"] == "too_many"
        log = at.rows(t.access_log)
        assert [row.object for row in log] == ["face_view:d-1"]
        assert log[0].subject.startswith("staff:")
