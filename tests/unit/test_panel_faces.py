"""The town's door with faces, each part alone: who stands there, its camera, what pages may do."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from PIL import Image

from simulators.demo import faces as demo_faces
from simulators.ends.camera_end import CameraEnd
from simulators.panel import faces as panel_faces
from simulators.panel import porch
from simulators.panel.faces import Faces
from simulators.panel.shell import FRAME_BYTES_MAX, FRAME_PATH, Refused, Shell
from simulators.panel.stand import AWAY_S, NOBODY, QUIET_S, TURN_MOST, TURNS, Stand, Standing
from simulators.panel.waiting import Waiting
from simulators.roster import CARER, ELDER

COUNTS = {"consents": 0, "enrolled": 0}
JPEG = b"\xff\xd8\xff" + bytes(20)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


# --- who stands there


def test_a_page_s_frames_are_what_the_camera_sees_and_only_theirs(clock: Clock) -> None:
    there = Stand(clock)
    first = there.put(Standing("own"))
    assert there.take(first, JPEG + b"1")
    assert there.picture() == JPEG + b"1"
    second = there.put(Standing("own"))
    assert not there.take(first, JPEG + b"2")  # somebody else has stepped up
    assert there.picture() == porch.empty()  # and the one before is nowhere any more
    assert there.take(second, JPEG + b"3")
    assert there.portrait() == JPEG + b"3"


def test_whose_frames_no_longer_come_has_gone(clock: Clock) -> None:
    there = Stand(clock)
    key = there.put(Standing("own"))
    there.take(key, JPEG)
    clock.now_s += QUIET_S
    assert there.now.kind == "own"
    clock.now_s += 0.1
    assert there.now == NOBODY
    assert there.picture() == porch.empty()
    assert there.portrait() is None
    assert not there.take(key, JPEG)


def test_a_head_turns_where_it_is_asked_and_never_jumps(clock: Clock) -> None:
    there = Stand(clock)
    there.put(Standing("drawn", "elder"))
    turns = []
    for asked in ("left", "left", "left", None, None, "right", "right"):
        there.asked = asked
        there.looked()
        for _ in range(3):  # the hub does not look at every picture
            there.picture()
        turns.append(there._turn)
    assert turns == [-0.45, -0.9, -0.9, -0.45, 0.0, 0.45, 0.9]
    assert set(turns) <= {0.0, *TURNS}  # what was drawn ahead


def test_a_photo_looks_the_same_way_whatever_is_asked(clock: Clock) -> None:
    there = Stand(clock)
    there.put(Standing("drawn", "elder", still=True))
    before = there.picture()
    there.asked = "left"
    assert there.picture() == before
    there.put(Standing("drawn", "elder"))
    clock.now_s += AWAY_S
    ahead = porch.somebody("elder", 0.0, clock.now_s)
    for _ in range(2):
        there.looked()
        there.picture()
    assert there.picture() == porch.somebody("elder", -TURN_MOST, clock.now_s) != ahead


def test_between_two_people_the_porch_is_empty(clock: Clock) -> None:
    there = Stand(clock)
    there.put(Standing("drawn", "elder"))
    assert there.picture() != porch.empty()  # nobody was there before
    there.put(Standing("drawn", "stranger"))
    assert there.picture() == porch.empty()
    key = there.put(Standing("own"))
    there.take(key, JPEG)
    clock.now_s += AWAY_S - 0.1
    there.take(key, JPEG)
    assert there.picture() == porch.empty()
    clock.now_s += 0.2
    assert there.picture() == JPEG


def test_everybody_drawn_is_somebody_else() -> None:
    pictures = {porch.at_desk(who, 0) for who in porch.PEOPLE}
    assert len(pictures) == len(porch.PEOPLE)
    assert Image.open(io.BytesIO(porch.empty())).size == porch.SIZE


# --- its camera


async def test_a_camera_gives_its_newest_picture_to_whoever_knows_the_address() -> None:
    camera = CameraEnd()
    await camera.start()
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(camera.url)).status_code == 503  # nothing to see yet
            camera.shoot = lambda: JPEG
            answer = await http.get(camera.url)
            assert (answer.content, answer.headers["content-type"]) == (JPEG, "image/jpeg")
            guessed = camera.url.rpartition("/")[0] + "/camera.jpg"
            assert (await http.get(guessed)).status_code == 404
            camera.unplug()
            assert (await http.get(camera.url)).status_code == 503
            camera.plug()
            assert (await http.get(camera.url)).content == JPEG
    finally:
        await camera.stop()


def test_a_town_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert demo_faces.missing() == []  # in the tests' own environment
    monkeypatch.setattr(demo_faces, "NEEDED", ("json", "no_such_module"))
    assert demo_faces.missing() == ["no_such_module"]


# --- what pages may do


def audit(made_at: datetime, people: int) -> dict[str, Any]:
    return {"made_at": made_at.isoformat(), "people": people}


class Hub:
    """The console's side of faces: what it was asked, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.overview: dict[str, Any] = {**COUNTS, "state": "ready", "audit": None}
        self.events: asyncio.Queue[tuple[str, str]] = asyncio.Queue(maxsize=100)
        self.refused: str | None = None

    async def ask(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None
    ) -> dict[str, Any]:
        self.asked.append((method, path))
        if self.refused is not None and method == "POST":
            request = httpx.Request(method, f"http://hub/{path}")
            answer = httpx.Response(422, json={"code": self.refused}, request=request)
            raise httpx.HTTPStatusError("refused", request=request, response=answer)
        if path == "faces":
            return self.overview
        return {"consent": {}, "photos": [{}] if raw else [], "version": "1", "parts": []}

    async def stream(self, path: str) -> AsyncGenerator[tuple[str, str], None]:
        self.asked.append(("GET", path))
        while True:
            yield await self.events.get()


class Bench:
    """A door with faces between a made-up hub and a page."""

    def __init__(self, *, camera: bool = True) -> None:
        self.hub = Hub()
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.claims: list[tuple[str, str]] = []
        town: Any = SimpleNamespace(camera=CameraEnd() if camera else None)

        async def claim(door: str, flat: str, within_s: float) -> dict[str, Any]:
            assert within_s > 14  # the hub looks for so long
            self.claims.append((door, flat))
            return {}

        hands: Any = SimpleNamespace(claim=claim)
        staff: Any = self.hub
        self._changed = Waiting()
        self.faces = Faces(town, staff, hands, self._tell)

    def _tell(self, kind: str, body: dict[str, Any]) -> None:
        self.said.append((kind, body))
        self._changed.wake()

    async def until(self, kind: str, fits: Any) -> None:
        def is_told() -> bool:
            return any(told == kind and fits(body) for told, body in self.said)

        assert await self._changed.until(is_told, 30)


@asynccontextmanager
async def following(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(panel_faces, "LOOK_S", 0.01)
    monkeypatch.setattr(panel_faces, "REST_S", 0.01)
    work = asyncio.ensure_future(bench.faces.follow())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_where_the_extra_is_missing_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(camera=False)
    async with following(bench, monkeypatch):
        await asyncio.sleep(0.05)
    assert bench.hub.asked == []
    assert bench.faces.now()["state"] == "absent"
    assert bench.faces.view() is None
    for act in (bench.faces.open(), bench.faces.claim(ELDER)):
        with pytest.raises(Refused, match="faces_absent"):
            await act


async def test_nobody_looks_on_while_nobody_stands_there(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    preview = ("GET", "faces/doors/b1-u2/preview")
    async with following(bench, monkeypatch):
        await bench.until("faces", lambda now: now["state"] == "ready")
        await asyncio.sleep(0.1)
        assert preview not in bench.hub.asked
        await bench.faces.put("drawn", "elder", still=False)
        seen = {"camera": "c", "track": 4, "box": [1, 2, 3, 4], "points": None, "shots": 1}
        await bench.hub.events.put(("seen", json.dumps(seen | {"reason": None})))
        await bench.until("seen", lambda body: [each["track"] for each in body["tracks"]] == [4])
        assert preview in bench.hub.asked
        await bench.hub.events.put(("asked", '{"side":"left"}'))
        await bench.until("faces", lambda now: now["asked"] == "left")
        assert bench.faces.stand.asked == "left"
        told = {"person": ELDER, "reason": None}
        await bench.hub.events.put(("told", json.dumps(told)))
        name = {"person": "沈桂芳", "reason": None}
        await bench.until("faces", lambda now: now["told"] == name)
        await bench.hub.events.put(("gone", '{"track":4}'))
        await bench.until("seen", lambda body: body["tracks"] == [])
        await bench.faces.put("nobody", "", still=False)
        await bench.hub.events.put(("beat", "{}"))
        await bench.until("faces", lambda now: now["asked"] is None and now["told"] is None)


async def test_a_photo_counts_once_the_hub_has_measured_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()

    def measured() -> bool:
        return bool(bench.faces.now()["people"][0]["measured"])

    async with following(bench, monkeypatch):
        await bench.until("faces", lambda now: now["state"] == "ready")
        with pytest.raises(Refused, match="face_none"):  # nobody stands there
            await bench.faces.photo(ELDER)
        await bench.faces.put("drawn", "elder", still=False)
        await bench.faces.photo(ELDER)
        assert not measured()
        old = datetime.now(UTC) - timedelta(minutes=1)
        bench.hub.overview |= {"enrolled": 1, "audit": audit(old, 1)}
        await asyncio.sleep(0.1)
        assert not measured()
        bench.said.clear()
        new = datetime.now(UTC) + timedelta(seconds=1)
        bench.hub.overview |= {"audit": audit(new, 0)}
        await asyncio.sleep(0.1)
        assert not measured()  # it began before the photo
        bench.hub.overview |= {"audit": audit(new, 1)}
        await bench.until("faces", lambda now: now["people"][0]["measured"])
        assert measured()


async def test_who_uses_the_console_beside_the_town_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(panel_faces, "SELDOM_S", 0.01)
    bench = Bench()
    bench.hub.overview |= {"state": "off"}
    reads = ("GET", f"people/{ELDER}/face")
    async with following(bench, monkeypatch):
        await asyncio.sleep(0.05)
        assert reads not in bench.hub.asked
        bench.hub.overview |= {"state": "ready"}
        await bench.until("faces", lambda now: now["people"][0]["consent"])
        count = bench.hub.asked.count(reads)
        await asyncio.sleep(0.1)
        assert bench.hub.asked.count(reads) == count == 1  # each reading stands in a log
        bench.said.clear()
        bench.hub.overview |= {"consents": 1}
        await bench.until("faces", lambda now: now["people"][0]["consent"])
        assert bench.hub.asked.count(reads) == 2


async def test_the_hub_s_refusal_is_the_page_s(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    await bench.faces.put("drawn", "elder", still=False)
    bench.hub.refused = "face_blurred"
    with pytest.raises(Refused, match="face_blurred"):
        await bench.faces.photo(ELDER)
    assert bench.faces.now()["people"][0]["photos"] == 0


async def test_a_flat_s_number_is_typed_and_only_those_behind_the_door_have_one() -> None:
    bench = Bench()
    await bench.faces.claim(CARER)
    assert bench.claims == [("b1-u2", "201")]
    with pytest.raises(Refused, match="not_found"):
        await bench.faces.claim("p-052")


@pytest.mark.parametrize(("kind", "who"), [("drawn", "moon"), ("own", "elder"), ("crowd", "")])
async def test_only_somebody_can_stand_there(kind: str, who: str) -> None:
    with pytest.raises(Refused, match="field_wrong"):
        await Bench().faces.put(kind, who, still=False)


async def test_no_page_gets_another_s_frames() -> None:
    bench = Bench()
    assert bench.faces.view() == porch.empty()
    key = (await bench.faces.put("own", "", still=False))["key"]
    bench.faces.frame(key, JPEG)
    assert bench.faces.stand.picture() == JPEG
    assert bench.faces.view() == porch.empty()  # asked for while another steps up: no error
    assert key not in json.dumps(bench.faces.now())
    with pytest.raises(Refused, match="photo_broken"):
        bench.faces.frame(key, b"GIF89a")
    with pytest.raises(Refused, match="not_now"):
        bench.faces.frame("guessed", JPEG)


@pytest.mark.parametrize(
    ("path", "size", "fits"),
    [
        (FRAME_PATH, FRAME_BYTES_MAX, True),
        (FRAME_PATH, FRAME_BYTES_MAX + 1, False),
        ("/api/face/photo", 20_000, False),
    ],
)
async def test_only_frames_may_be_large(path: str, size: int, *, fits: bool) -> None:
    took: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope
        took.append(len((await receive())["body"]))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(app=Shell(app, []))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        answer = await http.post(path, content=bytes(size), headers={"Linli-Client": "panel"})
    assert answer.status_code == (204 if fits else 413)
    assert took == ([size] if fits else [])
    assert "camera=(self)" in answer.headers["permissions-policy"]
