"""Remote-only doors: what they may not be, refused where it is written; and candidates' words."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from devices import wiring
from devices.mistake import Mistake
from drivers.catalogue import open_strike
from drivers.relay_candidates import Candidate, read_candidates
from drivers.relay_urls import DIALECTS
from hub.acts.relays import Assigned, assign
from hub.acts.roster import RosterPart, load_part
from hub.core.errors import DomainError
from hub.core.remote_only import why_not
from hub.store import tables as t
from tests.unit.hub_bench import HubBench, hub_bench

DOOR: dict[str, Any] = {"id": "d-9", "device_id": "gate", "number": 9, "name": "Shed",
                        "kind": "building"}  # fmt: skip


async def load(bench: HubBench, **row: Any) -> None:
    await bench.hub.writer.submit(load_part, RosterPart("doors", [row], bench.hub.keys.mark))


def doors(bench: HubBench) -> dict[str, Any]:
    with bench.hub.engines.read.connect() as connection:
        return {row.id: row for row in connection.execute(select(t.doors)).all()}


async def says_no(bench: HubBench) -> None:
    with pytest.raises(DomainError, match="perimeter door needs a wired relay") as refusal:
        await load(bench, **(DOOR | {"kind": "perimeter", "remote_only": True}))
    assert (refusal.value.code, refusal.value.field) == ("remote_only", "doors")
    assert "d-9" not in doors(bench)
    await load(bench, **DOOR, remote_only=True)
    with pytest.raises(DomainError, match="d-9: a perimeter door"):
        await load(bench, id="d-9", kind="perimeter")  # also when only the other half is written
    assert doors(bench)["d-9"].kind == "building"
    with pytest.raises(DomainError, match="perimeter"):
        await bench.hub.writer.submit(assign, Assigned("back", "d-1", "tasmota"))
    assert not doors(bench)["d-1"].remote_only
    with pytest.raises(DomainError, match="door_unknown"):
        await bench.hub.writer.submit(assign, Assigned("back", "d-99", "tasmota"))
    assert await bench.hub.writer.submit(assign, Assigned("back", "d-2", "tasmota")) == "gate"
    assert doors(bench)["d-2"].remote_only


async def test_a_perimeter_door_is_never_remote_only(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await says_no(bench)


async def test_it_is_the_same_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    async with hub_bench(tmp_path, postgres_url) as bench:
        await says_no(bench)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, None),
        ({"passback": "off", "interlock": [], "two_person": False, "area_to": ""}, None),
        ({"kind": "perimeter"}, "perimeter"),
        ({"escape": True}, "escape"),
        ({"two_person": True}, "two_person"),
        ({"passback": "soft"}, "passback"),
        ({"interlock": [2]}, "interlock"),
        ({"area_from": "yard"}, "area_from"),
        ({"modes": [{"first_card": True}]}, "first_card"),
    ],
)
def test_what_a_remote_only_door_may_not_have(more: dict[str, Any], why: str | None) -> None:
    told = why_not({"kind": "building"} | more)
    assert (told is None) == (why is None)
    assert why is None or why in (told or "")


# --------------------------------------------------------------------------- the controller's side


class Radio:
    remote_only = True


@pytest.mark.parametrize("name", ["reader", "contact_input", "exit_input", "fire_input"])
def test_a_door_on_radio_has_no_way_out_that_hangs_on_it(name: str) -> None:
    with pytest.raises(Mistake, match=f"door 3 .* remote-only: it has no {name}"):
        wiring.check_remote_only(Radio(), {"number": 3, name: 1}, 3)
    wiring.check_remote_only(Radio(), {"number": 3}, 3)
    wiring.check_remote_only(object(), {"number": 3, name: 1}, 3)


def test_secrets_are_files_of_the_device_and_of_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "back-strike").write_text("s3cret")
    (tmp_path / "identity.json").write_text("{}")
    find = wiring.secrets_of(tmp_path)
    assert find("back-strike") == b"s3cret"
    for name in ("../identity.json", "", "/etc/passwd", "a/b"):
        with pytest.raises(Mistake, match="is no name"):
            find(name)
    with pytest.raises(Mistake, match="write it to"):
        find("absent")


def test_the_catalogue_names_the_missing_secret(tmp_path: Path) -> None:
    url = "tasmota+mqtt://back-strike@127.0.0.1:1/back?secret=absent"
    with pytest.raises(Mistake, match="write it to"):
        open_strike(url, wiring.secrets_of(tmp_path))


# --------------------------------------------------------------------------- candidates


def discovered(**body: Any) -> tuple[Candidate, ...]:
    return read_candidates("homeassistant/switch/x/y/config", json.dumps(body).encode())


def test_a_discovery_in_short_words_is_read() -> None:
    (found,) = discovered(**{"~": "porch/switch/strike", "cmd_t": "~/command", "name": "Strike"})
    assert found == Candidate(
        "esphome", "porch", "Strike", (("entity", "switch/strike"),), ("pulse_ms",)
    )


def test_a_discovery_of_a_whole_device_is_read() -> None:
    body = {"dev": {"ids": "1", "name": "Porch"},
            "cmps": {"a": {"p": "lock", "command_topic": "porch/lock/gate/command"},
                     "b": {"p": "sensor", "stat_t": "porch/sensor/x/state"}}}  # fmt: skip
    (found,) = read_candidates("homeassistant/device/porch/config", json.dumps(body).encode())
    assert (found.dialect, found.topic, found.name) == ("esphome", "porch", "Porch")
    assert found.settings == (("entity", "lock/gate"),)


def test_an_esp_rfid_board_is_known_by_its_maker() -> None:
    board = {"cmd_t": "rfid/cmd", "dev": {"ids": "x", "name": "board", "mf": "esp-rfid"}}
    raw = json.dumps(board).encode()
    (found,) = read_candidates("homeassistant/lock/board/config", raw)
    assert (found.dialect, found.topic, found.needs) == ("esprfid", "rfid", ("doorip", "pulse_ms"))
    board["dev"] = {"ids": "x", "name": "board", "mf": "somebody"}
    assert read_candidates("homeassistant/lock/board/config", json.dumps(board).encode()) == ()


@pytest.mark.parametrize(
    "body",
    [
        {"t": "x", "rl": [1], "ft": "%topic%/%prefix%/", "tp": ["cmnd", "stat", "tele"]},
        {"t": "x", "rl": [0, 2]},
        {"rl": [1]},
    ],
)
def test_a_tasmota_of_other_habits_is_no_candidate(body: dict[str, Any]) -> None:
    assert read_candidates("tasmota/discovery/A1/config", json.dumps(body).encode()) == ()


TOPICS = st.sampled_from(
    ["homeassistant/switch/x/config", "homeassistant/device/x/config", "shellies/announce",
     "homeassistant/lock/a/b/config", "tasmota/discovery/A1/config", "x"]
)  # fmt: skip
NAMES = st.sampled_from(
    ["cmd_t", "command_topic", "~", "dev", "device", "cmps", "components", "p", "platform",
     "name", "id", "gen", "t", "rl", "ft", "tp", "dn", "mf"]
)  # fmt: skip
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
    | st.sampled_from(["a/switch/b/command", "~/command", "x/cmd", "switch", "esp-rfid"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=15,
)  # fmt: skip


@given(TOPICS, st.binary(max_size=40) | ODD.map(lambda body: json.dumps(body).encode()))
def test_no_words_of_strangers_trip_us(topic: str, raw: bytes) -> None:
    for candidate in read_candidates(topic, raw):
        assert candidate.dialect in DIALECTS
        assert candidate.topic
        assert candidate.name.isprintable()


def test_long_and_deep_words_are_nothing() -> None:
    for raw in (b"[" * 20_000, b'{"id":"' + b"x" * 70_000 + b'"}'):
        assert read_candidates("shellies/announce", raw) == ()
