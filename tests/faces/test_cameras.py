"""Cameras as an operator meets them: who may push pictures, and what is said of each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from devices.identity import write_private
from devices.mistake import Mistake
from hub import config, doctor
from hub.acts.faces import FaceDoor, set_door
from hub.acts.roster import RosterPart, load_part
from hub.api.faces import PHOTO_BYTES_MAX
from hub.core.cameras import TOKEN_CHARS_LEAST, CameraSettings, read_cameras
from hub.core.effects import Announce
from hub.face_doors import PUSHED_LATE_S
from hub.faces.camera import Seen
from hub.faces.process import CameraEnded, CameraHere
from tests.faces.desk import Faces, face_desk
from tests.faces.test_face_doors import BOX, TURNS, Process, gate
from tests.faces.test_hub_runs import asks_the_bench
from tests.unit.hub_bench import HubBench, hub_bench

TOKEN = "0123456789abcdef01234567"
SETTINGS = """
[cameras.hall]
door = "d-1"
kind = "pushed"
secret = "hall"

[cameras.lost]
door = "d-9"
kind = "pushed"
secret = "hall"
"""


@asynccontextmanager
async def hall(folder: Path) -> AsyncIterator[HubBench]:
    """A hub with a camera that pushes, at a door that takes no faces yet."""
    async with hub_bench(folder):
        pass
    (folder / "secrets").mkdir(exist_ok=True)
    write_private(folder / "secrets" / "hall", TOKEN)
    with (folder / "hub.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    async with face_desk(folder, Faces()) as bench:
        bench.hub.recognising.process = cast("Any", Process())
        yield bench


async def push(
    bench: HubBench, token: str, camera: str = "hall", content: bytes = b"jpeg"
) -> httpx.Response:
    head = {"Authorization": f"Bearer {token}"} if token else {}
    path = f"/api/v1/cameras/{camera}/picture"
    return await bench.http.put(path, content=content, headers=head)


async def take_faces(bench: HubBench) -> None:
    wish = FaceDoor("d-1", "claim", "entrance", "hands full", turn=False, by="staff:test")
    await bench.hub.writer.submit(set_door, wish)
    bench.hub.face_doors.settle()


async def test_a_camera_pushes_by_its_own_token_and_nobody_elses(tmp_path: Path) -> None:
    async with hall(tmp_path) as bench:
        off = await push(bench, TOKEN)
        assert (off.status_code, off.json()["code"]) == (403, "face_off")
        await take_faces(bench)
        refused = [
            await push(bench, token, camera)
            for token, camera in (
                ("", "hall"), (TOKEN[:-1], "hall"), (TOKEN + "0", "hall"), (TOKEN, "nobody"),
                ("", "nobody"), (bench.gate.operator_token, "hall"),
            )
        ]  # fmt: skip
        assert {(one.status_code, one.json()["code"]) for one in refused} == {(403, "not_allowed")}
        process: Any = bench.hub.recognising.process
        assert process.pushed == []
        assert (await push(bench, TOKEN)).status_code == 204
        assert process.pushed == [("hall", b"jpeg")]
        large = await push(bench, TOKEN, content=bytes(PHOTO_BYTES_MAX + 1))
        assert (large.status_code, large.json()["code"]) == (413, "oversize")
        while (answer := await push(bench, TOKEN)).status_code == 204:
            pass
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many")


async def test_staff_and_operator_read_how_cameras_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hall(tmp_path) as bench:
        await take_faces(bench)
        await push(bench, TOKEN)
        await bench.administrator()
        answer = await bench.http.get("/api/v1/faces")
        assert TOKEN not in answer.text
        assert [
            (one["name"], one["door"], one["door_name"] is None, one["state"])
            for one in answer.json()["cameras"]
        ] == [("hall", "d-1", False, "looking"), ("lost", "d-9", True, "door_unknown")]
        asks = asks_the_bench(bench, asyncio.get_running_loop())
        monkeypatch.setattr(doctor, "call", lambda *all_of: asks(*all_of).json())
        found = {one.what: one for one in await asyncio.to_thread(doctor._face_state, tmp_path)}
        assert found["camera hall"].fine
        assert not found["camera lost"].fine
        assert found["camera lost"].told == (
            "door d-9: its door is not there: write a door's id in hub.toml"
        )


def test_every_state_of_a_camera_has_words_for_the_operator() -> None:
    from typing import get_args  # noqa: PLC0415

    from hub.api.face_shapes import CameraShown  # noqa: PLC0415

    states = get_args(CameraShown.model_fields["state"].annotation)
    assert set(states) == set(doctor._CAMERA_STATES)


@pytest.mark.parametrize("token", ["", "0" * (TOKEN_CHARS_LEAST - 1), "é" * TOKEN_CHARS_LEAST])
async def test_a_token_that_can_be_guessed_is_refused_and_not_repeated(
    tmp_path: Path, token: str
) -> None:
    async with hub_bench(tmp_path):
        pass
    (tmp_path / "secrets").mkdir(exist_ok=True)
    with (tmp_path / "hub.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    with pytest.raises(Mistake, match="write the camera's token to"):
        config.load(tmp_path)
    write_private(tmp_path / "secrets" / "hall", token)
    with pytest.raises(Mistake, match=str(TOKEN_CHARS_LEAST)) as told:
        config.load(tmp_path)
    assert not token or token not in str(told.value)
    write_private(tmp_path / "secrets" / "hall", TOKEN)
    cameras = config.load(tmp_path).cameras
    assert cameras["hall"].token == TOKEN
    assert TOKEN not in repr(cameras)


async def test_a_phone_is_sent_to_a_door_that_can_look_for_its_holder(tmp_path: Path) -> None:
    """Where nobody can look it is told at once that a PIN is wanted, as ever."""
    async with hub_bench(tmp_path) as bench:
        rows = [{"id": "d-1", "pin": True}]
        await bench.hub.writer.submit(load_part, RosterPart("doors", rows, bench.hub.keys.mark))
        phone = await bench.phone()
        told = await phone.open("d-1")
        assert (told.status, told.body["code"]) == (403, "pin_needed")
        bench.hub.face_doors.looks = lambda door: door == "d-1"  # type: ignore[method-assign]
        told = await phone.open("d-1")
        assert (told.status, told.body["code"]) == (503, "door_offline")
        bench.hub.face_doors.looks = lambda door: False  # type: ignore[method-assign]
        assert (await phone.open("d-1")).body["code"] == "pin_needed"


# --- how cameras stand -----------------------------------------------------------------------


async def test_a_camera_without_a_door_is_said_and_others_tell_how_they_stand(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    film = CameraSettings("d-1", "film", "film.mp4")
    more = {
        "lost": CameraSettings("d-9", "film", "x"), "film": film,
        "other": CameraSettings("d-2", "film", "x"),
    }  # fmt: skip
    async with gate(tmp_path, more=more) as at:

        def told(name: str) -> tuple[str, str | None]:
            (one,) = [one for one in at.doors.cameras() if one.name == name]
            return one.state, one.reason

        assert [one.name for one in at.doors.cameras()] == ["cam", "film", "lost", "other"]
        assert (told("lost"), told("other")) == (("door_unknown", None), ("unused", None))
        assert told("film") == ("starting", None)
        assert set(at.process.cameras) == {"cam", "film"}
        at.doors.heard("film", CameraHere())
        at.doors.heard("film", CameraHere())
        assert told("film") == ("looking", None)
        assert at.shown == [Announce("face")]  # the pages ask again, once
        at.doors.heard("film", CameraEnded("camera_broken"))
        assert told("film") == ("silent", "camera_broken")
        at.doors.heard("film", CameraHere())
        at.doors.heard("film", CameraEnded(None))
        assert told("film") == ("over", None)
        at.doors.settle()
        said = [one.getMessage() for one in caplog.records if one.name == "hub.face_doors"]
        assert said == ["[cameras.lost] of hub.toml names a door that is not there"]


async def test_a_camera_pushes_and_falls_silent(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        (cam,) = at.doors.cameras()
        assert cam.state == "starting"
        assert at.doors.push("cam", b"jpeg") is None
        assert at.process.pushed == [("cam", b"jpeg")]
        assert at.doors.push("nobody", b"jpeg") == "face_off"
        at.bench.pass_s(PUSHED_LATE_S)
        assert at.doors.cameras()[0].state == "looking"
        at.bench.pass_s(1)
        (cam,) = at.doors.cameras()
        assert (cam.state, cam.reason) == ("silent", "camera_silent")


async def test_a_claim_is_looked_for_by_the_cameras_of_its_door(tmp_path: Path) -> None:
    more = {"two": CameraSettings("d-1", "pushed"), "other": CameraSettings("d-2", "pushed")}
    async with gate(tmp_path, more=more) as at:
        at.ready(0)
        assert at.process.looked_for == []
        at.ask()
        assert sorted(at.process.looked_for) == ["cam", "two"]


async def test_who_is_to_turn_is_looked_at_though_nothing_moves(tmp_path: Path) -> None:
    async with gate(tmp_path, mode="alone", people=110) as at:
        at.ready(0)
        assert at.process.looked_for == ["cam"]
        at.turn(*TURNS)
        assert len(at.process.looked_for) == 5  # each step anew


async def test_who_was_forgotten_here_and_not_by_the_camera_is_looked_at_anew(
    tmp_path: Path,
) -> None:
    async with gate(tmp_path) as at:
        at.ready(0)
        await at.later(9)  # a machine too busy to tell that they still stand there
        at.doors.heard("cam", Seen(1, BOX, 0, None, None))
        at.ask(ask="q-1")
        assert at.process.looked_again == []  # only just seen: the camera decides soon
        for _ in range(3):
            at.bench.pass_s(1)
            at.doors.heard("cam", Seen(1, BOX, 0, None, None))
        at.ask(ask="q-2")
        assert at.process.looked_again == [("cam", 1)]
        at.ready(0)
        assert (await at.words())[-1] == ("q-2", "r-0", None)


async def test_who_may_be_looked_for(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        assert (at.doors.looks("d-1"), at.doors.looks("d-2")) == (True, False)
        at.bench.hub.recognising.portraits = None
        assert not at.doors.looks("d-1")


# --- settings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"door": ""}, {"kind": "radio"}, {"address": "rtsp://u:p@cam/1"}, {"tailgating": "yes"},
        {"address": "", "secret": ""}, {"secret": "../x", "address": ""}, {"colour": "red"},
        {"kind": "snapshots"}, {"kind": "pushed"}, {"kind": "pushed", "address": ""},
        {"secret": "gate"},
    ],
    ids=str,
)  # fmt: skip
def test_a_camera_is_written_down_rightly(wrong: dict[str, Any]) -> None:
    fine: dict[str, Any] = {"door": "d-1", "kind": "film", "address": "rtsp://cam/1"}
    assert read_cameras({"gate": fine})["gate"] == replace(
        CameraSettings("d-1", "film"), address="rtsp://cam/1"
    )
    with pytest.raises(ValueError, match="cameras") as told:
        read_cameras({"gate": fine | wrong})
    assert "u:p" not in str(told.value)
