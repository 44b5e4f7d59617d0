"""The desk's camera in the console: a film before the browser, and the hub's engine judges."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from hub.faces import engine, enrol
from simulators.drawn import Pose, portrait
from tests import services
from tests.browser.conftest import DESK, Opener
from tests.browser.panel_faces import SIZE, before_a_camera, camera_of, write_film
from tests.browser.stub_faces import CONSENT, a_face, of
from tests.browser.stubs import StubHub

DRAWN = "drawn"


@pytest.fixture(params=[DRAWN, "faces/obama.jpg"])
def chromium(
    request: pytest.FixtureRequest,
    whole_chromium_path: Path,
    tmp_path: Path,
    shared_file: Callable[[str], Path],
) -> Iterator[Browser]:
    """A browser before whose camera somebody sits, in place of the run's own one."""
    if request.param == DRAWN:
        somebody = Image.new("RGB", SIZE, (178, 172, 160))
        somebody.paste(portrait(3, Pose(200)), (120, 40))  # to the lower edge, as people sit
    else:
        with Image.open(shared_file(request.param)) as found:
            somebody = found.convert("RGB")
    film = write_film(tmp_path / "desk.mjpeg", before_a_camera(somebody))
    allowed = "--use-fake-ui-for-media-stream"
    with services.browser(whole_chromium_path, *camera_of(film), allowed) as browser:
        yield browser


def test_a_photo_of_the_desk_s_camera_is_one_that_the_hub_takes(
    visit: Opener, hub: StubHub, address: str, tmp_path: Path
) -> None:
    hub.staff["老王"] = "correct horse battery"
    hub.sessions.add("s")
    faces = of(hub)
    faces.one = a_face(consent=CONSENT, missing=["photos", "days"])
    one = visit("/console/", view=DESK)
    one.context.add_cookies([{"name": "linli_session", "value": "s", "url": address}])
    one.go("/console/#/faces")
    one.page.reload()
    one.see("[data-person-desk] input[name=query]").fill("沈")
    one.page.keyboard.press("Enter")
    one.page.locator("[data-person] button").first.click()
    one.see("[data-face]")
    one.page.get_by_role("button", name="打开摄像头").click()
    while not one.page.evaluate("() => document.querySelector('video')?.videoWidth"):
        one.page.wait_for_timeout(20)  # a predicate of the page's own would need eval
    assert one.violations() == []
    one.page.get_by_role("button", name="拍一张").click()
    one.see("[data-photos='1']")
    with Image.open(io.BytesIO(faces.newest)) as taken:
        assert (taken.format, taken.size) == ("JPEG", SIZE)
    judged: Any = enrol.portrait(faces.newest, engine.make(tmp_path))
    assert isinstance(judged, enrol.Portrait), judged
    assert not judged.copied
    one.page.get_by_role("button", name="关摄像头").click()
    expect(one.page.locator("video")).to_have_count(0)
