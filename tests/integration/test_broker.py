"""The hub's own broker: its life, its credentials, and what it says when it fails."""

import asyncio
import contextlib
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from drivers import mqtt
from drivers.mqtt import Will
from drivers.mqtt_packets import PACKET_MOST_BYTES
from hub.gateways import broker as broker_module
from hub.gateways import broker_rules
from hub.gateways.broker import BrokerFailed, Kind, ManagedBroker
from tests import services
from tests.integration.brokers import HUB, KINDS, SITE, WAIT_S, client, need, running

CMD = f"linli/1/{SITE}/door-1/cmd"
EVT = f"linli/1/{SITE}/door-1/evt"
STATE = f"linli/1/{SITE}/door-1/$state"


# --- life ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_hub_and_door_talk_through_it(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        hub_secret = await broker.add_credential(HUB)
        door_secret = await broker.add_credential("door-1")
        async with (
            client(broker, HUB, hub_secret, f"linli/1/{SITE}/#") as hub,
            client(broker, "door-1", door_secret, CMD, STATE) as door,
        ):
            assert hub.connection.version == (5 if kind == "mosquitto" else 4)
            hub.connection.publish(CMD, b"open", expiry_s=5)
            await door.until_is(CMD, b"open")
            door.connection.publish(EVT, b"opened")
            await hub.until_is(EVT, b"opened")
            big = bytes(200_000)
            hub.connection.publish(CMD, big)
            await door.until_is(CMD, big)


@pytest.mark.parametrize("kind", KINDS)
async def test_its_files_are_for_itself_alone(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        secret = await broker.add_credential("door-1")
        files = list((tmp_path / "broker").iterdir())
        assert len(files) >= 3
        for file in files:
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
            assert secret not in file.read_text("utf-8")
        assert stat.S_IMODE((tmp_path / "broker").stat().st_mode) == 0o700


async def test_mosquitto_is_not_root(tmp_path: Path) -> None:
    async with running(tmp_path, "mosquitto") as broker:
        owner = pwd.getpwuid(Path(f"/proc/{broker.pid}").stat().st_uid)
        us = pwd.getpwuid(os.geteuid())
        assert owner == (pwd.getpwnam("mosquitto") if us.pw_uid == 0 else us)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_killed_broker_is_started_again(kind: Kind, tmp_path: Path) -> None:
    states: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
    async with running(tmp_path, kind, on_state=lambda *s: states.put_nowait(s)) as broker:
        secret = await broker.add_credential("door-1")
        assert await states.get() == (True, "started")
        before = broker.pid
        assert before is not None
        os.kill(before, signal.SIGKILL)
        async with asyncio.timeout(WAIT_S):
            online, why = await states.get()
            assert not online
            assert "ended with -9" in why
            assert await states.get() == (True, "started again")
        assert broker.pid not in (None, before)
        async with client(broker, "door-1", secret):
            pass
        await broker.restart()
        async with client(broker, "door-1", secret):
            pass


@pytest.mark.parametrize("kind", KINDS)
def test_it_dies_with_a_hub_that_is_killed(kind: Kind, tmp_path: Path) -> None:
    need(kind)
    program = f"""
import asyncio
from pathlib import Path
from hub.gateways.broker import ManagedBroker
async def main():
    broker = ManagedBroker(Path({str(tmp_path)!r}), {services.free_port()}, site="anju",
                           hub="hub-1", kind={kind!r})
    await broker.start()
    print(broker.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    hub = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=services.ROOT, text=True
    )
    assert hub.stdout is not None
    with hub, hub.stdout:
        pid = int(hub.stdout.readline())
        os.kill(pid, 0)
        hub.kill()
    until = time.monotonic() + WAIT_S
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}").exists()


async def test_a_listener_that_fails_does_not_leave_it_unwatched(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: asyncio.Queue[bool] = asyncio.Queue()

    def fails(online: bool, why: str) -> None:
        told.put_nowait(online)
        raise ZeroDivisionError

    async with running(tmp_path, "mosquitto", on_state=fails) as broker:
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        async with asyncio.timeout(WAIT_S):
            assert [await told.get() for _ in range(3)] == [True, False, True]
    assert "on_state failed" in caplog.text


async def test_stopping_while_it_comes_back_leaves_nothing(tmp_path: Path) -> None:
    gone = asyncio.Event()
    async with running(tmp_path, "mosquitto", on_state=lambda *_: gone.set()) as broker:
        gone.clear()
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        await gone.wait()
    assert broker.pid is None


# --- failing in words ------------------------------------------------------------------------


async def test_a_taken_port_is_said_and_nothing_is_overwritten(tmp_path: Path) -> None:
    async with running(tmp_path, "mosquitto") as broker:
        secret = await broker.add_credential("door-1")
        before = files_of(tmp_path)
        second = ManagedBroker(tmp_path, broker.port, site=SITE, hub=HUB, kind="mosquitto")
        with pytest.raises(BrokerFailed) as failure:
            await second.start()
        assert f"port {broker.port} is taken" in str(failure.value)
        assert "\n" not in str(failure.value)
        assert files_of(tmp_path) == before
        async with client(broker, "door-1", secret):
            pass


def files_of(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in (folder / "broker").iterdir()}


async def test_no_broker_on_the_machine_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "_mosquitto", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    broker = ManagedBroker(tmp_path, services.free_port(), site=SITE, hub=HUB)
    assert broker.kind == "amqtt"
    with pytest.raises(BrokerFailed, match="apt install mosquitto"):
        await broker.start()
    with pytest.raises(BrokerFailed, match="apt install mosquitto"):
        await ManagedBroker(
            tmp_path, services.free_port(), site=SITE, hub=HUB, kind="mosquitto"
        ).start()


async def test_a_broker_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    need("mosquitto")
    broker = ManagedBroker(tmp_path, services.free_port(), site=SITE, hub=HUB, kind="mosquitto")
    broker._mosquitto_conf = lambda: "nonsense 1\n"  # type: ignore[method-assign]
    with pytest.raises(BrokerFailed, match="nonsense"):
        await broker.start()
    assert broker.pid is None


async def test_the_log_does_not_grow_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "LOG_MOST_BYTES", 10)
    async with running(tmp_path, "mosquitto") as broker:
        for _ in range(3):
            (tmp_path / "broker" / "log").write_text("x" * 20, "ascii")
            await broker.restart()
        assert (tmp_path / "broker" / "log.1").read_text("ascii") == "x" * 20
        assert "x" not in (tmp_path / "broker" / "log").read_text("ascii")


async def test_the_log_is_kept_short_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "LOG_MOST_BYTES", 10)
    monkeypatch.setattr(broker_module, "LOG_LOOK_EVERY_S", 0.01)
    async with running(tmp_path, "mosquitto") as broker:
        with (tmp_path / "broker" / "log").open("a", encoding="ascii") as log:
            log.write("y" * 20)
        async with asyncio.timeout(WAIT_S):
            while not (tmp_path / "broker" / "log.1").exists():  # noqa: ASYNC110 (its own pace)
                await asyncio.sleep(0.01)
        secret = await broker.add_credential("door-1")
        async with client(broker, "door-1", secret):
            pass


async def test_ctrl_c_is_not_for_the_broker(tmp_path: Path) -> None:
    async with running(tmp_path, "mosquitto") as broker:
        assert broker.pid is not None
        assert os.getpgid(broker.pid) != os.getpgid(0)


# --- credentials -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_a_new_credential_holds_at_once_and_drops_nobody(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        first = await broker.add_credential("door-1")
        async with client(broker, "door-1", first, CMD) as door:
            for number in range(2, 5):
                secret = await broker.add_credential(f"door-{number}")
                async with client(broker, f"door-{number}", secret):
                    pass
            hub_secret = await broker.add_credential(HUB)
            async with client(broker, HUB, hub_secret) as hub:
                hub.connection.publish(CMD, b"still there")
                await door.until_payload(b"still there")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_removed_credential_ends_its_connection(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        hub_secret = await broker.add_credential(HUB)
        secret = await broker.add_credential("door-1")
        async with (
            client(broker, HUB, hub_secret, STATE) as hub,
            client(broker, "door-1", secret, will=Will(STATE, b"lost")) as door,
        ):
            await broker.remove_credential("door-1")
            async with asyncio.timeout(WAIT_S):
                assert await door.connection.closed()
            with pytest.raises(mqtt.BrokerRefused):
                async with client(broker, "door-1", secret):
                    pass
            hub.connection.publish(f"linli/1/{SITE}/{HUB}/x", b"")
            await hub.connection.flushed()
            assert hub.got == []  # the hub did it and need not be told
            await broker.remove_credential("door-1")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_renewed_credential_ends_the_old_one(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        old = await broker.add_credential("door-1")
        async with client(broker, "door-1", old) as door:
            new = await broker.add_credential("door-1")
            async with asyncio.timeout(WAIT_S):
                assert await door.connection.closed()
        with pytest.raises(mqtt.BrokerRefused):
            async with client(broker, "door-1", old):
                pass
        async with client(broker, "door-1", new):
            pass


async def test_credentials_outlive_the_process_and_may_be_made_before_it(tmp_path: Path) -> None:
    need("mosquitto")
    broker = ManagedBroker(tmp_path, services.free_port(), site=SITE, hub=HUB, kind="mosquitto")
    secret = await broker.add_credential("door-1")
    async with running(tmp_path, "mosquitto") as started, client(started, "door-1", secret):
        pass
    async with running(tmp_path, "amqtt") as other, client(other, "door-1", secret):
        pass  # the same files


@pytest.mark.parametrize("user", ["", "_probe", "a b", "a:b", "a\nb", "#", "+", "Door-1", "x" * 64])
async def test_only_ids_become_users(user: str, tmp_path: Path) -> None:
    broker = ManagedBroker(tmp_path, 1, site=SITE, hub=HUB, kind="mosquitto")
    with pytest.raises(ValueError, match="no id"):
        await broker.add_credential(user)


def test_our_hash_is_mosquittos_hash(tmp_path: Path, mosquitto_path: Path) -> None:
    program = services.find("mosquitto_passwd", "mosquitto", "mosquitto_passwd")
    file = tmp_path / "passwords"
    secret = broker_rules.new_secret()
    subprocess.run([program, "-b", "-c", file, "door-1", secret], check=True, capture_output=True)
    line = broker_rules.read_passwords(file.read_text("ascii"))["door-1"]
    assert broker_rules.fits(line, secret)
    assert not broker_rules.fits(line, secret + "x")
    _, kind, rounds, salt, digest = line.split("$")
    _, our_kind, our_rounds, our_salt, our_digest = broker_rules.hashed(secret).split("$")
    assert (our_kind, our_rounds) == (kind, rounds)
    assert (len(our_salt), len(our_digest)) == (len(salt), len(digest))
    for broken in ("", "$", "$7$x$y$z", "$6$101$AA==$AA==", "plain"):
        assert not broker_rules.fits(broken, secret)


# --- what the last resort must do, and what it does not --------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_a_broken_connection_speaks_the_will(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        hub_secret = await broker.add_credential(HUB)
        secret = await broker.add_credential("door-1")
        async with client(broker, HUB, hub_secret, STATE) as hub:
            async with client(broker, "door-1", secret, will=Will(STATE, b"lost")) as door:
                door.connection.abort()
            await hub.until_is(STATE, b"lost")
        async with client(broker, HUB, hub_secret, STATE) as later:
            assert (await later.until_is(STATE, b"lost")).retain


@pytest.mark.parametrize("kind", KINDS)
async def test_a_line_that_falls_silent_speaks_the_will(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        hub_secret = await broker.add_credential(HUB)
        secret = await broker.add_credential("door-1")
        async with client(broker, HUB, hub_secret, STATE) as hub:
            door = await mqtt.connect(
                broker.address("door-1", secret),
                client_id="door-1",
                will=Will(STATE, b"lost"),
                on_message=lambda _m: None,
                keepalive_s=1,
            )
            assert door._timer is not None
            door._timer.cancel()  # no ping leaves any more
            await hub.until_is(STATE, b"lost")
            await door.closed()
            await door.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_is_handed_what_he_did_not_ask_for(kind: Kind, tmp_path: Path) -> None:
    async with running(tmp_path, kind) as broker:
        hub_secret = await broker.add_credential(HUB)
        secret = await broker.add_credential("door-1")
        async with client(broker, HUB, hub_secret, f"linli/1/{SITE}/#") as hub:
            hub.connection.publish(f"linli/1/{SITE}/door-1/policy/want", b"w", retain=True)
            hub.connection.publish(f"linli/1/{SITE}/door-1/zone", b"z", retain=True)
            await hub.until_payload(b"z")
            async with client(broker, "door-1", secret, f"linli/1/{SITE}/door-1/zone") as door:
                await door.until_payload(b"z")
                hub.connection.publish(f"linli/1/{SITE}/door-1/zone", b"end")
                await door.until_payload(b"end")
                assert [message.payload for message in door.got] == [b"z", b"end"]


async def test_mosquitto_refuses_what_is_too_long(tmp_path: Path) -> None:
    async with running(tmp_path, "mosquitto") as broker:
        secret = await broker.add_credential("door-1")
        with socket.create_connection((broker.host, broker.port)) as raw:
            raw.settimeout(WAIT_S)
            raw.sendall(connect_packet("door-1", secret))
            assert raw.recv(64) == bytes((0x20, 2, 0, 0))
            raw.sendall(publish_packet(PACKET_MOST_BYTES))
            assert raw.recv(64) == bytes((0x40, 2, 0, 1))
            with contextlib.suppress(ConnectionError):
                raw.sendall(publish_packet(PACKET_MOST_BYTES + 6))  # it counts without the head
            assert received(raw) == b""


def publish_packet(length: int) -> bytes:
    """A PUBLISH of MQTT 3.1.1 at QoS 1, this long in all."""
    head = len(EVT).to_bytes(2, "big") + EVT.encode() + b"\0\1"
    left = length - 5
    sizes = bytes((left >> 7 * n & 0x7F) | (0x80 if n < 3 else 0) for n in range(4))
    return b"\x32" + sizes + head + bytes(left - len(head))


def connect_packet(user: str, secret: str) -> bytes:
    """A CONNECT of MQTT 3.1.1."""
    parts = [text.encode() for text in (user, user, secret)]
    body = b"\0\4MQTT\4\xc2\0\0" + b"".join(len(p).to_bytes(2, "big") + p for p in parts)
    return bytes((0x10, len(body))) + body


def received(raw: socket.socket) -> bytes:
    try:
        return raw.recv(64)
    except ConnectionError:
        return b""
