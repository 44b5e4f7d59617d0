"""Keys, old cards, paper, meters and plugs of the town's page, on a real town."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.demo_town import WAIT_S, Page

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("town")]  # one town for them all

ELDER, OLD, OLD_COPY, COPY = "p-shen-guifang", "card-old", "card-old-copy", "card-copy"
KEYPAD_DOOR, OLD_DOOR, STRICT_DOOR = "b1-u2", "gate-west", "b1-u1"
RIGHT, WRONG, FORCED = "302#582917#", "302#582910#", "302#582963#"
KINDS = {"reader", "keypad", "scanner", "board", "cable", "printer", "meters"}
LANGUAGES = {"zh-Hans", "zh-Hant", "en"}


def part(page: Page, name: str) -> dict[str, Any]:
    """A thing with a plug, as the town's document has it."""
    return next(each for each in page.town()["parts"] if each["id"] == name)


def opened(page: Page, mark: int) -> list[str]:
    """The doors whose coil came on since then."""
    return [sign["door"] for sign in page.since(mark, "door") if sign["coil"]]


# --- a keypad -------------------------------------------------------------------------------


def test_a_flat_with_its_pin_opens_and_a_wrong_pin_says_so(page: Page) -> None:
    page.shut(KEYPAD_DOOR)
    mark = page.mark()
    wrong = page.do("type", door=KEYPAD_DOOR, keys=WRONG)
    assert (wrong["outcome"], wrong["reason"], wrong["via"]) == ("refused", "pin_wrong", "pin")
    assert not opened(page, mark)
    right = page.do("type", door=KEYPAD_DOOR, keys=RIGHT)
    assert (right["outcome"], right["reason"]) == ("opened", "granted")
    assert page.wait(mark, "door") == {"door": KEYPAD_DOOR, "coil": True}
    entry = page.wait(mark, "journal", lambda entry: entry["outcome"] == "opened")
    assert (entry["via"], entry["person"]) == ("pin", "沈桂芳")
    page.wait(mark, "wire", lambda line: line["name"] == "OSDP KEYPAD")
    frames = [line for line in page.since(mark, "wire") if line["name"].startswith("OSDP")]
    assert frames[0]["line"]["from"]["en"] == "Building 1, unit 2's keypad"
    assert not any(b"582917".hex() in line["hex"] for line in frames)  # sealed on the line
    assert not [line for line in frames if line["name"] == "OSDP POLL"]


def test_a_pin_under_duress_opens_like_any(page: Page) -> None:
    page.shut(KEYPAD_DOOR)
    mark = page.mark()
    said = page.do("type", door=KEYPAD_DOOR, keys=FORCED)
    assert (said["outcome"], said["reason"]) == ("opened", "granted")
    page.wait(mark, "journal", lambda entry: entry["via"] == "pin")
    assert "duress" not in str(page.since(mark, "journal"))
    assert part(page, "b1-u2-keypad")["shown"] == {
        "claim": "302",
        "pin": "582917",
        "duress": "582963",
    }


@pytest.mark.parametrize(
    ("door", "keys", "code"),
    [
        ("gate-east", RIGHT, "no_keypad"),
        ("moon", RIGHT, "no_keypad"),
        (KEYPAD_DOOR, "582917#", "field_wrong"),
        (KEYPAD_DOOR, "302#582917", "field_wrong"),
        (KEYPAD_DOOR, "302#58a1#", "field_wrong"),
    ],
)
def test_what_cannot_be_typed_is_refused(page: Page, door: str, keys: str, code: str) -> None:
    assert page.ask("type", door=door, keys=keys).json()["code"] == code


# --- cards that anybody can copy --------------------------------------------------------------


def known(page: Page, card: str, door: str) -> dict[str, Any]:
    """Tap until the door has heard of the card: its sheet is taken in after the town woke up."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        page.shut(door)
        said = page.do("tap", card=card, reader=door)
        if said["reason"] != "credential_unknown":
            return said
    raise AssertionError(f"{door} never hears of {card}")


def test_an_old_card_opens_where_a_number_is_enough_and_so_does_its_copy(page: Page) -> None:
    for card in (OLD, OLD_COPY):
        said = known(page, card, OLD_DOOR)
        assert (said["outcome"], said["reason"]) == ("opened", "granted")
    mark = page.mark()
    said = known(page, OLD, STRICT_DOOR)
    assert (said["outcome"], said["reason"]) == ("refused", "assurance_low")
    assert not opened(page, mark)


def test_the_copy_of_a_card_with_keys_opens_not_even_there(page: Page) -> None:
    page.shut(OLD_DOOR)
    mark = page.mark()
    said = page.do("tap", card=COPY, reader=OLD_DOOR)
    assert (said["outcome"], said["reason"]) == ("refused", "credential_forged")
    assert not opened(page, mark)


# --- paper ------------------------------------------------------------------------------------


def test_a_paid_bill_comes_out_as_paper(page: Page) -> None:
    mark, before = page.mark(), part(page, "kiosk-1-printer")["shown"]["slips"]
    assert page.play(4)[-1]["state"] == "done"
    told = page.wait(mark, "part", lambda part: part["shown"].get("slips") == before + 1)
    picture = page.http.get("/api/slip")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.text.startswith("<svg ")
    assert "￥106.80" in told["shown"]["text"]
    number = page.town()["kiosk"]["receipt_number"]
    assert number in told["shown"]["text"]
    page.wait(mark, "wire", lambda line: line["name"].startswith("ESC/POS, "))


@pytest.mark.parametrize(
    ("harm", "cure", "ails", "says"),
    [
        ("paper_low", "new_roll", ["paper_low"], "low"),
        ("paper_out", "new_roll", ["paper_out"], "out"),
        ("jam", "unjam", ["jammed"], "stuck"),
        ("open_cover", "close_cover", ["cover_open"], "stuck"),
        ("unplug", "plug", ["unplugged"], "stuck"),
    ],
)
def test_the_kiosk_says_what_ails_its_printer(
    page: Page, harm: str, cure: str, ails: list[str], says: str
) -> None:
    mark = page.mark()
    told = page.do("hand", part="kiosk-1-printer", verb=harm)
    assert told["ails"] == ails
    assert cure in told["hands"]
    assert harm not in told["hands"]
    page.wait(mark, "kiosk", lambda now: now["paper"] == says)
    mark = page.mark()
    assert page.do("hand", part="kiosk-1-printer", verb=cure)["ails"] == []
    page.wait(mark, "kiosk", lambda now: now["paper"] == "ok")


# --- meters -----------------------------------------------------------------------------------


def meters(page: Page) -> dict[str, Any]:
    return {each["what"]: each for each in part(page, "meters-line")["shown"]["meters"]}


def test_what_a_meter_shows_is_read(page: Page) -> None:
    end = time.monotonic() + WAIT_S
    while not all(each["read"] for each in meters(page).values()):
        if time.monotonic() > end:
            pytest.fail("no meter was read")
        time.sleep(0.2)
    before = meters(page)
    assert before["power"]["unit"] == "kWh"
    page.do("hand", part="meters-line", verb="use_power")
    after = meters(page)
    assert float(after["power"]["register"]) == float(before["power"]["register"]) + 1.5
    assert after["water"]["register"] == before["water"]["register"]
    assert after["power"]["read"] == before["power"]["read"]  # until it is asked again


# --- plugs ------------------------------------------------------------------------------------


def test_everything_with_a_plug_is_told(page: Page) -> None:
    parts = page.town()["parts"]
    assert {each["kind"] for each in parts} == KINDS
    assert len({each["id"] for each in parts}) == len(parts) == 20
    assert all(set(each["name"]) == LANGUAGES for each in parts)
    assert all(each["plugged"] and "unplug" in each["hands"] for each in parts), parts


def settled(page: Page, fits: Callable[[dict[str, Any]], bool]) -> bool:
    """Wait until the wall stands so."""
    end = time.monotonic() + WAIT_S
    while not fits(page.town()["wall"]) and time.monotonic() < end:
        time.sleep(0.1)
    return fits(page.town()["wall"])


def troubles(wall: dict[str, Any], door: str) -> list[str]:
    """What the hub finds wrong with a door."""
    return [each["kind"] for each in wall["doors"][door]["troubles"]]


def test_a_pulled_reader_is_silent_and_told_and_comes_back(page: Page) -> None:
    mark = page.mark()
    told = page.do("hand", part="b2-u2-reader", verb="unplug")
    assert (told["plugged"], told["ails"], told["hands"]) == (False, ["unplugged"], ["plug"])
    assert page.ask("tap", card=ELDER, reader="b2-u2").json()["code"] == "unplugged"
    page.wait(mark, "journal", lambda entry: entry["reason"] == "reader_silent")
    page.wait(mark, "wall", lambda wall: troubles(wall, "b2-u2") == ["reader_silent"])
    page.do("hand", part="b2-u2-reader", verb="plug")
    page.wait(mark, "journal", lambda entry: entry["reason"] == "reader_back")
    assert settled(page, lambda wall: troubles(wall, "b2-u2") == [])
    entries = [e for e in page.since(mark, "journal") if e["reason"].startswith("reader_")]
    assert [entry["door"] for entry in entries] == ["b2-u2", "b2-u2"]


def test_a_pulled_keypad_forgets_what_was_typed_and_is_told(page: Page) -> None:
    mark = page.mark()
    page.do("hand", part="b1-u2-keypad", verb="unplug")
    assert page.ask("type", door=KEYPAD_DOOR, keys=RIGHT).json()["code"] == "unplugged"
    page.wait(mark, "journal", lambda entry: entry["reason"] == "reader_silent")
    page.do("hand", part="b1-u2-keypad", verb="plug")
    page.wait(mark, "journal", lambda entry: entry["reason"] == "reader_back")
    page.shut(KEYPAD_DOOR)
    assert page.do("type", door=KEYPAD_DOOR, keys=RIGHT)["outcome"] == "opened"


def test_a_pulled_scanner_reads_nothing(page: Page) -> None:
    page.do("hand", part="gate-east-scanner", verb="unplug")
    answer = page.ask("tap", card="pass-guest", reader="gate-east")
    assert answer.json()["code"] == "unplugged"
    assert page.do("hand", part="gate-east-scanner", verb="plug")["plugged"]


def test_a_pulled_relay_board_leaves_its_doors_unknown_on_the_wall(page: Page) -> None:
    mark = page.mark()
    page.do("hand", part="building-2-board", verb="unplug")
    page.wait(mark, "wall", lambda wall: wall["doors"]["b2-u1"]["contact"] == "unknown")
    assert page.town()["wall"]["doors"]["b1-u1"]["contact"] == "closed"
    mark = page.mark()
    page.do("hand", part="building-2-board", verb="plug")
    page.wait(mark, "wall", lambda wall: wall["doors"]["b2-u1"]["contact"] == "closed")


def test_a_pulled_network_cable_takes_one_controller_away_and_no_other(page: Page) -> None:
    mark = page.mark()
    page.do("hand", part="building-2-cable", verb="unplug")
    told = page.wait(mark, "wall", lambda wall: wall["devices"]["building-2"]["state"] != "ready")
    assert "device_silent" in told["devices"]["building-2"]["states"]
    assert told["devices"]["gate"]["state"] == told["devices"]["building-1"]["state"] == "ready"
    page.shut("b2-u1")
    assert page.do("tap", card="p-zheng-haiyan", reader="b2-u1")["outcome"] != "unknown"
    mark = page.mark()
    page.do("hand", part="building-2-cable", verb="plug")
    page.wait(mark, "wall", lambda wall: wall["devices"]["building-2"]["state"] == "ready")


@pytest.mark.parametrize(("name", "door"), [("gate-board", "gate-east"), ("b1-u2-keypad", "b1-u2")])
def test_an_opened_case_is_told_to_the_hub(page: Page, name: str, door: str) -> None:
    mark = page.mark()
    assert page.do("hand", part=name, verb="open_case")["ails"] == ["tampered"]
    entry = page.wait(mark, "journal", lambda entry: entry["reason"] == "tamper")
    assert entry["door"] == door
    page.wait(mark, "wall", lambda wall: "tamper" in troubles(wall, door))
    assert page.ask("hand", part=name, verb="open_case").json()["code"] == "not_now"
    assert page.do("hand", part=name, verb="close_case")["ails"] == []


def test_the_story_puts_everything_right_first(page: Page) -> None:
    page.do("hand", part="b1-u2-reader", verb="unplug")
    page.do("hand", part="kiosk-1-printer", verb="paper_out")
    assert page.play(1)[-1]["state"] == "done"
    assert not [each["id"] for each in page.town()["parts"] if each["ails"]]


def test_what_is_not_there_cannot_be_pulled(page: Page) -> None:
    assert page.ask("hand", part="moon", verb="unplug").json()["code"] == "not_found"
    assert page.ask("hand", part="hall-reader", verb="kick").json()["code"] == "not_now"
