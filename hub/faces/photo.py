"""A file that somebody sent, as a picture, or the reason why not. Nothing of it is kept.

The header is read before anything is decoded, so a file that would unfold to gigabytes costs
nothing; JPEG is decoded no larger than needed.
"""

from __future__ import annotations

import io
import warnings
from typing import Final

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from hub.faces.decide import Refused
from hub.faces.engine import Picture

BYTES_MOST: Final = 15_000_000
PIXELS_MOST: Final = 50_000_000  # the largest phone cameras' ordinary pictures
SIDE_MOST_PX: Final = 1_600  # larger ones are made smaller; a face fills a good part of a portrait
FORMATS: Final = ("JPEG", "PNG", "WEBP")
_SIDE_LEAST_PX: Final = 64


def read(content: bytes) -> Picture | Refused:
    """The picture upright in RGB, at most SIDE_MOST_PX long, or a reason code."""
    if len(content) > BYTES_MOST:
        return Refused("photo_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a bomb is refused below, by our own limit
            return _read(content)
    except (UnidentifiedImageError, Image.DecompressionBombError) as fault:
        bomb = isinstance(fault, Image.DecompressionBombError)
        return Refused("photo_large" if bomb else "photo_broken")
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, IndexError, TypeError):
        return Refused("photo_broken")  # what decoders raise for what they cannot read


def _read(content: bytes) -> Picture | Refused:
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        if image.width * image.height > PIXELS_MOST:
            return Refused("photo_large")
        if min(image.size) < _SIDE_LEAST_PX:
            return Refused("face_small")
        image.draft("RGB", (SIDE_MOST_PX, SIDE_MOST_PX))  # JPEG: by eighths, while decoding
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((SIDE_MOST_PX, SIDE_MOST_PX), Image.Resampling.LANCZOS)
    return np.asarray(upright, np.uint8)
