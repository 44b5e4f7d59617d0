"""What `linli doctor` says of a bare machine, and of settings that name what is not there."""

from __future__ import annotations

import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub import certs, doctor
from hub.doctor import look_at_machine
from tests.services import free_port
from tests.unit.test_backup import site


async def test_the_doctor_names_what_a_bare_machine_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = await site(tmp_path / "data")

    def missing() -> dict[str, str]:
        return {one.what: one.told for one in look_at_machine(data) if not one.fine}

    assert "docs/alerts.md" in missing()["alert outlets"]
    monkeypatch.setattr("hub.doctor.shutil.which", lambda *_a, **_k: None)
    monkeypatch.setattr("hub.gateways.paper.find_font", lambda _tongue: None)
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "empty" / "doctor.py"))
    monkeypatch.setattr("hub.doctor.os.access", lambda *_: False)
    monkeypatch.setattr(doctor, "SERIAL_PORTS", ("null",))
    bare = missing()
    assert "apt install mosquitto" in bare["mosquitto"]
    assert "apt install fonts-noto-cjk" in bare["font for letters"]
    assert bare["pages"] == "not built: phone, console, visit; run `make setup`"
    assert "null not for this user" in bare["serial ports"]
    assert str(data) in bare["data folder"]
    (data / "hub.db").unlink()
    assert "linli init" in missing()["database"]


async def test_the_doctor_looks_at_the_broker_that_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = await site(tmp_path / "data")
    toml = data / "hub.toml"
    plain, port = toml.read_text(), free_port()

    def told(extra: str) -> dict[str, Any]:
        toml.write_text(f"{plain}\n{extra}\n")
        return {one.what: one for one in look_at_machine(data)}

    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        found = told(f"[broker]\nport = {port}\ntls_port = {taken}")
        assert found["broker TLS port"].told == f"{taken} is taken: change tls_port in hub.toml"
        assert "broker's certificate" not in found  # it is made at the first start
        certs.keep(data / "certs", datetime.now(UTC))
        assert told(f"[broker]\ntls_port = {port}")["broker's certificate"].fine
    found = told('[broker]\nurl = "mqtts://hub-1@mq.example"\nsecret = "mq"')
    assert "secrets/mq" in found["broker's secret"].told
    assert "broker port" not in found
    found = told('[outlets.duty]\nkind = "webhook"\nurl = "secret:absent"')
    assert not found["alert outlets"].fine
    monkeypatch.setitem(sys.modules, "psycopg", None)
    toml.write_text(plain.replace("[hub]", '[hub]\ndatabase = "postgresql://u:hush@h/n"'))
    database = {one.what: one for one in look_at_machine(data)}["database"]
    assert "psycopg" in database.told
    assert "hush" not in database.told
