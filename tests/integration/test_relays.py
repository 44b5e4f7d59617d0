"""A relay on MQTT given to a door: who may move it, who may hear it, what is listed."""

from pathlib import Path
from typing import Any

import pytest

from devices.identity import Identity
from devices.jws import b64
from drivers.catalogue import open_strike
from drivers.kinds import StrikeFault
from drivers.mqtt import BrokerAddress, BrokerRefused
from hub.foreign import find_candidates
from hub.gateways import broker_rules
from hub.gateways.broker import Kind
from hub.gateways.broker_rules import RelayRule
from simulators.ends.mqtt_relays import (
    EspHomeEnd,
    MqttRelayEnd,
    ShellyGen1End,
    ShellyGen2End,
    TasmotaEnd,
)
from tests.drivers.mqtt_peers import mosquitto
from tests.drivers.test_relay_mqtt import Wall
from tests.integration.brokers import HUB, KINDS, client, need, running
from tests.unit.hub_bench import HubBench, hub_bench

SITE = "anju"
RULE = RelayRule("back", "back-strike", ("cmnd/back/Power1", "cmnd/back/PulseTime1"),
                 ("stat/back/RESULT", "tele/back/LWT"))  # fmt: skip
# Columns: the relay, its strike, a door, the hub, Home Assistant. r reads, w writes.
TABLE = """
cmnd/back/Power1                       r- -w -- -- --
cmnd/back/PulseTime1                   r- -w -- -- --
cmnd/back/Restart1                     -- -- -- -- --
stat/back/RESULT                       -w r- -- -- --
tele/back/LWT                          -w r- -- -- --
cmnd/front/Power1                      -- -- -- -- --
linli/1/anju/back/$state               -- -- -- rw r-
linli/1/anju/back-strike/evt           -- -- -- rw --
linli/1/anju/hub-1/$state              -- -- r- rw r-
linli/1/anju/door-1/cmd                -- -- r- rw --
homeassistant/switch/back/config       -- -- -- rw --
homeassistant/status                   -- -- -- rw rw
"""
USERS = ("back", "back-strike", "door-1", HUB, "ha")
ROWS = [line.split() for line in TABLE.strip().splitlines()]


def wanted(user: str, right: str) -> set[str]:
    at = USERS.index(user) + 1
    return {row[0] for row in ROWS if right in row[at]}


@pytest.mark.parametrize("user", USERS)
def test_the_rules_say_what_the_table_says(user: str) -> None:
    rules = broker_rules.rules_of(SITE, [HUB], [RULE])
    topics = [row[0] for row in ROWS]
    assert {topic for topic in topics if rules.may_read(user, topic)} == wanted(user, "r")
    assert {topic for topic in topics if rules.may_write(user, topic)} == wanted(user, "w")


def test_relays_are_kept_as_they_are() -> None:
    assert broker_rules.read_relays(broker_rules.write_relays([RULE])) == (RULE,)
    assert broker_rules.read_relays("") == ()


@pytest.mark.parametrize("kind", KINDS)
async def test_brokers_let_one_controller_move_one_relay(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        secrets = {user: await broker.add_credential(user) for user in ("door-1", HUB, "ha")}
        secrets["back"], secrets["back-strike"] = await broker.add_relay(RULE)
        assert broker.relays() == (RULE,)
        async with (
            client(broker, "back", secrets["back"], *RULE.heard, "cmnd/#") as relay,
            client(broker, "back-strike", secrets["back-strike"], *RULE.said, "#") as strike,
        ):
            for topic in (*RULE.heard, "cmnd/back/Restart1"):
                relay.connection.publish(topic, b"to itself")
            for user in ("door-1", "ha", HUB):
                async with client(broker, user, secrets[user]) as other:
                    for topic in (*RULE.heard, "cmnd/back/Restart1"):
                        other.connection.publish(topic, user.encode())
                    await other.connection.flushed()
            strike.connection.publish("cmnd/back/Restart1", b"strike")
            strike.connection.publish(RULE.heard[0], b"strike")
            await relay.until_payload(b"strike")
            assert {(m.topic, m.payload) for m in relay.got} == {(RULE.heard[0], b"strike")}
            relay.connection.publish(RULE.said[0], b"relay")
            await strike.until_payload(b"relay")
            assert {m.topic for m in strike.got} == {RULE.said[0]}


# --------------------------------------------------------------------------- from hub to wall


async def assign(bench: HubBench, **more: Any) -> Any:
    token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
    body = {"id": "back", "door": "d-2", "dialect": "tasmota", "topic": "back"} | more
    return await bench.http.post("/api/v1/operator/relays", json=body, headers=token)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_door_opens_by_the_relay_that_was_given_to_it(kind: Kind, tmp_path: Path) -> None:
    need(kind)
    (tmp_path / "hub").mkdir()
    async with (
        running(tmp_path / "broker", kind) as broker,
        hub_bench(tmp_path / "hub") as bench,
    ):
        bench.hub.broker = broker
        answer = await assign(bench)
        assert answer.status_code == 200, answer.text
        given = answer.json()
        assert given["device"] == "gate"
        assert given["strike"]["secret"] not in given["url"]
        login = given["relay"]
        end = TasmotaEnd(
            BrokerAddress(login["host"], login["port"], login["user"], login["secret"]), "back"
        )
        await end.start()
        strike: Any = open_strike(given["url"], lambda _name: given["strike"]["secret"].encode())
        here = Wall(strike, end)
        await here.until(lambda: strike._online is True)
        await strike.pulse(0, 300)
        await here.until_off()
        assert here.levels() == [True, False]
        await strike.close()
        await end.close()


async def test_a_second_assignment_ends_the_first_and_topics_are_not_shared(
    tmp_path: Path, mosquitto_path: Path
) -> None:
    del mosquitto_path
    (tmp_path / "hub").mkdir()
    async with (
        running(tmp_path / "broker", "mosquitto") as broker,
        hub_bench(tmp_path / "hub") as bench,
    ):
        bench.hub.broker = broker
        first = (await assign(bench)).json()
        second = (await assign(bench)).json()
        assert first["strike"]["secret"] != second["strike"]["secret"]
        answer = await assign(bench, id="thief", door="d-2")
        assert (answer.status_code, answer.json()["code"]) == (422, "field_wrong")
        assert "this topic is back's" in answer.json()["detail"]
        wrong: list[dict[str, Any]] = [
            {"settings": ["ouputs=2"]}, {"settings": ["outputs"]}, {"topic": "a b"},
            {"topic": "a?secret=b"}, {"topic": "linli/1/liuxi/gate/cmd"},
        ]  # fmt: skip
        for more in wrong:
            answer = await assign(bench, id="other", **more)
            assert (answer.status_code, answer.json()["code"]) == (422, "field_wrong"), more
        strike: Any = open_strike(first["url"], lambda _name: first["strike"]["secret"].encode())
        with pytest.raises(StrikeFault):
            await strike.pulse(0, 300)
        await strike.close()


async def test_a_relay_that_is_taken_back_is_out_and_its_name_free(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    async with (
        running(tmp_path / "broker", "mosquitto") as broker,
        hub_bench(tmp_path / "hub") as bench,
    ):
        bench.hub.broker = broker
        given = (await assign(bench)).json()
        token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        public = Identity.make("back", "door").public
        device = {"device": "back", "kind": "door", "ed25519": b64(public.ed25519),
                  "x25519": b64(public.x25519), "fingerprint": public.fingerprint}  # fmt: skip
        adopt, remove = "/api/v1/operator/devices", "/api/v1/operator/relays/back/remove"
        answer = await bench.http.post(adopt, json=device, headers=token)
        assert answer.json()["field"] == "device"  # or a door would come in by the relay's rules
        assert (await bench.http.post(remove, headers=token)).status_code == 204
        assert broker.relays() == ()
        for login in (given["relay"], given["strike"]):
            with pytest.raises(BrokerRefused):
                async with client(broker, login["user"], login["secret"]):
                    pass
        assert (await bench.http.post(remove, headers=token)).json()["code"] == "not_found"
        assert (await bench.http.post(adopt, json=device, headers=token)).is_success


# --------------------------------------------------------------------------- candidates


async def test_candidates_are_named_and_nothing_moves(mosquitto_path: Path, tmp_path: Path) -> None:
    with mosquitto(mosquitto_path, tmp_path) as port:

        def at(user: str) -> BrokerAddress:
            return BrokerAddress("127.0.0.1", port, user)

        esphome = EspHomeEnd(at("e"), "porch", "switch/strike")
        tasmota = TasmotaEnd(at("t"), "tasmota_5F1", outputs=2)
        ends: list[MqttRelayEnd] = [
            esphome, tasmota, ShellyGen1End(at("s1"), "shelly1-A1B2C3"),
            ShellyGen2End(at("s2"), "shellyplus1-a1b2c3"),
        ]  # fmt: skip
        for end in ends:
            await end.start()
        esphome.announce()
        tasmota.announce()
        assert esphome._connection is not None
        await esphome._connection.flushed()
        found = await find_candidates(at("who"), 1.5)
        known = {(each["dialect"], each["topic"]): each for each in found}
        assert set(known) == {
            ("esphome", "porch"), ("tasmota", "tasmota_5F1"), ("shelly1", "shelly1-A1B2C3"),
            ("shelly2", "shellyplus1-a1b2c3"),
        }  # fmt: skip
        assert known["esphome", "porch"]["settings"] == {"entity": "switch/strike"}
        assert known["esphome", "porch"]["needs"] == ["pulse_ms"]
        assert known["tasmota", "tasmota_5F1"]["settings"] == {"outputs": "2"}
        assert all(each["adopted"] is False for each in found)
        assert all(end.output_log == [] for end in ends)
        for end in ends:
            await end.close()
