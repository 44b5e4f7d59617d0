"""A page for each device, with all that somebody needs who buys one and screws it to a wall."""

import re
from pathlib import Path

import pytest

from drivers.addresses import SETTINGS
from drivers.catalogue import PCSC
from drivers.relay_urls import DIALECTS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PARTS = ("Buy", "Wiring", "URL", "Lights")
PAGES = {
    "cjt188": "meters.md",
    "dlt645": "meters.md",
    "escpos": "printer.md",
    "lcus": "relays.md",
    "modbus-relay": "relays.md",
    "osdp": "osdp.md",
    "pcsc": "nfc.md",
    "pn532": "nfc.md",
    "qr": "scanners.md",
    "rdm6300": "old-readers.md",
    "wiegand": "old-readers.md",
    **dict.fromkeys(DIALECTS, "homeassistant.md"),
}


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def test_every_protocol_has_its_page_and_the_index_names_it() -> None:
    assert set(PAGES) == {*SETTINGS, *DIALECTS, PCSC.partition(":")[0]}
    index = text_of("devices.md")
    for protocol, page in PAGES.items():
        row = next(line for line in index.split("\n") if re.match(rf"\| .*`{protocol}[+:`]", line))
        assert f"({page}" in row


@pytest.mark.parametrize("page", sorted({*PAGES.values(), "keep-your-doors.md"}))
def test_a_page_says_all_of_it(page: str) -> None:
    text = text_of(page)
    missing = [part for part in PARTS if f"**{part}**" not in text and f"## {part}\n" not in text]
    assert not missing
    proven = text.partition("What was proven")[2]
    assert re.search(r"touched", proven), "what was never touched in hardware"


@pytest.mark.parametrize(("protocol", "page"), sorted(PAGES.items()))
def test_a_page_shows_a_url_of_the_device_and_each_setting(protocol: str, page: str) -> None:
    text = text_of(page)
    assert re.search(rf"{protocol}(\+|://|`)", text)
    for setting in SETTINGS.get(protocol, set()) - {"parity", "log"}:
        assert re.search(rf"\b{setting}\b", text), setting


def test_links_between_pages_lead_somewhere() -> None:
    for page in DOCS.glob("*.md"):
        for target, _, place in re.findall(
            r"\]\(([a-z-]+\.md)(#([a-z0-9-]+))?\)", text_of(page.name)
        ):
            assert (DOCS / target).exists(), (page.name, target)
            heads = re.findall(r"(?m)^#+ (.*)$", text_of(target))
            anchors = {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}
            assert not place or place in anchors, (page.name, target, place)
