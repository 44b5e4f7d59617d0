"""Where pictures come from: JPEGs that are pushed or fetched, films and cameras through PyAV.

A source gives frames one after the other and ends with a reason code; what a camera sends wrongly
is counted and dropped until nothing right comes any more. It runs in a thread of the worker.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
from PIL import Image, UnidentifiedImageError

from hub.faces import photo
from hub.faces.camera import COARSE, FRAME_PIXELS_MOST, Frame
from hub.faces.decide import Refused
from hub.faces.engine import Picture
from hub.faces.geometry import Box

OPEN_WAIT_S: Final = 10.0
READ_WAIT_S: Final = 5.0
FRAMES_MOST_PER_S: Final = 30.0
SNAPSHOTS_PER_S: Final = 4.0
BROKEN_MOST: Final = 60  # in a row: two seconds of nothing that decodes

Clock = Callable[[], float]
Sleep = Callable[[float], None]


class SourceEnded(Exception):
    """No more frames; ``reason`` is a code, None for a film that came to its end."""

    def __init__(self, reason: str | None) -> None:
        super().__init__(reason or "end")
        self.reason = reason


def jpeg_frame(content: bytes, at_s: float) -> Frame | Refused:
    """One pushed or fetched picture; only its small grey form is decoded now."""
    if len(content) > photo.BYTES_MOST:
        return Refused("photo_large")
    try:
        with Image.open(io.BytesIO(content), formats=photo.FORMATS) as image:
            width, height = image.size
            if width * height > FRAME_PIXELS_MOST:
                return Refused("photo_large")
            if min(width, height) < 4 * COARSE:
                return Refused("face_small")
            image.draft("L", (width // COARSE, height // COARSE))
            small = image.convert("L")
        size = (width // COARSE, height // COARSE)
        coarse = np.asarray(small if small.size == size else small.resize(size), np.uint8)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return Refused("photo_broken")

    def open_window(box: Box) -> Picture:
        with Image.open(io.BytesIO(content), formats=photo.FORMATS) as image:
            part = image.convert("RGB").crop((box.left, box.top, box.right + 1, box.bottom + 1))
        return np.asarray(part, np.uint8)

    return Frame(at_s, width, height, coarse, open_window)


def film(address: str, clock: Clock, sleep: Sleep) -> Iterator[Frame]:
    """Frames of a film or a camera that PyAV opens; ends by SourceEnded.

    A film is shown at its own speed; a camera sets the pace, up to FRAMES_MOST_PER_S.
    """
    import av  # noqa: PLC0415 (half a second)

    live = urlsplit(address).scheme in ("rtsp", "rtsps", "http", "https")
    options = {"rtsp_transport": "tcp"} if live else {}
    try:
        container = av.open(address, options=options, timeout=(OPEN_WAIT_S, READ_WAIT_S))
    except (av.FFmpegError, OSError, ValueError):
        raise SourceEnded("camera_silent") from None
    try:
        if not container.streams.video:
            raise SourceEnded("camera_broken")
        yield from _frames(container, live=live, clock=clock, sleep=sleep)
    finally:
        container.close()


def _frames(container: Any, *, live: bool, clock: Clock, sleep: Sleep) -> Iterator[Frame]:
    import av  # noqa: PLC0415

    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1  # one camera takes one core at most
    began_s, broken, next_s = clock(), 0, clock()
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
            if packet.dts is None and not live:
                raise SourceEnded("camera_broken" if broken else None)
            decoded = packet.decode()
        except StopIteration:
            raise SourceEnded("camera_silent" if live else None) from None
        except av.InvalidDataError:
            broken += 1
            if broken > BROKEN_MOST:
                raise SourceEnded("camera_broken") from None
            continue
        except (av.FFmpegError, OSError):
            raise SourceEnded("camera_silent") from None
        for picture in decoded:
            if picture.width * picture.height > FRAME_PIXELS_MOST:
                raise SourceEnded("camera_broken")
            broken = 0
            due_s = next_s if live else began_s + float(picture.time or 0.0)
            sleep(max(0.0, due_s - clock()))
            next_s = clock() + 1 / FRAMES_MOST_PER_S
            yield av_frame(picture, clock())


def av_frame(picture: Any, at_s: float) -> Frame:
    """A decoded frame; its colours are only worked out for the window that is looked at."""
    width, height = picture.width // 2 * 2, picture.height // 2 * 2
    if picture.format.name in ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "nv12"):
        plane = picture.planes[0]
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:height, :width]
    else:
        rows = picture.to_ndarray(format="gray")[:height, :width]
    coarse = rows[: height // COARSE * COARSE, : width // COARSE * COARSE][::COARSE, ::COARSE]

    def open_window(box: Box) -> Picture:
        whole = picture.to_ndarray(format="rgb24")
        part = whole[box.top : box.bottom + 1, box.left : box.right + 1]
        return np.ascontiguousarray(part, np.uint8)

    return Frame(at_s, width, height, np.array(coarse, np.uint8), open_window)


def snapshots(address: str, clock: Clock, sleep: Sleep) -> Iterator[Frame]:
    """Pictures fetched from a camera's snapshot address; ends by SourceEnded."""
    import httpx  # noqa: PLC0415

    failed = 0
    # a camera is nobody's to reach by a proxy, which would read the password in its address
    with httpx.Client(timeout=READ_WAIT_S, follow_redirects=False, trust_env=False) as client:
        while True:
            began_s = clock()
            told = _fetch(client, address)
            frame = told if isinstance(told, str) else jpeg_frame(told, began_s)
            if isinstance(frame, Frame):
                failed = 0
                yield frame
            else:
                failed += 1
                if failed > BROKEN_MOST // 4:
                    raise SourceEnded(frame if isinstance(frame, str) else "camera_broken")
            sleep(max(0.0, 1 / SNAPSHOTS_PER_S - (clock() - began_s)))


def _fetch(client: Any, address: str) -> bytes | str:
    """The body, or a reason code; a body without end is cut off."""
    import httpx  # noqa: PLC0415

    try:
        with client.stream("GET", address) as answer:
            if answer.status_code != httpx.codes.OK:
                return "camera_silent"
            body = bytearray()  # bounded by photo.BYTES_MOST and one chunk
            for part in answer.iter_bytes():
                body += part
                if len(body) > photo.BYTES_MOST:
                    return "camera_broken"
            return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL):
        return "camera_silent"


def open_source(kind: str, address: str) -> Iterator[Frame]:
    """Frames of an address by its kind (``film`` or ``snapshots``), by the machine's own clock."""
    made = {"film": film, "snapshots": snapshots}[kind]
    return made(address, time.monotonic, time.sleep)
