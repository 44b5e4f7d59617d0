"""What the cameras of one door see now, for whoever sets them up: boxes, reasons, decisions.

Owner: the site's administrators. Rule: in memory only, as long as a stream is open; never an
embedding, a score or a picture. Who opened one stands in the access log (``hub/api/face_preview``).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

from hub.face_doors import FaceDoors

VIEWERS_MAX: Final = 8  # people who set up cameras at once; each costs a queue and a connection
BACKLOG_MAX: Final = 64  # events a slow page may lag behind: two seconds of a crowd

Viewer = asyncio.Queue[bytes | None]


class FacePreview:
    """Who looks at which door. Everything here is called on the loop."""

    def __init__(self, doors: FaceDoors) -> None:
        self._doors = doors
        self._viewers: dict[Viewer, str] = {}  # the door of each; bounded by VIEWERS_MAX
        self._asked: dict[str, str | None] = {}  # by door somebody looks at
        doors.on_seen, doors.on_told = self._seen, self._told

    @property
    def is_full(self) -> bool:
        """Whether nobody further may look now."""
        return len(self._viewers) >= VIEWERS_MAX

    def watch(self, door: str) -> Viewer | None:
        """A queue of messages about a door that ends with None; None when too many look."""
        if self.is_full:
            return None
        viewer: Viewer = asyncio.Queue(maxsize=BACKLOG_MAX + 1)
        self._viewers[viewer] = door
        viewer.put_nowait(message("asked", {"side": self._doors.asked_to_turn(door)}))
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """A page went away."""
        door = self._viewers.pop(viewer, None)
        if door is not None and door not in self._viewers.values():
            self._asked.pop(door, None)

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        for viewer in list(self._viewers):
            self._end(viewer)

    def _seen(self, door: str, camera: str, event: Any) -> None:
        if door not in self._viewers.values():
            return
        kind, body = shown(event)
        if kind:
            self._say(door, kind, {"camera": camera, **body})
        self._ask(door)

    def _told(self, door: str, person: str | None, reason: str | None) -> None:
        if door in self._viewers.values():
            self._say(door, "told", {"person": person, "reason": reason})
            self._ask(door)

    def _ask(self, door: str) -> None:
        side = self._doors.asked_to_turn(door)
        if self._asked.get(door) != side:
            self._asked[door] = side
            self._say(door, "asked", {"side": side})

    def _say(self, door: str, kind: str, body: Mapping[str, Any]) -> None:
        raw = message(kind, body)
        for viewer, own in list(self._viewers.items()):
            if own != door:
                continue
            if viewer.qsize() >= BACKLOG_MAX:  # it cannot follow; it may come back
                self._end(viewer)
            else:
                viewer.put_nowait(raw)

    def _end(self, viewer: Viewer) -> None:
        self.leave(viewer)
        while not viewer.empty():
            viewer.get_nowait()
        viewer.put_nowait(None)


def message(kind: str, body: Mapping[str, Any]) -> bytes:
    """One event of the stream as it travels."""
    text = json.dumps(body, separators=(",", ":"))
    return f"event: {kind}\ndata: {text}\n\n".encode()


def shown(event: Any) -> tuple[str, dict[str, Any]]:
    """The kind and body of a camera's event; an empty kind for what is shown to nobody.

    A ``Ready`` holds an embedding, so nothing of it leaves.
    """
    from hub.faces.camera import Gone, Seen  # noqa: PLC0415 - numpy is an extra

    if isinstance(event, Gone):
        return "gone", {"track": event.track}
    if not isinstance(event, Seen):
        return "", {}
    box, points = event.box, event.points
    return "seen", {
        "track": event.track,
        "box": [box.left, box.top, box.right, box.bottom],
        "points": None
        if points is None
        else [[round(x), round(y)] for x, y in (points.left_eye, points.right_eye, points.nose)],
        "shots": event.shots,
        "reason": event.reason,
    }
