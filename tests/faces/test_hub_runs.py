"""The whole of it with its real processes: started, enrolled, measured, asked by verbs, stopped."""

import argparse
import asyncio
import json
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from devices.mistake import Mistake
from hub import asking, doctor
from hub.acts.faces import assess
from hub.faces import verbs
from hub.faces.decide import Probe
from simulators.drawn import Pose, portrait
from tests.faces.desk import asked, assessment, enrol_all, face_desk
from tests.faces.test_face_api import as_jpeg
from tests.unit.hub_bench import HubBench, hub_bench

WAIT_S = 120.0


async def until(true: Callable[[], bool]) -> None:
    """Wait for what must come; the test's own time-out is the bound."""
    async with asyncio.timeout(WAIT_S):
        while not true():  # noqa: ASYNC110 - processes have their own pace
            await asyncio.sleep(0.05)


async def test_faces_start_enrol_measure_and_stop(
    tmp_path: Path, eyes: object, site_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del eyes  # made: the network of the folder is converted
    monkeypatch.setattr("hub.recognising.DEBOUNCE_S", 0.01)
    async with hub_bench(tmp_path) as bench:
        desk, hub = bench.hub.recognising, bench.hub
        shutil.copytree(site_folder / "models", tmp_path / "models")
        running = asyncio.create_task(desk.run())
        try:
            await asyncio.sleep(0)
            assert (desk.state, desk.process) == ("off", None)  # nothing runs before it is wanted
            await hub.writer.submit(assess, assessment(await desk.keys_id()))
            await until(lambda: desk.state == "ready")
            assert desk.model == "dlib-resnet-v1"
            await desk.give(asked("p-1"))
            await desk.photo("p-1", as_jpeg(portrait(1, Pose(200))), "staff:test")
            await until(lambda: desk.roll is not None and desk.roll.standing is not None
                        and "p-1" in desk.roll.standing.gallery.rows)  # fmt: skip
            assert desk.portraits is not None
            same: Any = await desk.portraits(as_jpeg(portrait(1, Pose(200))))
            probe = Probe(same.embedding, 3, same.model_id)
            assert desk.verify(["p-1"], probe).person == "p-1"
            far = Probe(-same.embedding, 3, same.model_id)
            assert desk.verify(["p-1"], far).reason == "face_not_matched"
            process = desk.process
            assert process is not None
            assert process.pid is not None
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        assert process.pid is None


async def test_an_audit_that_fails_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.recognising.DEBOUNCE_S", 0.0)
    monkeypatch.setattr("hub.recognising.RETRY_S", 0.01)
    async with face_desk(tmp_path) as bench:
        desk = bench.hub.recognising
        whole, tries = desk.judge, 0

        async def twice(task: Any) -> Any:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise OSError("the audit's process failed")
            return await whole(task)

        async def nobody(_content: bytes) -> Any:
            raise AssertionError("no photo was sent")

        desk.judge, desk.portraits = twice, nobody
        running = asyncio.create_task(desk.run())
        try:
            await until(lambda: desk.roll is not None and desk.roll.standing is not None)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        assert tries == 3


# --- the verbs, against a hub on a bench ------------------------------------------------------


def asks_the_bench(bench: HubBench, loop: asyncio.AbstractEventLoop) -> Callable[..., Any]:
    """Stands where the verbs ask over the network: the same request to the bench's application."""

    def answer_of(data: Path, path: str, body: object, timeout_s: float = 0.0) -> Any:
        del data, timeout_s
        sent: Any = {"content": body} if isinstance(body, bytes) else {"json": body}
        head = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        asks = bench.http.post(f"/api/v1/operator/{path}", headers=head, **sent)
        answer = asyncio.run_coroutine_threadsafe(asks, loop).result(WAIT_S)
        if answer.status_code >= 400:
            raise Mistake(str(answer.json()["code"]))
        return answer

    return answer_of


async def run(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    verbs.face(parser)
    told = parser.parse_args(words)
    assert threading.current_thread() is threading.main_thread()
    await asyncio.to_thread(told.func, told)


async def test_the_verbs_enrol_measure_and_forget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.faces.desk import Faces  # noqa: PLC0415

    for name, content in (("a", b"1"), ("b", b"face_dark"), ("c", b"1")):
        (tmp_path / f"{name}.jpg").write_bytes(content)
    photos = [str(tmp_path / f"{name}.jpg") for name in "abc"]

    def told() -> Any:
        return json.loads(capsys.readouterr().out)

    async with face_desk(tmp_path, Faces()) as bench:
        asks = asks_the_bench(bench, asyncio.get_running_loop())
        monkeypatch.setattr(verbs, "answer_of", asks)
        monkeypatch.setattr(doctor, "call", lambda *all_of: asks(*all_of).json())
        with pytest.raises(Mistake, match="no photo was taken: face_no_consent"):
            await run(["enroll", "p-2", *photos])
        await enrol_all(bench, ["p-1"], photos=1)
        await bench.hub.recognising.give(asked("p-2"))
        await run(["enroll", "p-2", *photos])
        found = told()
        assert [one["taken"] for one in found["told"]] == [True, False, True]
        assert found["told"][1]["why"] == "face_dark"
        assert (found["photos"], found["missing"]) == (2, ["photos", "days"])
        await run(["audit"])
        assert told()["audit"]["people"] == 2
        finding = (await asyncio.to_thread(doctor._face_state, tmp_path))[0]
        assert (finding.fine, finding.told) == (True, "in use")
        await run(["forget", "p-2", "--reason", "died"])
        assert told() == {"person": "p-2", "forgotten": True}
        await run(["renew", "--everybody"])
        assert told() == {"state": "ready", "consents": 0, "enrolled": 0}
        with pytest.raises(SystemExit):
            await run(["renew"])


def test_bytes_go_up_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx  # noqa: PLC0415

    (tmp_path / "operator.json").write_text('{"url": "http://hub", "token": "t"}')
    seen: list[Any] = []

    def post(url: str, **said: Any) -> httpx.Response:
        seen.append((url, said.get("content"), said.get("json")))
        return httpx.Response(200, json={})

    monkeypatch.setattr(httpx, "post", post)
    asking.answer_of(tmp_path, "x", b"photo")
    asking.answer_of(tmp_path, "x", {"a": 1})
    assert [one[1:] for one in seen] == [(b"photo", None), (None, {"a": 1})]
