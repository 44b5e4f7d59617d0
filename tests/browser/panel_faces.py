"""The door with faces in the stand-in of the town, and films for the browser's own camera."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageEnhance

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.browser.panel_stub import Town

Json = dict[str, Any]
SIZE = (640, 480)
NOTICE = {"version": "1", "parts": [{"title": "做什么用", "text": "不同意也一样进门。"}]}
VIEW = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480" width="640" height="480">'
    '<rect width="640" height="480" fill="#b2aca0"/><circle cx="320" cy="260" r="90" '
    'fill="#e0b090"/></svg>'
)


def absent() -> Json:
    """A town on a machine without the extra."""
    return now("absent", missing=["onnxruntime"])


def person(who: str, flat: str, drawn: str) -> Json:
    """A resident who has not been to the desk yet."""
    own = {"id": who, "flat": flat, "drawn": drawn}
    return own | {"consent": False, "photos": 0, "measured": True}


def now(state: str = "ready", **more: Any) -> Json:
    """How the door with faces stands."""
    return {
        "state": state,
        "missing": [],
        "door": "r-b1-u2",
        "size": list(SIZE),
        "standing": {"kind": "nobody", "who": "", "still": False},
        "people": [person("p-shen", "302", "elder"), person("p-zheng", "201", "carer")],
        "asked": None,
        "told": None,
    } | more


def track(**more: Any) -> Json:
    """A face that the hub follows."""
    points = [[285, 230], [355, 230], [320, 270]]
    own = {"track": 1, "box": [230, 170, 410, 350], "points": points}
    return own | {"shots": 1, "reason": None} | more


class FaceDoor:
    """The verbs of the door with faces; ``frames`` are what a page sent of its own camera."""

    def __init__(self, town: Town, state: str = "ready") -> None:
        self.town, self.now = town, now(state)
        self.frames: list[bytes] = []
        self.keys: list[str] = []
        self.refused: str | None = None
        self.said = town.said("b1-u2", "refused", "face_turn_late")
        town.town["faces"] = self.now
        town.pictures["/api/face/view"] = VIEW
        town.uploads["/api/face/frame"] = self._frame
        town.verbs |= {
            "/api/face/stand": self._stand,
            "/api/face/open": lambda _: self._tell(state="starting"),
            "/api/face/notice": lambda _: (200, NOTICE),
            "/api/face/consent": lambda body: self._kept(body, consent=True),
            "/api/face/photo": self._photo,
            "/api/face/forget": lambda body: self._kept(body, consent=False, photos=0),
            "/api/face/claim": lambda _: (200, self.said),
        }

    def tell(self, **changes: Any) -> None:
        """Something about it has changed."""
        self.now |= changes
        self.town.send("faces", self.now)

    def see(self, *tracks: Json) -> None:
        """What the hub follows now."""
        self.town.send("seen", {"tracks": list(tracks)})

    def _tell(self, **changes: Any) -> tuple[int, Json]:
        self.tell(**changes)
        return 200, self.now

    def _stand(self, body: Json) -> tuple[int, Json]:
        self.tell(standing=body)
        return 200, {"key": f"key-{len(self.town.posted('/api/face/stand'))}"}

    def _frame(self, raw: bytes, headers: Any) -> tuple[int, Json | None]:
        self.frames.append(raw)
        self.keys.append(headers.get("Linli-Stand", ""))
        return (409, {"code": "not_now"}) if self.refused == "frame" else (204, None)

    def _photo(self, body: Json) -> tuple[int, Json]:
        if self.refused is not None:
            return 422, {"code": self.refused}
        who = next(each for each in self.now["people"] if each["id"] == body["person"])
        return self._kept(body, photos=who["photos"] + 1, measured=False)

    def _kept(self, body: Json, **changes: Any) -> tuple[int, Json]:
        who = next(each for each in self.now["people"] if each["id"] == body["person"])
        who |= changes
        self.tell()
        return 200, who


def write_film(path: Path, pictures: Iterable[Image.Image]) -> Path:
    """A film as Chromium takes it for a camera: JPEGs one after the other."""
    with path.open("wb") as film:
        for picture in pictures:
            out = io.BytesIO()
            picture.convert("RGB").resize(SIZE).save(out, "JPEG", quality=92)
            film.write(out.getvalue())
    return path


def camera_of(film: Path) -> tuple[str, str]:
    """The flags with which Chromium itself takes a film for its camera."""
    return "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"


def before_a_camera(portrait: Image.Image, frames: int = 20) -> list[Image.Image]:
    """A portrait as somebody sits before a webcam: never quite still, the light flickers."""
    wide = min(portrait.width, portrait.height * 4 // 3)
    high = wide * 3 // 4
    left, top = (portrait.width - wide) // 2, 0
    found = []
    for step in range(frames):
        sway = step % 4
        box = (left, top + sway, left + wide, top + sway + high)
        lit = ImageEnhance.Brightness(portrait.crop(box)).enhance(1 + (step % 3 - 1) / 60)
        found.append(lit)
    return found
