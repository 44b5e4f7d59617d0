"""What this machine, its settings or an address lack; one line each, with the cure."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from devices.mistake import Mistake
from hub import config, keys
from hub.asking import call
from hub.config import HubSettings
from hub.faces.verbs import absent

DISK_LEAST_MB = 500  # a year of an estate's log is about as much
CLOCK_LEAST_S = 1_795_000_000.0  # November 2026: an older clock has lost its battery
LAST_BACK_UP = "last-backup.json"  # written by hub/backup.py beside the site
BACK_UP_DAYS = 8  # a weekly one may be a day late
ESCROW_DAYS = 400  # paper is looked for once a year: keepers move, drawers are cleared
CERTIFICATE_DAYS = 14  # below this a renewal has failed at least once
_WAIT_S = 3.0
PAGES = ("phone", "console", "visit")
SERIAL_PORTS = ("ttyUSB*", "ttyACM*")  # what an adapter of a reader or relay is called here
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: fine, or what is missing and what to do."""

    what: str
    fine: bool
    told: str


def look_at_machine(data: Path) -> list[Finding]:
    """This machine and the settings of a data folder."""
    found = [
        _python(),
        _clock(),
        _disk(data),
        _mosquitto(),
        _font(),
        _pages(),
        *_serial(),
        _faces(),
    ]
    if not (data / "hub.toml").exists():
        return [*found, Finding("site", False, f"none in {data}: run `linli init --data {data}`")]
    try:
        settings = config.load(data)
        held = keys.load(data)
    except Mistake as mistake:
        return [*found, Finding("settings", False, str(mistake))]
    found.append(Finding("settings and keys", True, str(data / "hub.toml")))
    found += [_writable(data), _database(settings), _outlets(settings), *_stations(settings)]
    running = (data / "operator.json").exists()
    found += _broker(settings, running=running)
    found.append(_port("http", settings.http.port, running=running))
    found += [_back_up(data), _escrow(data, held), *_certificate(settings.http.certificate)]
    if running:
        found += [*_devices(data), *_face_state(data)]
    origin = settings.http.origin or f"http://{settings.http.host}:{settings.http.port}"
    return found + look_at_address(origin, reach=running)


def _broker(settings: HubSettings, *, running: bool) -> list[Finding]:
    """The managed broker's ports and certificate, or the secret for somebody else's."""
    broker = settings.broker
    if broker.url != "managed":
        secret = settings.data / "secrets" / (broker.secret or "broker-hub")
        told = str(secret) if secret.exists() else f"absent: write it to {secret}"
        return [Finding("broker's secret", secret.exists(), told)]
    found = [_port("broker", broker.port, running=running)]
    if broker.tls_port is not None:
        found.append(_port("broker TLS", broker.tls_port, running=running, name="tls_port"))
        own = settings.data / "certs" / "hub.pem"
        if broker.certificate is not None or own.exists():
            found += _certificate(broker.certificate or own, "broker's certificate")
    return found


def _writable(data: Path) -> Finding:
    fine = os.access(data, os.W_OK | os.X_OK)
    told = str(data) if fine else f"{data} is not this user's: chown it, or run as its owner"
    return Finding("data folder", fine, told)


def _database(settings: HubSettings) -> Finding:
    """Whether it can be opened and holds our schema; its address may hold a password."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - a tenth of a second

    from hub.store.engine import check_schema, open_engines  # noqa: PLC0415

    try:
        engines = open_engines(settings.database)
        try:
            check_schema(engines)
        finally:
            engines.close()
    except Mistake as mistake:
        return Finding("database", False, str(mistake))
    except ImportError:
        return Finding("database", False, "its driver is absent: `pip install 'psycopg[binary]'`")
    except (SQLAlchemyError, OSError) as fault:
        return Finding("database", False, f"does not open: {type(fault).__name__}")
    return Finding("database", True, settings.database.partition(":")[0].partition("+")[0])


def _outlets(settings: HubSettings) -> Finding:
    """Somebody must hear an alert who does not look at the console."""
    if not settings.outlets:
        told = "none: at night nobody is called; name one in hub.toml, see docs/alerts.md"
        return Finding("alert outlets", False, told)
    from hub.gateways.outlets import Outlets  # noqa: PLC0415

    try:
        Outlets(settings.outlets, settings.data, time.time)
    except Mistake as mistake:
        return Finding("alert outlets", False, str(mistake))
    return Finding("alert outlets", True, ", ".join(settings.outlets))


def _stations(settings: HubSettings) -> list[Finding]:
    """The ways to the police link, where there are any; whether one is accepted is in the page."""
    if not settings.stations:
        return []
    from hub.gateways.stations import Stations  # noqa: PLC0415

    def utc_now() -> datetime:
        return datetime.now(UTC)

    try:
        Stations(settings.stations, settings.data, utc_now)
    except Mistake as mistake:
        return [Finding("stations", False, str(mistake))]
    return [Finding("stations", True, ", ".join(settings.stations))]


def _pages() -> Finding:
    static = Path(__file__).resolve().parent / "static"
    absent = [page for page in PAGES if not (static / page / "index.html").exists()]
    told = f"not built: {', '.join(absent)}; run `make setup`" if absent else "built"
    return Finding("pages", not absent, told)


def _serial() -> list[Finding]:
    """Adapters that hang on this machine and that this user may not open."""
    ports = sorted(port for name in SERIAL_PORTS for port in Path("/dev").glob(name))
    shut = [port.name for port in ports if not os.access(port, os.R_OK | os.W_OK)]
    if not ports:
        return []
    told = ", ".join(port.name for port in ports)
    if shut:
        told = f"{', '.join(shut)} not for this user: `usermod -aG dialout USER`, sign in again"
    return [Finding("serial ports", not shut, told)]


def _back_up(data: Path) -> Finding:
    """When a back-up of this folder was last made."""
    try:
        made_at = float(json.loads((data / LAST_BACK_UP).read_text(encoding="utf-8"))["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return Finding("back-up", False, "never made: `linli backup --out FILE`, or its timer")
    days = max(0.0, time.time() - made_at) / 86_400
    return Finding("back-up", days <= BACK_UP_DAYS, f"{days:.1f} days ago")


def _escrow(data: Path, held: keys.HubKeys) -> Finding:
    """Whether card masters and site root are on paper, and whether the paper was ever tried."""
    what, paper = "escrow", keys.read_paper(data, held)
    if paper is None:
        told = "masters never printed: `linli card escrow print | lp`, see docs/cards.md#escrow"
        return Finding(what, False, told)
    if not paper.fits:
        told = f"the sheets (set {paper.set_name}) open other masters: print new ones, burn those"
        return Finding(what, False, told)
    try_it = "`linli card escrow restore --check` with two of the sheets"
    if paper.tried_at is None:
        return Finding(what, False, f"set {paper.set_name} was printed and never tried: {try_it}")
    days = max(0.0, time.time() - paper.tried_at) / 86_400
    sheets = ", ".join(map(str, paper.tried))
    told = f"set {paper.set_name}, sheets {sheets} tried {days:.0f} days ago"
    fine = days <= ESCROW_DAYS
    return Finding(what, fine, told if fine else f"{told}: once a year, {try_it}")


def _certificate(path: Path | None, what: str = "certificate file") -> list[Finding]:
    if path is None:
        return []
    from cryptography import x509  # noqa: PLC0415 (only where there is one)

    try:
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return [Finding(what, False, f"{path} cannot be read")]
    days = (ends.timestamp() - time.time()) / 86_400
    told = f"good for {days:.0f} days" if days > 0 else "has ended: whoever checks it refuses"
    return [Finding(what, days >= CERTIFICATE_DAYS, told)]


def _devices(data: Path) -> list[Finding]:
    """The named states of devices, as the running hub knows them."""
    try:
        told = call(data, "states", {})
    except (Mistake, httpx.HTTPError) as trouble:
        return [Finding("devices", False, f"the hub does not say: {type(trouble).__name__}")]
    if not told["states"]:
        return [Finding("devices", True, f"{told['devices']}, all well")]
    return [
        Finding(f"device {one['device']}", False, f"{one['state']}: {one['cure']}")
        for one in told["states"]
    ]


def look_at_address(address: str, *, reach: bool = True) -> list[Finding]:
    """What a phone can do at this address: keys, motion, service worker, passkeys."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        return [Finding("address", False, f"{address} is no http:// or https:// address")]
    local = host in _LOOPBACK
    secure = parts.scheme == "https" or local
    found = [
        Finding(
            "secure context",
            secure,
            "keys, shaking, camera and offline page work here"
            if secure
            else "phones refuse keys and motion on plain http: use https (`linli certs`, or a "
            "public name with a certificate)",
        ),
        Finding(
            "passkeys",
            not _is_number(host) and secure,
            "possible here" if not _is_number(host) else "need a name, not an IP address",
        ),
    ]
    if reach:
        found.append(_reach(parts.scheme, host, parts.port))
    return found


def _is_number(host: str) -> bool:
    return host.replace(".", "").isdigit() or ":" in host


def _reach(scheme: str, host: str, port: int | None) -> Finding:
    try:
        with socket.create_connection(
            (host, port or (443 if scheme == "https" else 80)), _WAIT_S
        ) as s:
            if scheme == "https":
                with ssl.create_default_context().wrap_socket(s, server_hostname=host):
                    pass
    except ssl.SSLCertVerificationError as fault:
        told = f"{fault.verify_message}: trust the site's authority on this device (`linli certs`)"
        return Finding("certificate", False, told)
    except OSError as fault:
        return Finding("reachable", False, f"{host} does not answer: {fault.strerror or fault}")
    return Finding("reachable", True, "answers")


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= (3, 11), f"{version}; 3.11 or newer is needed")


def _clock() -> Finding:
    fine = time.time() >= CLOCK_LEAST_S
    return Finding("clock", fine, "plausible" if fine else "years behind: set it, or use NTP")


def _disk(data: Path) -> Finding:
    folder = data if data.exists() else Path.cwd()
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    fine = free_mb >= DISK_LEAST_MB
    return Finding("disk", fine, f"{free_mb} MB free" + ("" if fine else f"; keep {DISK_LEAST_MB}"))


def _mosquitto() -> Finding:
    path = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    told = path or "absent: `apt install mosquitto`; without it only a demo on loopback runs"
    return Finding("mosquitto", path is not None, told)


def _font() -> Finding:
    from hub.gateways.paper import find_font  # noqa: PLC0415 - a quarter of a second

    font = find_font("zh-Hans")
    told = font.path.name if font else "absent: `apt install fonts-noto-cjk`; letters need it"
    return Finding("font for letters", font is not None, told)


def _faces() -> Finding:
    """Faces are an extra: without them the hub is whole, so their absence is no fault."""
    missing = absent()
    if not missing:
        return Finding("faces", True, "installed")
    return Finding("faces", True, f"not installed ({', '.join(missing)}): `make faces` if wanted")


_FACE_STATES = {
    "absent": (True, "not installed"),
    "off": (True, "not in use: no impact assessment yet"),
    "starting": (True, "starting"),
    "ready": (True, "in use"),
    "keys_elsewhere": (False, "bring faces.keys from the old machine, or `linli face renew`"),
}


def _face_state(data: Path) -> list[Finding]:
    """How faces stand on the running hub, and whether a filing is due."""
    try:
        told = call(data, "faces", {})
    except (Mistake, httpx.HTTPError):
        return []  # the devices' finding says it already
    fine, text = _FACE_STATES[told["state"]]
    found = [Finding("faces at the hub", fine, text), *map(_camera, told["cameras"])]
    filing = told["filing"]
    if filing["state"] != "below":
        due = f"{filing['people']} people; from {filing['due_from']} on a filing is due within "
        days = f"{filing['working_days']} working days"
        found.append(Finding("filing of faces", False, due + days))
    return found


_CAMERA_STATES = {
    "door_unknown": (False, "its door is not there: write a door's id in hub.toml"),
    "unused": (True, "its door takes no faces"),
    "starting": (True, "starting"),
    "looking": (True, "pictures come"),
    "silent": (False, "no picture: look at its power, network and address"),
    "over": (True, "its film is over"),
}


def _camera(told: Mapping[str, Any]) -> Finding:
    fine, text = _CAMERA_STATES[told["state"]]
    return Finding(f"camera {told['name']}", fine, f"door {told['door']}: {text}")


def _port(what: str, port: int, *, running: bool, name: str = "port") -> Finding:
    with socket.socket() as probe:
        probe.settimeout(_WAIT_S)
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    if running:
        return Finding(f"{what} port", taken, f"{port} " + ("answers" if taken else "is silent"))
    told = f"{port} is free" if not taken else f"{port} is taken: change {name} in hub.toml"
    return Finding(f"{what} port", not taken, told)
