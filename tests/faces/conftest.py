"""One engine for all tests of faces, and pictures to look at."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hub.faces import engine, photo
from tests import services

PORTRAITS = ("obama.jpg", "obama2.jpg", "biden.jpg", "32bit.png")


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the network was converted once."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def eyes(site_folder: Path) -> engine.Engine:
    """The engine as a hub makes it."""
    return engine.make(site_folder)


def chip_of(picture: engine.Picture, eyes: engine.Engine) -> engine.Picture:
    """The largest face of a picture, cut out."""
    found = eyes.detector.find(picture) or eyes.detector.find(picture, 1)
    largest = max(found, key=lambda one: one.box.area)
    return eyes.aligner.chip(picture, eyes.aligner.points(picture, largest.box)[1])


def portraits() -> list[engine.Picture]:
    """Photographs beside the checkout, where they are."""
    found = []
    for name in PORTRAITS:
        try:
            picture = photo.read(services.shared_file(f"faces/{name}").read_bytes())
        except services.Absent:
            continue
        assert isinstance(picture, np.ndarray)
        found.append(picture)
    return found


@pytest.fixture(scope="session")
def as_file() -> Callable[[Image.Image], bytes]:
    """A picture as somebody would send it."""
    from io import BytesIO  # noqa: PLC0415

    def write(image: Image.Image, kind: str = "JPEG") -> bytes:
        out = BytesIO()
        image.save(out, kind, quality=92)
        return out.getvalue()

    return write
