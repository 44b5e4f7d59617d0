"""The broker that the hub starts, feeds and watches; or the address of one it is given.

Mosquitto wherever it is installed; amqtt, on loopback only, where there is none. Credentials and
access rules are files of this hub, read again by the broker on SIGHUP without losing a connection.
"""

import asyncio
import contextlib
import importlib.util
import ipaddress
import json
import logging
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

from devices import wire
from drivers import mqtt
from drivers.mqtt_packets import PACKET_MOST_BYTES
from drivers.reconnect import Backoff
from hub.gateways import broker_child, broker_rules

READY_MOST_S: Final = 10.0  # mosquitto needs 50 ms, amqtt half a second; a loaded Pi ten times that
RELOAD_MOST_S: Final = 5.0  # a signal and a file; the rest is a loaded machine
STOP_MOST_S: Final = 3.0  # mosquitto stops at once; then it is killed
LOOK_EVERY_S: Final = 0.02  # how often readiness is tried
LOG_MOST_BYTES: Final = 4 << 20  # one older log is kept: 8 MiB of disk in all
LOG_LOOK_EVERY_S: Final = 60.0  # a stranger who knocks writes 10 KiB in this time
WORDS_MOST_BYTES: Final = 300  # of a log in one line of ours
CONNECTIONS_MOST: Final = 4_000  # 300 doors of an estate, a thousand simulated ones, and spare
# for one client that reads slowly; the hub is one, when a thousand doors come back at once with
# state, receipt, outputs and the night's events (at 1,000 messages the rest was dropped: measured)
QUEUED_MOST_MESSAGES: Final = 100_000
QUEUED_MOST_BYTES: Final = 64 << 20  # an eighth of what the broker may use
INFLIGHT_MOST_MESSAGES: Final = 1_000  # un-acknowledged QoS 1, each way; 20 would throttle the hub
MEMORY_MOST_BYTES: Final = 512 << 20  # half of a village box; retained topics have no other bound

_HOST: Final = re.compile(r"[A-Za-z0-9.:%_-]{1,253}")
Kind = Literal["mosquitto", "amqtt"]
_USER: Final = "mosquitto"  # whom the distribution's package makes
_APPEND: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_log = logging.getLogger(__name__)


class BrokerFailed(Exception):
    """The broker cannot do its work; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A further place to listen; off loopback it needs a certificate and its key (PEM files)."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


class ManagedBroker:
    """A broker of our own: a child process that is restarted when it dies and dies with the hub."""

    def __init__(
        self,
        data_dir: Path,
        port: int,
        *,
        site: str,
        hub: str,
        outside: Sequence[Listener] = (),
        kind: Kind | None = None,
        on_state: Callable[[bool, str], None] | None = None,
    ) -> None:
        self.kind: Kind = kind or ("mosquitto" if _mosquitto() else "amqtt")
        self.host, self.port = "127.0.0.1", port
        self._folder = Path(data_dir).absolute() / "broker"
        self._site, self._hub, self._outside = site, hub, tuple(outside)
        self._on_state = on_state
        self._owner = _owner() if self.kind == "mosquitto" else None
        self._probe_secret = ""
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()
        for listener in self._outside:
            _check_listener(listener, self.kind)

    @property
    def pid(self) -> int | None:
        """The broker's process, None when there is none."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def address(self, user: str, secret: str) -> mqtt.BrokerAddress:
        """Where a user of this machine connects."""
        return mqtt.BrokerAddress(self.host, self.port, user, secret)

    async def start(self) -> None:
        """Start and return when it takes connections; raises BrokerFailed with what to do."""
        assert self._watcher is None
        self._check_port()  # before the files: they may be those of a broker that runs
        self._write_files(broker_rules.read_passwords(self._read("passwords")))
        if self.kind == "amqtt":
            _log.warning("no mosquitto here: amqtt serves, for demonstrations on this machine only")
        await self._spawn()
        self._watcher = asyncio.create_task(self._watch(), name="broker watch")
        self._tell(True, "started")

    async def stop(self) -> None:
        """Stop it and wait until it is gone."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        await self._end_process()
        self._tell(False, "stopped")

    async def restart(self) -> None:
        """Stop and start; every client connects again."""
        await self.stop()
        await self.start()

    async def add_credential(self, user: str) -> str:
        """Let a user in and return the secret (only its hash is kept); an older one ends."""
        if not wire.is_id(user) and user != broker_rules.HOME_ASSISTANT:
            raise ValueError(f"{user!r} is no id for a broker user")
        secret = broker_rules.new_secret()
        async with self._changing:
            hashes = broker_rules.read_passwords(self._read("passwords"))
            hashes[user] = broker_rules.hashed(secret)
            await self._change(hashes)
        return secret

    async def remove_credential(self, user: str) -> None:
        """Shut a user out: a connection that is open ends too."""
        async with self._changing:
            hashes = broker_rules.read_passwords(self._read("passwords"))
            if hashes.pop(user, None) is not None:
                await self._change(hashes)

    async def add_relay(self, rule: broker_rules.RelayRule) -> tuple[str, str]:
        """Let a relay on MQTT and its strike in; returns their secrets, older ones end."""
        secrets = (broker_rules.new_secret(), broker_rules.new_secret())
        async with self._changing:
            hashes = broker_rules.read_passwords(self._read("passwords"))
            for user, secret in zip((rule.relay, rule.strike), secrets, strict=True):
                hashes[user] = broker_rules.hashed(secret)
            others = [r for r in self.relays() if r.relay != rule.relay]
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write("relays", broker_rules.write_relays([*others, rule]))
            await self._change(hashes)
        return secrets

    async def remove_relay(self, relay: str) -> bool:
        """Shut a relay and its strike out; False when nobody knows it."""
        async with self._changing:
            known = self.relays()
            gone = [rule for rule in known if rule.relay == relay]
            hashes = broker_rules.read_passwords(self._read("passwords"))
            for rule in gone:
                hashes.pop(rule.relay, None)
                hashes.pop(rule.strike, None)
            if gone:
                rest = [rule for rule in known if rule.relay != relay]
                self._write("relays", broker_rules.write_relays(rest))
                await self._change(hashes)
        return bool(gone)

    def relays(self) -> tuple[broker_rules.RelayRule, ...]:
        """The relays on MQTT that this broker knows."""
        return broker_rules.read_relays(self._read("relays"))

    async def reload(self) -> None:
        """Let it read certificates, rules and credentials again; nobody is dropped who may stay."""
        async with self._changing:
            await self._change(broker_rules.read_passwords(self._read("passwords")))

    async def _change(self, hashes: dict[str, str]) -> None:
        """Write the files; when this returns a running broker works by them."""
        self._write_files(hashes)
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGHUP)
        # The files hold a new probe secret: who lets it in has read them.
        if not await self._ready_within(RELOAD_MOST_S):
            raise BrokerFailed(f"the broker did not read its files again; see {self._log_file}")

    # the process
    async def _spawn(self) -> None:
        self._check_port()
        ready = False
        try:
            await self._run()
            ready = await self._ready_within(READY_MOST_S)
        finally:
            if not ready:
                await self._end_process()
        if not ready:
            raise BrokerFailed(f"the broker did not start: {self._last_words()}")

    async def _ready_within(self, most_s: float) -> bool:
        """Whether it lets the probe in before the time is over; False at once when it has ended."""
        process = self._process
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                while process is not None and process.returncode is None:
                    if await self._answers():
                        return True
                    await asyncio.sleep(LOOK_EVERY_S)
        return False

    async def _run(self) -> None:
        self._bound_log()
        uid, gid = (-1, -1) if self._owner is None else (self._owner.pw_uid, self._owner.pw_gid)
        launcher = [sys.executable, "-I", "-S", broker_child.__file__]
        who = [str(os.getpid()), str(uid), str(gid)]
        with os.fdopen(os.open(self._log_file, _APPEND, 0o600), "ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *launcher,
                *who,
                *self._command(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,  # paths are relative: folders above need not be open to its user
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the hub, which then stops its broker
            )

    def _command(self) -> list[str]:
        if self.kind == "mosquitto":
            program = _mosquitto()
            if program is None:
                raise BrokerFailed("mosquitto is not installed: apt install mosquitto")
            return [program, "-c", "mosquitto.conf"]
        if importlib.util.find_spec("amqtt") is None:
            raise BrokerFailed("no broker here: apt install mosquitto (or pip install linli[demo])")
        return [sys.executable, "-m", "hub.gateways.amqtt_broker", "--config", "amqtt.json"]

    async def _answers(self) -> bool:
        address = self.address(broker_rules.PROBE, self._probe_secret)
        try:
            connection = await mqtt.connect(
                address, client_id=broker_rules.PROBE, will=None, on_message=lambda _m: None
            )
        except mqtt.MqttError:
            return False
        await connection.close()
        return True

    async def _watch(self) -> None:
        backoff = Backoff()
        while True:
            code = await self._ended()
            why = f"the broker ended with {code}: {self._last_words()}"
            _log.error("%s; it is started again", why)
            self._tell(False, why)
            await asyncio.sleep(backoff.next_s())
            try:
                await self._spawn()
            except (BrokerFailed, OSError) as fault:
                _log.error("%s", fault)
            else:
                backoff.reset()
                self._tell(True, "started again")

    async def _ended(self) -> int:
        assert self._process is not None
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOG_LOOK_EVERY_S):
                    return await self._process.wait()
            self._bound_log()

    def _tell(self, online: bool, why: str) -> None:
        if self._on_state is None:
            return
        try:
            self._on_state(online, why)
        except Exception:  # noqa: BLE001 (whatever the listener does, the broker is watched)
            _log.exception("on_state failed")

    async def _end_process(self) -> None:
        process = self._process
        if process is None:
            return
        for how in (signal.SIGTERM, signal.SIGKILL):
            if process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(how)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_MOST_S):
                    await process.wait()
        self._process = None

    def _check_port(self) -> None:
        family = socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except PermissionError:
                raise BrokerFailed(
                    f"port {self.port} is not for this user: choose one of 1024 or more"
                ) from None
            except OSError as fault:
                raise BrokerFailed(
                    f"port {self.port} is taken by another program ({fault.strerror}): "
                    f"stop that one (ss -ltnp shows it) or choose another port for the broker"
                ) from None

    # the files
    @property
    def _log_file(self) -> Path:
        return self._folder / "log"

    def _last_words(self) -> str:
        with contextlib.suppress(FileNotFoundError), self._log_file.open("rb") as log:
            log.seek(max(0, self._log_file.stat().st_size - WORDS_MOST_BYTES))
            words = log.read().decode("utf-8", "replace").strip().splitlines()[-2:]
            if words:
                return "; ".join(words)
        return f"nothing in {self._log_file}"

    def _bound_log(self) -> None:
        """Keep the newest part; the broker goes on writing to the same file, at its end."""
        if self._log_file.exists() and self._log_file.stat().st_size > LOG_MOST_BYTES:
            shutil.copy(self._log_file, self._folder / "log.1")
            os.truncate(self._log_file, 0)

    def _read(self, name: str) -> str:
        try:
            return (self._folder / name).read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def _write_files(self, hashes: dict[str, str]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._owner is not None:
            os.chown(self._folder, self._owner.pw_uid, self._owner.pw_gid)
        self._probe_secret = broker_rules.new_secret()
        hashes = {**hashes, broker_rules.PROBE: broker_rules.hashed(self._probe_secret)}
        self._write("passwords", broker_rules.write_passwords(hashes))
        if self.kind == "mosquitto":
            rules = broker_rules.rules_of(self._site, [self._hub], self.relays())
            self._write("rules", broker_rules.mosquitto_text(rules))
            self._write("mosquitto.conf", self._mosquitto_conf())
        else:
            what = {"host": self.host, "port": self.port, "site": self._site, "hubs": [self._hub]}
            self._write("amqtt.json", json.dumps({**what, "passwords": "passwords"}))

    def _write(self, name: str, text: str) -> None:
        """Replace a file as a whole, readable by the broker alone."""
        new = self._folder / f"{name}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if self._owner is not None:
            os.chown(new, self._owner.pw_uid, self._owner.pw_gid)
        new.replace(self._folder / name)

    def _mosquitto_conf(self) -> str:
        lines = [
            "# Written by linli at each start; changes here are lost.",
            f"user {self._owner.pw_name if self._owner else 'root'}",
            "per_listener_settings false",
            "allow_anonymous false",
            "password_file passwords",
            "acl_file rules",
            "allow_zero_length_clientid false",
            "set_tcp_nodelay true",
            # Nothing on disk: after a restart each party says again what is true, and a retained
            # `ready` of a device that died meanwhile would stand for ever.
            "persistence false",
            f"max_packet_size {PACKET_MOST_BYTES}",
            f"max_queued_messages {QUEUED_MOST_MESSAGES}",
            f"max_queued_bytes {QUEUED_MOST_BYTES}",
            f"max_inflight_messages {INFLIGHT_MOST_MESSAGES}",
            f"memory_limit {MEMORY_MOST_BYTES}",
            "log_dest stderr",
            "log_type error",  # its warnings find fault with rules that name no user; ours may
            "log_type notice",
            "connection_messages false",
            "log_timestamp_format %Y-%m-%dT%H:%M:%S",
            *_listener(self.port, self.host),
        ]
        for number, listener in enumerate(self._outside):
            lines += _listener(listener.port, listener.host)
            if listener.certificate is not None and listener.key is not None:
                self._write(f"certificate.{number}", listener.certificate.read_text("ascii"))
                self._write(f"key.{number}", listener.key.read_text("ascii"))
                lines += [f"certfile certificate.{number}", f"keyfile key.{number}"]
        return "\n".join(lines) + "\n"


def _listener(port: int, host: str) -> list[str]:
    return [
        f"listener {port} {host}",
        f"max_connections {CONNECTIONS_MOST}",
        # Who a client is comes from its credential alone, or it could throw out another by name.
        "use_username_as_clientid true",
    ]


def external_address(url: str, secret: str) -> mqtt.BrokerAddress:
    """Read `mqtt://user@host:port` or `mqtts://user@host:port?ca=FILE`: somebody else's broker.

    The secret comes beside it: a URL with a password in it is refused, and so is plain MQTT to
    another machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or not parts.username:
        raise ValueError(f"no broker address: {parts.scheme}://…; mqtts://USER@HOST:PORT is one")
    if parts.password is not None:
        raise ValueError("a broker address holds no password; name a secret beside it")
    if parts.scheme == "mqtt":
        if not _is_loopback(parts.hostname):
            raise ValueError(f"mqtt:// to {parts.hostname} would send the secret in the clear")
        return mqtt.BrokerAddress(parts.hostname, parts.port or 1883, parts.username, secret)
    known = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    ca = parse_qs(parts.query).get("ca", [known])[0]
    return mqtt.BrokerAddress(parts.hostname, parts.port or 8883, parts.username, secret, ca)


def export_rules(site: str, hubs: Sequence[str]) -> str:
    """Return the access rules in mosquitto's words, for the operator of another broker."""
    return broker_rules.mosquitto_text(broker_rules.rules_of(site, hubs))


def _mosquitto() -> str | None:
    """Where the program is; Debian keeps it out of an ordinary user's PATH."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which("mosquitto", path=path)


def _owner() -> pwd.struct_passwd | None:
    """Whom the broker becomes: its own user when the hub is root, else whoever the hub is."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(_USER)
    return None


def _check_listener(listener: Listener, kind: Kind) -> None:
    where = f"{listener.host}:{listener.port}"
    if not _HOST.fullmatch(listener.host):  # it becomes a word of the broker's own file
        raise BrokerFailed(f"the listener {where!a} has no host: write an address or a name")
    if kind == "amqtt":
        raise BrokerFailed(f"amqtt listens on loopback only, not on {where}: apt install mosquitto")
    if (listener.certificate is None) != (listener.key is None):
        raise BrokerFailed(f"the listener {where} needs both a certificate and its key")
    if listener.certificate is None and not _is_loopback(listener.host):
        raise BrokerFailed(f"the listener {where} is open to others and needs a certificate")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _environment() -> dict[str, str]:
    """What a child needs of ours: where programs and this package are, no secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[2])}
