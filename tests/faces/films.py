"""Somebody who walks by, as pictures and as a film."""

import io
from pathlib import Path

import av
import numpy as np
from PIL import Image

from simulators.drawn import Pose, portrait

SCENE = (640, 360)


def picture(seed: int | None, left: int = 100, shot: int = 0) -> Image.Image:
    image = Image.new("RGB", SCENE, (110, 118, 112))
    if seed is not None:
        image.paste(portrait(seed, Pose(90, shot=shot)), (left, 60))
    return image


def as_jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def write_film(path: Path, pictures: list[Image.Image], rate: int = 10) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *SCENE, "yuv420p"
        stream.bit_rate = 4_000_000
        for one in pictures:
            made = av.VideoFrame.from_ndarray(np.asarray(one), format="rgb24")
            container.mux(stream.encode(made))
        container.mux(stream.encode(None))
    return path


def passage(seed: int, steps: int = 8) -> list[Image.Image]:
    walked = [picture(seed, 100 + 8 * step, step) for step in range(steps)]
    return [picture(None), picture(None), *walked, picture(None)]
