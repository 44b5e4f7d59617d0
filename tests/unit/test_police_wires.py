"""An incident in the words of each wire; while a link is simulated, each wire says so."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers import cap
from drivers.cap import MsgType, Scope, Status
from drivers.dc09 import Account, Exchange
from hub.core.policelink import Kind, Pack, Picture, Role
from hub.gateways import police
from simulators.receivers.station import Station

NOW = datetime(2026, 11, 26, 8, 0, 0, 250_000, tzinfo=UTC)
PACK = Pack(
    incident="inc-1",
    kind=Kind.WATCH_LIST,
    door="gate-1",
    rule="watch-1",
    detected_at=NOW - timedelta(minutes=5),
    confirmed_at=NOW - timedelta(minutes=1),
    confirmed_by="p-guard",
    authority="ps-riverside",
    basis="order-2026-118",
    pictures=(Picture("ab" * 32, Role.SCENE, NOW), Picture("cd" * 32, Role.LISTED, NOW)),
    station="station-1",
    simulated=False,
)
SENDER = "willow@linli.invalid"


@pytest.mark.parametrize("kind", Kind)
def test_a_receiver_knows_every_code(kind: Kind) -> None:
    codes = pytest.importorskip("pysiaalarm.data.data", reason="pysiaalarm is not installed")
    event = police.dc09_event(replace(PACK, kind=kind), 7)
    assert event.code in codes.SIA_CODES
    assert (event.zone, event.text) == (7, "")
    assert event.code != police.TEST_CODE
    played = police.dc09_event(replace(PACK, kind=kind, simulated=True), 7)
    assert codes.SIA_CODES[played.code].type == "Manual Test"
    assert played.text == f"SIMULATED {event.code}"


def test_a_station_hears_that_it_is_played() -> None:
    account = Account("1234", key=b"A" * 16)
    station = Station(lambda: NOW, {account.account: account.key})
    event = police.dc09_event(replace(PACK, simulated=True), 7)
    exchange = Exchange(account, event, 41, bytes)
    verdict = exchange.feed(station.hear(exchange.send(NOW) or b""), NOW)
    assert verdict is not None
    assert verdict.taken
    assert [one.words for one in station.alarms] == ["Nri0/RX007*SIMULATED UA*"]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(("played", "status"), [(True, Status.TEST), (False, Status.ACTUAL)])
def test_the_incident_as_an_alert(kind: Kind, played: bool, status: Status) -> None:
    pack = replace(PACK, kind=kind, simulated=played)
    told = cap.read(cap.write(police.cap_alert(pack, SENDER, 41, NOW)))
    assert told == police.cap_alert(pack, SENDER, 41, NOW)
    assert (told.status, told.scope, told.msg_type) == (status, Scope.RESTRICTED, MsgType.ALERT)
    assert (told.identifier, told.incidents, told.addresses) == (
        "inc-1-41",
        ("inc-1",),
        ("station-1",),
    )
    assert [one.language for one in told.segments] == ["zh-Hans", "en"]
    for info in told.segments:
        assert info.expires is not None
        assert info.expires > told.sent
        assert dict(info.parameters) == {
            "rule": "watch-1",
            "authority": "ps-riverside",
            "basis": "order-2026-118",
            "picture-scene-sha256": "ab" * 32,
            "picture-listed-sha256": "cd" * 32,
            "pack-sha256": pack.sha256,
        }
    bare = replace(pack, authority="", basis="", pictures=())
    (first, _) = police.cap_alert(bare, SENDER, 41, NOW).segments
    assert [name for name, _ in first.parameters] == ["rule", "pack-sha256"]


def test_a_false_alarm_takes_back_what_was_sent() -> None:
    later = NOW + timedelta(hours=1)
    sent = police.cap_alert(PACK, SENDER, 41, NOW)
    back = police.cap_cancel(PACK, SENDER, 41, NOW, later)
    (reference,) = back.references
    assert (reference.sender, reference.identifier, reference.sent) == (
        sent.sender,
        sent.identifier,
        sent.sent,
    )
    assert (back.msg_type, back.status, back.incidents) == (
        MsgType.CANCEL,
        Status.ACTUAL,
        sent.incidents,
    )
    assert back.identifier != sent.identifier
    assert police.cap_cancel(replace(PACK, simulated=True), SENDER, 41, NOW, later).status == "Test"


def test_the_schema_takes_both(shared_file: Callable[[str], Path]) -> None:
    etree = pytest.importorskip("lxml.etree", reason="lxml is not installed")
    schema = etree.XMLSchema(etree.parse(str(shared_file("cap/CAP-v1.2.xsd"))))
    for alert in (
        police.cap_alert(PACK, SENDER, 41, NOW),
        police.cap_cancel(PACK, SENDER, 41, NOW, NOW),
    ):
        schema.assertValid(etree.fromstring(cap.write(alert)))


def test_the_webhook_carries_the_pack_itself() -> None:
    body = json.loads(police.webhook_body(PACK, NOW))
    assert sorted(body) == ["data", "timestamp", "type"]
    assert (body["type"], body["timestamp"]) == ("incident.confirmed", "2026-11-26T08:00:00.250Z")
    assert body["data"] == json.loads(PACK.raw())
