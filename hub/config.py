"""This machine's wires in ``hub.toml``; people, doors and rules live in the database."""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from devices.mistake import Mistake
from hub.core.cameras import CameraSettings, check_address, check_token, read_cameras
from hub.core.outlets import AlertSettings, OutletWire, read_outlets, read_settings
from hub.core.stations import StationWire, read_stations

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where the hub serves; TLS by certificate and key files."""

    host: str = "127.0.0.1"
    port: int = 8460
    origin: str = ""
    certificate: Path | None = None
    key: Path | None = None
    trusted_proxies: tuple[Network, ...] = ()  # whose X-Forwarded-For counts


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """``managed`` starts a broker of our own on a port; else a URL and a secret reference.

    With ``tls_port`` the managed broker also listens for other machines, with TLS: by the
    certificate that is named, else by one of the site's own authority (``linli certs``).
    """

    url: str = "managed"
    port: int = 8461
    secret: str = ""
    kind: str = "auto"
    tls_port: int | None = None
    tls_host: str = "0.0.0.0"  # noqa: S104 - asked for by tls_port, and never without TLS
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class PaySettings:
    """The payment provider; empty base_url means bills can be seen but not paid."""

    base_url: str = ""
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class FaceSettings:
    """Files of the operator's own: a detector, encoder weights, and what these are worth."""

    detector: Path | None = None
    weights: Path | None = None
    calibration: Path | None = None


@dataclass(frozen=True, slots=True)
class HubSettings:
    """All of it."""

    data: Path
    hub: str
    database: str
    http: HttpSettings
    broker: BrokerSettings
    pay: PaySettings
    alerts: AlertSettings = field(default_factory=AlertSettings)
    outlets: dict[str, OutletWire] = field(default_factory=dict)
    stations: dict[str, StationWire] = field(default_factory=dict)
    faces: FaceSettings = field(default_factory=FaceSettings)
    cameras: dict[str, CameraSettings] = field(default_factory=dict)


_KNOWN: dict[str, set[str]] = {
    "hub": {"id", "database"},
    "http": {"host", "port", "origin", "certificate", "key", "trusted_proxies"},
    "broker": {"url", "port", "secret", "kind", "tls_port", "tls_host", "certificate", "key"},
    "pay": {"base_url", "folder"},
    "faces": {"detector", "weights", "calibration"},
}
_OWN_READERS = ("alerts", "outlets", "stations", "cameras")  # sections with words of their own


def load(data: Path) -> HubSettings:
    """Read ``hub.toml`` of a data folder; each mistake is one line that says what to write."""
    path = data / "hub.toml"
    if not path.exists():
        raise Mistake(f"{path} is missing: run `linli init --data {data}` first")
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Mistake(f"{path}: {fault}") from fault
    try:
        alerts = read_settings(_section(body, "alerts"))
        outlets = read_outlets(_section(body, "outlets"))
        stations = read_stations(_section(body, "stations"))
        named = read_cameras(_section(body, "cameras"))
        cameras = {name: _addressed(data, name, one) for name, one in named.items()}
    except ValueError as fault:
        raise Mistake(f"{path}: {fault}") from fault
    for section, values in body.items():
        if section in _OWN_READERS:
            continue
        if section not in _KNOWN or not isinstance(values, dict):
            raise Mistake(f"{path}: [{section}] is unknown; sections are {', '.join(_KNOWN)}")
        for key in values:
            if key not in _KNOWN[section]:
                raise Mistake(
                    f"{path}: {key} in [{section}] is unknown; "
                    f"write one of {', '.join(sorted(_KNOWN[section]))}"
                )
    return HubSettings(
        data=data,
        hub=_text(path, body, "hub", "id", "hub-1"),
        database=_text(path, body, "hub", "database", "") or sqlite_url(data / "hub.db"),
        http=HttpSettings(
            _text(path, body, "http", "host", "127.0.0.1"),
            _port(path, body, "http", 8460),
            _text(path, body, "http", "origin", ""),
            _file(path, body, "http", "certificate"),
            _file(path, body, "http", "key"),
            _networks(path, body.get("http", {}).get("trusted_proxies", [])),
        ),
        broker=_broker(path, body),
        pay=PaySettings(
            _text(path, body, "pay", "base_url", ""), _file(path, body, "pay", "folder")
        ),
        alerts=alerts,
        outlets=outlets,
        stations=stations,
        faces=FaceSettings(
            *(_file(path, body, "faces", name) for name in ("detector", "weights", "calibration"))
        ),
        cameras=cameras,
    )


def _addressed(data: Path, name: str, camera: CameraSettings) -> CameraSettings:
    """The camera with what stands in a file of its own: address or token; raises ValueError."""
    if not camera.secret:
        return camera
    file, where = data / "secrets" / camera.secret, f"[cameras.{name}]"
    pushed = camera.kind == "pushed"
    if not file.exists():
        raise ValueError(
            f"{where}: write the camera's {'token' if pushed else 'address'} to {file}"
        )
    told = file.read_text(encoding="utf-8").strip()
    if pushed:
        check_token(where, told)
        return replace(camera, token=told)
    check_address(where, camera.kind, told)
    return replace(camera, address=told)


def _broker(path: Path, body: dict[str, Any]) -> BrokerSettings:
    settings = BrokerSettings(
        _text(path, body, "broker", "url", "managed"),
        _port(path, body, "broker", 8461),
        _text(path, body, "broker", "secret", ""),
        _text(path, body, "broker", "kind", "auto"),
        _port(path, body, "broker", 8883, "tls_port") if _has_tls(body) else None,
        _text(path, body, "broker", "tls_host", "0.0.0.0"),  # noqa: S104 - see BrokerSettings
        _file(path, body, "broker", "certificate"),
        _file(path, body, "broker", "key"),
    )
    if (settings.certificate is None) != (settings.key is None):
        raise Mistake(f"{path}: [broker] needs both certificate and key, or neither")
    if settings.tls_port is None:
        if settings.certificate is not None or "tls_host" in body.get("broker", {}):
            raise Mistake(f"{path}: [broker] listens with TLS where tls_port says: write 8883")
    elif settings.url != "managed":
        raise Mistake(f"{path}: tls_port in [broker] is for the managed broker; yours has its own")
    elif settings.tls_port == settings.port:
        raise Mistake(f"{path}: tls_port and port in [broker] are two ports")
    return settings


def _has_tls(body: dict[str, Any]) -> bool:
    return "tls_port" in body.get("broker", {})


def _networks(path: Path, value: object) -> tuple[Network, ...]:
    """Addresses and networks; a name would be looked up, and a looked-up name is no proof."""
    try:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError
        return tuple(ipaddress.ip_network(one) for one in value)
    except ValueError as fault:
        raise Mistake(
            f"{path}: trusted_proxies in [http] is a list of addresses or networks: "
            'write trusted_proxies = ["127.0.0.1", "10.1.0.0/24"]'
        ) from fault


def _section(body: dict[str, Any], name: str) -> dict[str, Any]:
    section = body.get(name, {})
    if not isinstance(section, dict):
        raise ValueError(f"[{name}] is a section")
    return section


def _text(path: Path, body: dict[str, Any], section: str, key: str, default: str) -> str:
    value = body.get(section, {}).get(key, default)
    if not isinstance(value, str):
        raise Mistake(f'{path}: {key} in [{section}] is a text: write {key} = "..."')
    return value


def _port(path: Path, body: dict[str, Any], section: str, default: int, name: str = "port") -> int:
    value = body.get(section, {}).get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65_536:
        what = f"{name} in [{section}] is a number from 1 to 65535"
        raise Mistake(f"{path}: {what}: write {name} = {default}")
    return value


def _file(path: Path, body: dict[str, Any], section: str, key: str) -> Path | None:
    value = _text(path, body, section, key, "")
    if not value:
        return None
    file = Path(value) if Path(value).is_absolute() else path.parent / value
    if not file.exists():
        raise Mistake(f"{path}: {key} in [{section}] names {file}, which does not exist")
    return file


def sqlite_url(path: Path) -> str:
    """The address of an SQLite file."""
    return f"sqlite:///{path.resolve()}"
