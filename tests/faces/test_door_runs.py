"""From a camera to a lock: a film, snapshots and a camera that pushes, at the doors of a real site.

Hub, broker and controller are processes, the readers' line is a pseudo-terminal, nothing is set
inside of anybody: what is asserted is what a lock did, what a display showed, what staff read.
"""

import asyncio
import io
import itertools
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from drivers.osdp_words import Color
from simulators.drawn import Pose, portrait
from simulators.phone import Phone
from tests import services
from tests.faces.door_town import PIN, FaceTown, card, face_town
from tests.faces.films import SCENE, as_jpeg, write_film

FILM_S, RATE = 90, 4
TOKEN = "a-camera-of-the-third-door-pushes-by-this"
SWAY = (0, 6, 12, 18, 12, 6)  # pixels: whoever stands there breathes
DRAWN = 1  # the seed of somebody who was drawn, and can turn the head
SHOTS, FULL = 2, 6
TRIED_MOST = 6
UNSEEN = ("face_none", "face_small", "face_blurred", "face_unclear", "face_turned", "face_away")
UNTURNED = ("face_turn_late", "face_turn_lost", "face_turn_jumped")
CAMERAS = """
[cameras.film]
door = "d-1"
kind = "film"
address = "{film}"

[cameras.snap]
door = "d-2"
kind = "snapshots"
address = "{snapshots}"

[cameras.push]
door = "d-3"
kind = "pushed"
secret = "push"

[cameras.lost]
door = "d-9"
kind = "snapshots"
address = "{snapshots}"
"""

Photo = tuple[bytes, Image.Image]


def photo(name: str) -> Photo:
    """A portrait of the test data: as a file to enrol, and as somebody before a camera."""
    try:
        content = services.shared_file(f"faces/{name}").read_bytes()
    except services.Absent as absent:
        pytest.skip(str(absent))
    whole = Image.open(io.BytesIO(content)).convert("RGB")
    bust = whole.crop((0, 0, whole.width, min(whole.height, round(1.25 * whole.width))))
    return content, bust.resize((round(bust.width * 350 / bust.height), 350))


def scene(person: Image.Image, step: int) -> Image.Image:
    """Somebody before a wall."""
    image = Image.new("RGB", SCENE, (110, 118, 112))
    image.paste(person, (150 + SWAY[step % len(SWAY)], SCENE[1] - person.height))
    return image


@asynccontextmanager
async def snapshots(person: Image.Image) -> AsyncIterator[str]:
    """A camera that gives its newest picture to whoever asks."""
    pictures = itertools.cycle([as_jpeg(scene(person, step)) for step in range(len(SWAY))])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            body = next(pictures)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/now.jpg"
    finally:
        server.close()
        await server.wait_closed()


def heads() -> dict[int, list[bytes]]:
    """Somebody drawn, by sixths of a turn: drawing takes too long to do it meanwhile."""
    return {
        sixths: [
            as_jpeg(scene(portrait(DRAWN, Pose(120, sixths / FULL, shot=shot)), shot))
            for shot in range(SHOTS)
        ]
        for sixths in range(-FULL, FULL + 1)
    }


@asynccontextmanager
async def pushed(
    town: FaceTown, looks: dict[int, list[bytes]], turn_to: Callable[[], int]
) -> AsyncIterator[None]:
    """A camera that sends what it sees: a head that turns evenly to where ``turn_to`` says."""

    async def push() -> None:
        turn = 0
        for shot in itertools.count():
            wanted = turn_to()
            turn += (wanted > turn) - (wanted < turn)
            answer = await town.http.put(
                f"{town.base_url}/api/v1/cameras/push/picture",
                content=looks[turn][shot % SHOTS],
                headers={"Authorization": f"Bearer {TOKEN}"},
            )
            assert answer.status_code in (httpx.codes.NO_CONTENT, httpx.codes.FORBIDDEN)
            await asyncio.sleep(0.2)  # an unhurried head

    pushing = asyncio.create_task(push())
    try:
        yield
    finally:
        pushing.cancel()
        with suppress(asyncio.CancelledError):
            await pushing


@pytest.mark.timeout(600)  # a whole site, on a machine on which much else runs
async def test_from_a_camera_to_a_lock(
    tmp_path: Path, eyes: object, site_folder: Path, mosquitto_path: Path
) -> None:
    del eyes, mosquitto_path  # the network is converted, the broker is there
    (one, one_seen), (other, other_seen) = photo("obama.jpg"), photo("biden.jpg")
    drawn = as_jpeg(portrait(DRAWN, Pose(200)))
    film = write_film(
        tmp_path / "film.mp4",
        [scene(one_seen, step) for step in range(len(SWAY))] * (FILM_S * RATE // len(SWAY)),
        RATE,
    )
    async with snapshots(other_seen) as address:
        settings = CAMERAS.format(film=film, snapshots=address)
        people = ["one", "other", "drawn"]
        async with face_town(
            tmp_path, site_folder / "models", settings, {"push": TOKEN}, people, doors=3
        ) as town:
            for person, content in zip(people, (one, other, drawn), strict=True):
                await town.enrol(person, [content])
            await town.until(lambda: town.audited(3))
            await a_film_and_a_card(town)
            await somebody_else_stays_outside(town)
            await snapshots_and_a_phone(town)
            await a_head_that_turns(town)
            await cameras_are_told(town)
            await without_the_hub(town)


async def a_film_and_a_card(town: FaceTown) -> None:
    await town.take_faces("d-1")
    await town.until(looking(town, "film"))
    event = await before(town, 1, taps(town, 1, 0))
    assert (event["outcome"], event["person"], event["via"]) == ("granted", "one", "card")
    await town.until(passes(town, 1, 1))
    (match,) = (await town.ask("GET", "faces/log"))["matches"]
    assert (match["person"]["name"], match["way"], match["reason"]) == ("one", "claim", None)


async def somebody_else_stays_outside(town: FaceTown) -> None:
    """The card of one and the face of another; the card's own PIN is as good as ever."""
    event = await before(town, 1, taps(town, 1, 1))
    assert (event["reason"], event["person"]) == ("face_not_matched", "other")
    assert town.pulses(1) == 1
    await town.until(locked(town, 1))
    town.readers[1].type(PIN + "#")
    await town.until(passes(town, 1, 2))


async def snapshots_and_a_phone(town: FaceTown) -> None:
    await town.take_faces("d-2")
    await town.until(looking(town, "snap"))
    event = await before(town, 2, taps(town, 2, 1))
    assert (event["outcome"], event["person"]) == ("granted", "other")
    event = await before(town, 2, shakes(town, await town.phone("other")))
    assert (event["outcome"], event["person"], event["via"]) == ("granted", "other", "phone")
    await town.until(passes(town, 2, 2))
    # somebody's own phone, and somebody else before the camera
    event = await before(town, 2, shakes(town, await town.phone("one")))
    assert (event["reason"], event["person"]) == ("face_not_matched", "one")
    assert town.pulses(2) == 2


async def a_head_that_turns(town: FaceTown) -> None:
    """The display says where to; who obeys comes in, and a still that does not turn stays out."""
    await town.take_faces("d-3", turn=True)
    shown, obeys = town.readers[3].shown, True

    def turn() -> int:
        # their own left is the picture's right
        wanted = {"<<< TURN LEFT": FULL, "TURN RIGHT >>>": -FULL}.get(shown.text, 0)
        return wanted if obeys else 0

    async with pushed(town, await asyncio.to_thread(heads), turn):
        await town.until(looking(town, "push"))
        event = await before(town, 3, taps(town, 3, 2), again=(*UNSEEN, *UNTURNED))
        assert (event["outcome"], event["person"]) == ("granted", "drawn")
        await town.until(passes(town, 3, 1))
        obeys = False
        event = await before(town, 3, taps(town, 3, 2))
        assert event["reason"] in UNTURNED
        assert town.pulses(3) == 1


async def cameras_are_told(town: FaceTown) -> None:
    told = await cameras(town)
    assert (told["lost"], told["snap"]) == ("door_unknown", "looking")
    assert "[cameras.lost]" in (town.folder / "hub.log").read_text("utf-8")


async def without_the_hub(town: FaceTown) -> None:
    """Hub and broker are gone: the card waits for its PIN alone."""
    await town.children.pop("hub").stop()
    before = town.pulses(1)
    town.readers[1].shown.light = 0
    town.readers[1].tap(card(0))
    await town.until(lambda: shows(town, 1, Color.AMBER))
    town.readers[1].type(PIN + "#")
    await town.until(passes(town, 1, before + 1))
    await town.until(lambda: journal_says(town, "face_away"))


# --- acting and looking ----------------------------------------------------------------------


Act = Callable[[], Awaitable[None]]


async def before(
    town: FaceTown, door: int, act: Act, again: tuple[str, ...] = UNSEEN
) -> dict[str, Any]:
    """What became of somebody before a door, who comes again where nobody could look in time."""
    for _ in range(TRIED_MOST):
        await town.until(locked(town, door))
        known = len(await accesses(town, door))
        await act()

        async def told(known: int = known) -> bool:
            return len(await accesses(town, door)) > known

        await town.until(told)
        event = (await accesses(town, door))[0]
        if event["reason"] not in again:
            return event
    raise AssertionError(f"nobody was seen at door {door}")


def taps(town: FaceTown, door: int, whose: int) -> Act:
    async def act() -> None:
        town.readers[door].tap(card(whose))

    return act


def shakes(town: FaceTown, phone: Phone) -> Act:
    async def act() -> None:
        told = await phone.open("d-2")
        assert (told.status, told.body["code"]) == (403, "face_awaited"), told.body

    return act


async def accesses(town: FaceTown, door: int) -> list[dict[str, Any]]:
    """What was decided at a door, the newest first."""
    events = [one for one in await town.staff.events() if one["door"] == f"d-{door}"]
    return [one for one in events if one["kind"] == "access" and one["reason"] != "face_awaited"]


def passes(town: FaceTown, door: int, times: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return town.pulses(door) == times

    return look


def locked(town: FaceTown, door: int) -> Callable[[], Awaitable[bool]]:
    """A lock that is still released is not released once more, and nobody could count it."""

    async def look() -> bool:
        return not town.readers[door].outputs[0]

    return look


def looking(town: FaceTown, camera: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return (await cameras(town))[camera] == "looking"

    return look


async def cameras(town: FaceTown) -> dict[str, str]:
    return {one["name"]: one["state"] for one in (await town.ask("GET", "faces"))["cameras"]}


async def shows(town: FaceTown, door: int, color: Color) -> bool:
    return town.readers[door].shown.light == color


async def journal_says(town: FaceTown, face: str) -> bool:
    """Whether the controller's newest event says so; nobody can fetch it now."""
    journal = town.folder / "gate" / "journal.db"
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as held:
        rows = held.execute("select body from outbox").fetchall()
    told = [json.loads(body) for (body,) in rows]
    return any(one.get("x", {}).get("face") == face and one["outcome"] == "granted" for one in told)
