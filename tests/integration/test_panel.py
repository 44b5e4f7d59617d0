"""The town's page on a real town: everything it shows has happened, and everything it can do."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from devices.reasons import REASONS
from drivers.framing import crc16_modbus
from drivers.mqtt_packets import head_of
from drivers.pn532 import CHIP, HOST, Message, Pn532Deframer
from simulators.phone import Phone
from tests.integration.demo_town import DemoProcess, Page, alive, family_of

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("town")]  # one town for them all

ELDER, CARER, STRANGER, COPY = "p-shen-guifang", "p-zheng-haiyan", "card-stranger", "card-copy"
NEIGHBOUR, GUEST, ALTERED = "p-chen-jing-1", "pass-guest", "pass-altered"
PRESSES = 4
DOORS = ("gate-east", "gate-west", "b1-u1", "b1-u2", "b2-u1", "b2-u2")
LANGUAGES = {"zh-Hans", "zh-Hant", "en"}


def beats(story: list[dict[str, Any]]) -> list[str]:
    """The beats of a step in their order."""
    return [now["beat"] for now in story if now["state"] == "playing" and now["beat"]]


def opened(page: Page, mark: int) -> list[str]:
    """The doors whose coil came on since then."""
    return [sign["door"] for sign in page.since(mark, "door") if sign["coil"]]


# --- the document ---------------------------------------------------------------------------


def test_the_town_is_told_whole(page: Page) -> None:
    town = page.town()
    assert [each["id"] for each in town["readers"] if each["kind"] == "door"] == list(DOORS)
    assert {each["id"] for each in town["readers"]} == {*DOORS, "hall", "kiosk"}
    assert all(each["id"] == each["place"] for each in town["readers"])
    assert all(set(each["name"]) == LANGUAGES for each in town["readers"])
    elder = next(each for each in town["people"] if each["id"] == ELDER)
    assert (elder["name"], elder["house"], elder["age"], elder["role"]) == (
        "沈桂芳", "1-2-302", 76, "elder",
    )  # fmt: skip
    assert elder["phone_doors"] == ["gate-east", "gate-west", "b1-u1", "b1-u2"]
    cast, cards = town["cast"], {each["id"]: each for each in town["cards"]}
    assert cards[cast["elder_card"]]["person"] == ELDER
    assert cast["elder_door"] in DOORS
    assert cast["shaker_door"] in DOORS
    assert {each["kind"] for each in cards.values()} == {
        "senior", "resident", "stranger", "old", "pass",
    }  # fmt: skip
    assert [each["id"] for each in town["readers"] if each["panel"]] == ["gate-east", "b1-u2"]
    carer = next(each for each in town["people"] if each["id"] == CARER)
    assert carer["phone_doors"] == list(DOORS)  # and so does the card that the story loses
    assert (cast["lost_card"], town["call"]) == (CARER, None)
    assert town["starting"] == []
    assert town["time_zone"] == "Asia/Shanghai"


def test_the_stream_begins_with_the_same_document(page: Page) -> None:
    first = next(body for kind, body in page.heard if kind != "beat")
    assert set(first) == set(page.town())


# --- hands ----------------------------------------------------------------------------------


def test_a_card_opens_its_door_and_every_sign_of_it_is_told(page: Page) -> None:
    page.shut("b1-u2")
    mark = page.mark()
    said = page.do("tap", card=ELDER, reader="b1-u2")
    assert (said["outcome"], said["reason"], said["via"]) == ("opened", "granted", "card")
    assert said["ms"] > 0
    assert page.wait(mark, "door") == {"door": "b1-u2", "coil": True}
    assert page.wait(mark, "said") == said
    entry = page.wait(mark, "journal")
    assert (entry["door"], entry["outcome"], entry["person"], entry["late"]) == (
        "b1-u2", "opened", "沈桂芳", False,
    )  # fmt: skip
    page.wait(mark, "door", lambda sign: sign == {"door": "b1-u2", "coil": False})


def test_the_lines_are_the_very_frames_that_passed(page: Page) -> None:
    page.shut("b1-u1")
    mark = page.mark()
    page.do("tap", card=ELDER, reader="b1-u1")
    page.wait(mark, "wire", lambda line: line["kind"] == "mqtt" and "/evt/ack" in line["name"])
    lines = page.since(mark, "wire")
    pulse = next(line for line in lines if "flash on" in line["name"])
    frame = bytes.fromhex(pulse["hex"])
    assert crc16_modbus(frame[:-2]) == frame[-2:]
    assert frame[1:3] == b"\x05\x02"  # write one coil, flash-on page
    assert pulse["words"]["en"] == "relay 1 on for 3 s"
    report = next(line for line in lines if line["name"].endswith("InListPassiveTarget reply"))
    assert report["dir"] == ">"  # the reader is the line's own end
    assert report["line"]["from"]["en"] == "Building 1, unit 1's reader"
    assert isinstance(Pn532Deframer(CHIP).feed(bytes.fromhex(report["hex"]))[0], Message)
    asked = next(line for line in lines if "part 1" in line["name"] and line["dir"] == "<")
    assert isinstance(Pn532Deframer(HOST).feed(bytes.fromhex(asked["hex"]))[0], Message)
    event = next(line for line in lines if line["name"].endswith("building-1/evt"))
    assert head_of(bytes.fromhex(event["hex"])).kind == "PUBLISH"
    numbers = [line["n"] for line in lines]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("card", "reason"), [(STRANGER, "credential_unknown"), (COPY, "credential_forged")]
)
def test_a_stranger_s_card_moves_nothing(page: Page, card: str, reason: str) -> None:
    page.shut("gate-east")
    mark = page.mark()
    said = page.do("tap", card=card, reader="gate-east")
    assert (said["outcome"], said["reason"], said["ms"]) == ("refused", reason, None)
    assert page.wait(mark, "journal", lambda entry: entry["reason"] == reason)
    assert not opened(page, mark)


def test_a_neighbour_of_the_other_building_stays_outside(page: Page) -> None:
    page.shut("b1-u1")
    mark = page.mark()
    said = page.do("tap", card="p-052", reader="b1-u1")
    assert said["outcome"] == "refused"
    assert not opened(page, mark)


def test_a_tap_in_the_activity_room_is_noted(page: Page) -> None:
    mark = page.mark()
    said = page.do("tap", card="p-002", reader="hall")
    assert (said["at"], said["outcome"], said["reason"]) == ("hall", "noted", "checked_in")
    entry = page.wait(mark, "journal", lambda entry: entry["door"] == "hall")
    assert (entry["outcome"], entry["reason"]) == ("noted", "checked_in")


def test_the_kiosk_lets_its_people_in_and_nobody_else(page: Page) -> None:
    mark = page.mark()
    for _ in range(2):  # the same card again is the same person
        assert page.do("tap", card=ELDER, reader="kiosk")["outcome"] == "noted"
    assert page.wait(mark, "kiosk")["state"] == "bills"
    refused = page.do("tap", card=COPY, reader="kiosk")
    assert (refused["outcome"], refused["reason"]) == ("refused", "card_session_refused")
    assert page.wait(mark, "said") == refused  # only the refusal is said at the kiosk


def test_a_shake_opens_and_its_copy_does_not(page: Page) -> None:
    page.shut("gate-east")
    said = page.do("shake", person=CARER, door="gate-east")
    assert (said["outcome"], said["via"]) == ("opened", "phone")
    assert said["ms"] > 0
    page.shut("gate-east")
    mark = page.mark()
    copied = page.do("copy")
    assert (copied["at"], copied["outcome"]) == ("gate-east", "refused")
    assert (copied["reason"], copied["via"]) == ("request_repeated", "copy")
    assert not opened(page, mark)
    request, answer = [line for line in page.since(mark, "wire") if line["kind"] == "http"]
    assert request["text"].startswith("POST /api/v1/openings HTTP/1.1\r\n")
    assert "linli-proof: " in request["text"].lower()
    assert bytes.fromhex(request["hex"]).decode() == request["text"]
    assert answer["words"] == REASONS["request_repeated"].words.as_dict()


def test_a_phone_may_not_open_another_building(page: Page) -> None:
    said = page.do("shake", person=NEIGHBOUR, door="b2-u1")
    assert (said["outcome"], said["reason"]) == ("refused", "person_unknown")


def test_a_cut_town_opens_and_tells_later_once(page: Page) -> None:
    page.shut("gate-west")
    mark = page.mark()
    assert page.do("net", cut=True) == {"cut": True}
    try:
        assert page.do("tap", card=ELDER, reader="gate-west")["outcome"] == "opened"
        assert page.do("tap", card=COPY, reader="gate-east")["outcome"] == "refused"
        gates = {entry["door"] for entry in page.since(mark, "journal")}
        assert "gate-west" not in gates
    finally:
        assert page.do("net", cut=False) == {"cut": False}
    page.wait(mark, "journal", lambda entry: entry["door"] == "gate-west" and entry["late"])
    page.wait(mark, "journal", lambda entry: entry["reason"] == "credential_forged")
    assert [sign["cut"] for sign in page.since(mark, "net")] == [True, False]
    late = [entry for entry in page.since(mark, "journal") if entry["door"] == "gate-west"]
    assert len(late) == 1


# --- guests ---------------------------------------------------------------------------------


def test_a_pass_opens_each_of_its_doors_once(page: Page) -> None:
    page.do("invite")
    for door in ("gate-east", "b1-u2"):
        page.shut(door)
        mark = page.mark()
        said = page.do("tap", card=GUEST, reader=door)
        assert (said["outcome"], said["via"], said["person"]) == ("opened", "pass", None)
        assert opened(page, mark) == [door]
        entry = page.wait(mark, "journal", lambda entry: entry["via"] == "pass")
        assert (entry["door"], entry["outcome"]) == (door, "opened")
        page.shut(door)
        mark = page.mark()
        again = page.do("tap", card=GUEST, reader=door)
        assert (again["outcome"], again["reason"]) == ("refused", "pass_used")
        assert not opened(page, mark)
    shown = [line for line in page.town()["wire"] if line["name"] == "a line of text"]
    assert shown[-1]["line"]["from"]["en"] == "Building 1, unit 2's scanner"
    assert shown[-1]["dir"] == ">"
    assert bytes.fromhex(shown[-1]["hex"]).endswith(b"\r\n")
    page.do("invite")
    assert page.do("tap", card=GUEST, reader="b1-u2")["outcome"] == "opened"


def test_an_altered_pass_moves_nothing(page: Page) -> None:
    page.shut("gate-east")
    mark = page.mark()
    said = page.do("tap", card=ALTERED, reader="gate-east")
    assert (said["outcome"], said["reason"]) == ("refused", "pass_forged")
    assert not opened(page, mark)


def test_a_pass_needs_no_hub_at_the_door(page: Page) -> None:
    page.do("invite")
    page.shut("b1-u2")
    mark = page.mark()
    page.do("net", cut=True)
    try:
        assert page.do("tap", card=GUEST, reader="b1-u2")["outcome"] == "opened"
        assert page.ask("ring", door="b1-u2").json()["code"] == "bell_unheard"
    finally:
        page.do("net", cut=False)
    page.wait(mark, "journal", lambda entry: (entry["via"], entry["late"]) == ("pass", True))


def rung(page: Page, door: str) -> Any:
    """Press until somebody hears: a controller that is not back yet from a cut tells of it late."""
    answer = page.ask("ring", door=door)
    for _ in range(PRESSES):
        if answer.json().get("code") != "bell_unheard":
            break
        answer = page.ask("ring", door=door)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_whoever_a_bell_rings_answers_and_opens(page: Page) -> None:
    assert page.ask("answer", answer="open").json()["code"] == "nobody_rings"
    for door, rings, via in (("b1-u2", ELDER, "phone"), ("gate-east", None, "staff")):
        page.shut(door)
        mark = page.mark()
        call = rung(page, door)
        assert (call["rings"], call["state"]) == (rings, "ringing")
        assert page.ask("ring", door=door).json()["code"] == "bell_rings"
        assert not opened(page, mark)  # a bell moves nothing
        page.do("answer", answer="open")
        assert page.wait(mark, "call", lambda told: told["now"]["state"] == "open")
        assert page.wait(mark, "said")["via"] == via
        assert opened(page, mark) == [door]
    page.do("ring", door="b1-u2")
    mark = page.mark()
    page.do("answer", answer="not_now")
    assert page.wait(mark, "call")["now"]["state"] == "not_now"
    assert page.ask("ring", door="b1-u2").json()["code"] == "bell_declined"
    assert not opened(page, mark)


# --- the pages beside it ----------------------------------------------------------------------


def sign_in_of(page: Page, kind: str) -> dict[str, str]:
    found = next(each for each in page.town()["pages"] if each["kind"] == kind)
    return {row["label"]["en"]: row["value"] for row in found["sign_in"]} | {"": found["href"]}


def test_a_code_on_the_page_brings_a_real_phone_in_and_is_renewed(page: Page) -> None:
    before = sign_in_of(page, "phone")
    code = before["One-time code of 沈桂芳"]

    async def enrol() -> int:
        async with httpx.AsyncClient(trust_env=False) as http:
            phone = Phone(before[""].removesuffix("/phone/"), http)
            return (await phone.enrol(code, "A phone from outside")).status

    mark = page.mark()
    assert asyncio.run(enrol()) == 201

    def renewed(town: dict[str, Any]) -> bool:
        codes = next(each for each in town["pages"] if each["kind"] == "phone")["sign_in"]
        return all(row["value"] != code for row in codes)

    page.wait(mark, "town", renewed)


def test_staff_sign_in_with_what_the_page_shows_and_reach_the_police_desk(page: Page) -> None:
    shown = sign_in_of(page, "console")
    mark = page.mark()
    base = shown[""].removesuffix("/console/") + "/api/v1"
    with httpx.Client(headers={"Linli-Client": "console"}, trust_env=False, timeout=30) as staff:
        known = {"name": shown["Name"], "password": shown["Password"]}
        known["otp"] = shown["Six-digit code"]
        answer = staff.post(f"{base}/staff/sign-in", json=known)
        assert answer.status_code == 200, answer.text
        entered = {"key": "ab" * 8, "kind": "forced", "door": "gate-west"}
        name = staff.post(f"{base}/incidents", json=entered).json()["id"]
        for step, body in (("take-up", None), ("confirm", {"seen": []})):
            answer = staff.post(f"{base}/incidents/{name}/{step}", json=body)
            assert answer.status_code == 200, answer.text
        alarm = page.wait(mark, "station")
        assert alarm["words"] == f"Nri0/RX{DOORS.index('gate-west') + 1:03}*SIMULATED BA*"
        assert (alarm["code"], alarm["zone"]) == ("RX", DOORS.index("gate-west") + 1)
        assert page.town()["station"][-1] == alarm


# --- who may ask ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Linli-Client": ""}, "client_header"),
        ({"Linli-Client": "console"}, "client_header"),
        ({"Host": "town.example:8400"}, "not_allowed"),
        ({"Origin": "http://evil.example"}, "not_allowed"),
        ({"Origin": "null"}, "not_allowed"),
    ],
)
def test_a_foreign_page_cannot_drive_the_town(
    page: Page, headers: dict[str, str], code: str
) -> None:
    answer = page.http.post("/api/net", json={"cut": True}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert page.town()["net"] == {"cut": False}


def test_a_rebound_name_reads_nothing(page: Page) -> None:
    answer = page.http.get("/api/town", headers={"Host": "rebound.example"})
    assert answer.status_code == 403
    assert "pages" not in answer.text


@pytest.mark.parametrize(
    ("verb", "body", "code"),
    [
        ("tap", b"{", "field_wrong"),
        ("tap", b"[]", "field_wrong"),
        ("tap", b'{"card":"p-shen-guifang"}', "field_wrong"),
        ("tap", b'{"card":"nobody","reader":"b1-u2"}', "not_found"),
        ("tap", b'{"card":"p-shen-guifang","reader":"moon"}', "not_found"),
        ("shake", b'{"person":"p-052","door":"b1-u2"}', "not_found"),
        ("shake", b'{"person":"p-zheng-haiyan","door":"moon"}', "door_unknown"),
        ("net", b'{"cut":1}', "field_wrong"),
        ("pay", b'{"person":"p-zheng-haiyan"}', "no_code"),
        ("story", b'{"action":"play","step":6}', "field_wrong"),
        ("tap", b'{"card":"pass-guest","reader":"gate-west"}', "no_scanner"),
        ("tap", b'{"card":"pass-guest","reader":"moon"}', "door_unknown"),
        ("ring", b'{"door":"gate-west"}', "no_bell"),
        ("ring", b'{"door":"moon"}', "door_unknown"),
        ("answer", b'{"answer":"perhaps"}', "field_wrong"),
        ("story", b'{"action":"play","step":true}', "field_wrong"),
        ("nothing", b"{}", "method_wrong"),
        ("tap", b" " * 20_000, "oversize"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    page: Page, verb: str, body: bytes, code: str
) -> None:
    answer = page.http.post(f"/api/{verb}", content=body)
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] == code


def test_every_answer_carries_the_strict_headers(page: Page) -> None:
    for path in ("/api/town", "/", "/nothing"):
        headers = page.http.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; img-src")
        assert headers["x-content-type-options"] == "nosniff"
    assert page.http.get("/api/town").headers["cache-control"] == "no-store"


# --- the story ----------------------------------------------------------------------------------


def test_the_story_is_told_by_facts(page: Page) -> None:
    first = page.play(1)
    assert beats(first) == ["tap", "opened"]
    assert first[-1]["state"] == "done"
    assert first[-1]["facts"]["ms"] > 0
    second = page.play(2)
    assert beats(second) == ["cut", "tap_cut", "opened_cut", "joined", "arrived"]
    assert second[-1]["facts"]["entries"] == 1
    assert second[-1]["facts"]["ms"] > 0
    third = page.play(3)
    assert beats(third) == ["shake", "shaken", "copy", "refused"]
    mark = page.mark()
    fourth = page.play(4)
    assert beats(fourth) == ["find", "code", "callback", "callback", "callback", "receipt"]
    assert fourth[-1]["facts"] == {"amount_fen": 10_680, "callbacks": 3, "receipts": 1}
    for _ in range(2):  # told again, the card was found meanwhile
        fifth = page.play(5)
        assert fifth[-1]["state"] == "done"
        told = list(dict.fromkeys(beats(fifth)))
        assert told == ["lost", "blocked", "gone", "found", "kept_out"]
        facts = fifth[-1]["facts"]
        assert (facts["gone"], facts["doors"]) == (6, 6)
        assert facts["seconds"] > 0
    kiosk = page.town()["kiosk"]
    assert (kiosk["callbacks"], kiosk["receipts"]) == (3, 1)
    paid = [line for line in page.since(mark, "wire") if line["kind"] == "pay"]
    assert [line["dir"] for line in paid] == [">", "<"] * 3
    assert paid[-1]["text"].startswith("HTTP/1.1 204 ")


def test_the_bill_can_be_told_again(page: Page) -> None:
    told = page.play(4)
    assert told[-1]["state"] == "done"
    assert told[-1]["facts"] == {"amount_fen": 10_680, "callbacks": 3, "receipts": 1}


def test_hands_are_off_while_the_story_plays_and_stopping_joins_the_network(page: Page) -> None:
    mark = page.mark()
    page.do("story", action="play", step=2)
    page.wait(mark, "net", lambda sign: sign["cut"])
    assert page.ask("tap", card=ELDER, reader="b1-u2").json()["code"] == "story_running"
    assert page.ask("net", cut=False).json()["code"] == "story_running"
    stopped = page.do("story", action="stop", step=0)
    assert (stopped["state"], stopped["step"]) == ("idle", 0)
    assert page.town()["net"] == {"cut": False}


# --- a new morning: the process stays, the town is another ------------------------------------


def test_a_reset_brings_the_morning_back(page: Page, process: DemoProcess) -> None:
    old = family_of(process.pid)
    mark = page.mark()
    page.do("net", cut=True)
    town = page.do("reset")
    assert town["ready"] is False
    assert len(town["starting"]) > 1
    assert page.ask("tap", card=ELDER, reader="b1-u2").json()["code"] == "town_starting"
    fresh = page.ready()
    assert not [pid for pid in old if alive(pid)]
    assert fresh["net"] == {"cut": False}
    assert (fresh["journal"], fresh["story"]["state"]) == ([], "idle")
    stages = [len(each["starting"]) for each in page.since(mark, "town") if not each["ready"]]
    assert stages == sorted(stages, reverse=True)
    assert page.ask("copy").json()["code"] == "nothing_to_copy"
    assert page.play(1)[-1]["state"] == "done"
    assert page.play(4)[-1]["facts"]["amount_fen"] == 10_680
