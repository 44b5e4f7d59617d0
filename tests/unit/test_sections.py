"""What the named sections of hub.toml refuse alike, and what a camera's refuses of its own."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from hub.core.cameras import CAMERAS_MAX, CameraSettings, read_cameras
from hub.core.outlets import OUTLETS_MAX, read_outlets
from hub.core.stations import STATIONS_MAX, read_stations

CAMERA = {"door": "d-1", "kind": "film", "address": "rtsp://camera.invalid/1"}
OUTLET = {"kind": "webhook", "url": "https://robot.invalid/x"}
STATION = {"kind": "dc09", "url": "dc09+tls://desk.invalid:8472", "account": "1234"}
Read = Callable[[Mapping[str, Any]], Mapping[str, Any]]
EVERY: list[tuple[Read, dict[str, Any], int]] = [
    (read_cameras, CAMERA, CAMERAS_MAX),
    (read_outlets, OUTLET, OUTLETS_MAX),
    (read_stations, STATION, STATIONS_MAX),
]


@pytest.mark.parametrize(("read", "fits", "most"), EVERY)
def test_each_kind_of_section_is_bounded_named_and_known(
    read: Read, fits: dict[str, Any], most: int
) -> None:
    full = {f"n-{number}": fits for number in range(most)}
    assert list(read(full)) == list(full)
    with pytest.raises(ValueError, match=f"at most {most}"):
        read({**full, "one-more": fits})
    for name in ("", "-a", "A", "a_b", "a" * 25, "a\n"):
        with pytest.raises(ValueError, match="a name is small letters"):
            read({name: fits})
    for values in ("text", 3, [fits]):
        with pytest.raises(ValueError, match="below it"):
            read({"one": values})
    with pytest.raises(ValueError, match=re.escape("colour in [") + r"\w+\.one] is unknown"):
        read({"one": {**fits, "colour": "red"}})
    with pytest.raises(ValueError, match=r"kind in .* is a text"):
        read({"one": {**fits, "kind": 3}})


def test_no_outlet_is_called_console() -> None:
    with pytest.raises(ValueError, match="a name is small letters"):
        read_outlets({"console": OUTLET})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"door": ""}, "hangs at a door"),
        ({"kind": "fax"}, "is one of film, snapshots, pushed"),
        ({"tailgating": "yes"}, "true or false"),
        ({"address": ""}, "write address, or secret"),
        ({"secret": "gate-camera"}, "not both"),
        ({"address": "", "secret": "../keys/root"}, "not both"),
        ({"address": "rtsp://who:word@camera.invalid/1"}, "stands in a file"),
        ({"kind": "pushed"}, "has no address"),
        ({"kind": "snapshots"}, "begins with"),
    ],
)
def test_a_camera_that_cannot_be_is_refused_without_its_address(
    wrong: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        read_cameras({"gate": {**CAMERA, **wrong}})
    assert "word" not in str(refused.value).replace("password", "")


def test_a_camera_is_read() -> None:
    found = read_cameras({"gate": {**CAMERA, "tailgating": True}})
    assert found == {"gate": CameraSettings("d-1", "film", CAMERA["address"], tailgating=True)}
    hidden = read_cameras({"gate": {"door": "d-1", "kind": "film", "secret": "gate-camera"}})
    assert (hidden["gate"].address, hidden["gate"].secret) == ("", "gate-camera")
    assert CAMERA["address"] not in repr(found)
