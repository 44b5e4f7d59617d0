"""Who may read and write what, as a table: the rules themselves and what real brokers do."""

import contextlib
from pathlib import Path

import pytest

from drivers import mqtt
from drivers.mqtt import Will
from hub.gateways import broker_rules
from hub.gateways.broker import Kind, ManagedBroker, export_rules
from tests.integration.brokers import HUB, KINDS, SITE, Client, client, running

# Columns: the hub, the device door-1 itself, another device, Home Assistant. r reads, w writes.
TABLE = """
linli/1/anju/door-1/$state                      rw rw -- r-
linli/1/anju/door-1/$desc                       rw -w -- --
linli/1/anju/door-1/door/1/state                rw -w -- r-
linli/1/anju/door-1/evt                         rw -w -- --
linli/1/anju/door-1/alarm                       rw -w -- --
linli/1/anju/door-1/evt/ack                     rw r- -- --
linli/1/anju/door-1/cmd                         rw r- -- --
linli/1/anju/door-1/rsp                         rw -w -- --
linli/1/anju/door-1/time                        rw -w -- --
linli/1/anju/door-1/time/ok                     rw r- -- --
linli/1/anju/door-1/policy/want                 rw r- -- --
linli/1/anju/door-1/policy/delta                rw r- -- --
linli/1/anju/door-1/policy/snapshot/3           rw r- -- --
linli/1/anju/door-1/policy/have                 rw -w -- --
linli/1/anju/door-1/zone                        rw r- -- --
linli/1/anju/door-1/door/1/set                  rw -- -- --
linli/1/anju/door-1/anything/else               rw -- -- --
linli/1/anju/hub-1/$state                       rw r- r- r-
linli/1/anju/hub-1/keyset                       rw r- r- --
linli/1/anju/hub-1/endings                      rw r- r- --
linli/1/anju/hub-1/evt                          rw -- -- --
linli/1/anju/ha/door-1/door/1/set               rw -- -- rw
linli/1/anju/ha/door-1/door/1/event             rw -- -- r-
linli/1/anju/ha/door-1/door/1/state             rw -- -- r-
linli/1/anju/ha/door-1/door/1/tag               rw -- -- r-
linli/1/anju/ha/door-1/door/1/mode/set          rw -- -- r-
linli/1/anju/ha/$state                          rw -- -- --
linli/1/anju/ha/evt                             rw -- -- --
linli/1/anju/ha/policy/have                     rw -- -- --
linli/1/anju/ha/cmd                             rw -- -- r-
linli/1/anju/ha/door/door/1/set                 rw -- -- rw
homeassistant/status                            rw -- -- rw
homeassistant/device/linli_anju_door-1/config   rw -- -- r-
homeassistant/lock/somebody/config              rw -- -- --
linli/1/elsewhere/door-1/cmd                    -- -- -- --
linli/1/elsewhere/door-1/evt                    -- -- -- --
linli/2/anju/door-1/evt                         -- -- -- --
linli/1/anju/door-1                             rw -- -- --
"""
USERS = (HUB, "door-1", "door-2", "ha")
FENCE = f"linli/1/{SITE}/{HUB}/$state"  # everybody reads it, so what was before it has come

OWN = {  # what each may write in any case: what he said before it has been dealt with
    HUB: FENCE,
    "door-1": f"linli/1/{SITE}/door-1/evt",
    "door-2": f"linli/1/{SITE}/door-2/evt",
    "ha": "homeassistant/status",
}


def table() -> list[tuple[str, str, str]]:
    """(topic, user, rights) for each cell."""
    cells = []
    for line in TABLE.strip().splitlines():
        topic, *rights = line.split()
        cells += [(topic, user, right) for user, right in zip(USERS, rights, strict=True)]
    return cells


def wanted(user: str, right: str) -> set[str]:
    return {topic for topic, who, rights in table() if who == user and right in rights}


TOPICS = sorted({topic for topic, _user, _rights in table()})
VERSIONS: list[tuple[Kind, int]] = [("mosquitto", 5), ("mosquitto", 4), ("amqtt", 4)]


@pytest.mark.parametrize("user", USERS)
def test_the_rules_say_what_the_table_says(user: str) -> None:
    rules = broker_rules.rules_of(SITE, [HUB])
    assert {topic for topic in TOPICS if rules.may_read(user, topic)} == wanted(user, "r")
    assert {topic for topic in TOPICS if rules.may_write(user, topic)} == wanted(user, "w")


def test_our_own_look_at_the_broker_may_nothing() -> None:
    rules = broker_rules.rules_of(SITE, [HUB])
    own = [f"linli/1/{SITE}/{broker_rules.PROBE}/{leaf}" for leaf in ("evt", "$state", "cmd")]
    for topic in [*TOPICS, *own]:
        assert not rules.may_read(broker_rules.PROBE, topic)
        assert not rules.may_write(broker_rules.PROBE, topic)


def test_an_operator_gets_the_same_rules_for_several_hubs() -> None:
    text = export_rules(SITE, ["hub-1", "hub-2"])
    assert text.count("topic readwrite linli/1/anju/#") == 2
    assert "pattern read linli/1/anju/hub-2/keyset\n" in text
    assert "pattern write linli/1/anju/%u/evt\n" in text


async def everybody(broker: ManagedBroker) -> dict[str, str]:
    return {user: await broker.add_credential(user) for user in USERS}


def speak(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [v for v in mqtt.VERSIONS if int(v) == version]
    monkeypatch.setattr(mqtt, "VERSIONS", tuple(versions))


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
async def test_brokers_take_what_the_table_says(
    kind: Kind, version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proven by what the hub is sent; a denied message is named on MQTT 5, else just gone."""
    speak(version, monkeypatch)
    async with running(tmp_path, kind) as broker:
        secrets = await everybody(broker)
        async with client(broker, HUB, secrets[HUB], "linli/#", "homeassistant/#") as hub:
            for user in USERS:
                await writes_what_it_may(broker, user, secrets[user], hub)


async def writes_what_it_may(broker: ManagedBroker, user: str, secret: str, hub: Client) -> None:
    async with contextlib.AsyncExitStack() as stack:
        if user == HUB:
            writer = hub
        else:
            writer = await stack.enter_async_context(client(broker, user, secret))
        hub.got.clear()
        for topic in TOPICS:
            writer.connection.publish(topic, user.encode())
        await writer.connection.flushed()
        writer.connection.publish(OWN[user], b"fence")
        await hub.until_payload(b"fence")
        arrived = {message.topic for message in hub.got if message.payload == user.encode()}
        assert arrived == wanted(user, "w"), user
        refused = {topic for topic, _why in writer.refused}
        if writer.connection.version == 5:
            assert refused == set(TOPICS) - wanted(user, "w"), user
            assert {why for _topic, why in writer.refused} <= {"Not authorized"}
        else:
            assert refused == set()


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
@pytest.mark.parametrize("retain", [False, True], ids=["live", "retained"])
async def test_brokers_hand_out_what_the_table_says(
    kind: Kind, version: int, retain: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each user asks for everything; retained: it is there before he comes."""
    speak(version, monkeypatch)
    async with running(tmp_path, kind) as broker:
        secrets = await everybody(broker)
        async with client(broker, HUB, secrets[HUB], "linli/#", "homeassistant/#") as hub:
            for user in USERS[1:]:
                await reads_what_it_may(broker, user, secrets[user], hub, retain=retain)


async def reads_what_it_may(
    broker: ManagedBroker, user: str, secret: str, hub: Client, *, retain: bool
) -> None:
    told = f"for {user}".encode()
    if retain:
        for topic in TOPICS:
            hub.connection.publish(topic, told, retain=True)
        await hub.connection.flushed()
    async with client(broker, user, secret, "#", *TOPICS) as reader:
        if not retain:
            for topic in TOPICS:
                hub.connection.publish(topic, told)
        hub.connection.publish(FENCE, b"fence")
        await reader.until_payload(b"fence")
        # What was stored may come after the fence; what has come by then is not less than allowed.
        for topic in wanted(user, "r"):
            await reader.until_is(topic, told)
        hub.connection.publish(FENCE, b"last")
        await reader.until_payload(b"last")
        assert {m.topic for m in reader.got if m.payload == told} == wanted(user, "r"), user


@pytest.mark.parametrize("kind", KINDS)
async def test_strangers_do_not_come_in(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        await broker.add_credential("door-1")
        anonymous = mqtt.BrokerAddress(broker.host, broker.port)
        for address in (
            anonymous,
            broker.address("door-1", "wrong"),
            broker.address("door-1", ""),
            broker.address("door-9", "unknown"),
            broker.address("", ""),
        ):
            with pytest.raises(mqtt.BrokerRefused):
                await mqtt.connect(
                    address, client_id="door-1", will=None, on_message=lambda _m: None
                )


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stranger_disturbs_nobody(kind: Kind, tmp_path: Path) -> None:
    """Not with the client id of another, nor with a wrong secret for it."""
    async with running(tmp_path, kind) as broker:
        secrets = await everybody(broker)
        hub_reads = f"linli/1/{SITE}/door-1/evt"
        async with (
            client(broker, HUB, secrets[HUB], hub_reads) as hub,
            client(broker, "door-1", secrets["door-1"], f"linli/1/{SITE}/door-1/cmd") as door,
        ):
            with contextlib.suppress(mqtt.BrokerRefused):
                async with client(broker, "door-2", secrets["door-2"], client_id="door-1"):
                    pass
            with pytest.raises(mqtt.BrokerRefused):
                async with client(broker, "door-1", "wrong"):
                    pass
            hub.connection.publish(f"linli/1/{SITE}/door-1/cmd", b"still?")
            await door.until_payload(b"still?")
            door.connection.publish(hub_reads, b"still")
            await hub.until_payload(b"still")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_will_is_under_the_rules_too(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        secrets = await everybody(broker)
        async with client(broker, HUB, secrets[HUB], f"linli/1/{SITE}/+/$state") as hub:
            with contextlib.suppress(mqtt.BrokerRefused):
                async with client(
                    broker, "door-2", secrets["door-2"],
                    will=Will(f"linli/1/{SITE}/door-1/$state", b"forged"),
                ) as forger:  # fmt: skip
                    forger.connection.abort()
            async with client(
                broker, "door-1", secrets["door-1"],
                will=Will(f"linli/1/{SITE}/door-1/$state", b"lost"),
            ) as door:  # fmt: skip
                door.connection.abort()
            await hub.until_payload(b"lost")
            assert [message.payload for message in hub.got] == [b"lost"]
