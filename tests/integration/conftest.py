"""The one town that the tests of its page share; it ends with the last test of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.demo_town import DemoProcess, Page, alive, demo, family_of


@pytest.fixture(scope="package")
def process() -> Iterator[DemoProcess]:
    """A `linli demo`; it must end as politely as it lived."""
    with demo() as running:
        yield running
        family = family_of(running.pid)
        assert alive(running.pid), running.told
        assert running.interrupt() == 0, running.told
        assert not any("Traceback" in line for line in running.told), running.told
        assert not [pid for pid in family if alive(pid)]


@pytest.fixture(scope="package")
def listening(process: DemoProcess) -> Iterator[Page]:
    """The page of that town, which hears everything from the first moment."""
    listening = Page(process)
    yield listening
    listening.close()


@pytest.fixture
def page(listening: Page) -> Page:
    """The page once the town can be driven, also after another test has begun it anew."""
    listening.ready()
    return listening
