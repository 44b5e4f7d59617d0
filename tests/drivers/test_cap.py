"""CAP 1.2: what we write stands before the OASIS schema, and what we read cannot harm."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import cap
from drivers.cap import (
    Alert,
    Area,
    CapWrong,
    Category,
    Certainty,
    MsgType,
    Reference,
    ResponseType,
    Scope,
    Segment,
    Severity,
    Status,
    Urgency,
)

SENT = datetime(2026, 11, 26, 8, 0, 0, tzinfo=UTC)
SEGMENT = Segment(
    event="门被强行打开",
    categories=(Category.SECURITY,),
    urgency=Urgency.IMMEDIATE,
    severity=Severity.SEVERE,
    certainty=Certainty.OBSERVED,
    language="zh-Hans",
    responses=(ResponseType.ASSESS,),
    onset=SENT - timedelta(minutes=2),
    expires=SENT + timedelta(hours=1),
    sender_name="柳溪 <linli> & 邻里",
    headline="南门",
    instruction="去看\n门和锁",
    parameters=(("picture-sha256", "ab" * 32), ("empty", "")),
    areas=(Area("south-gate", circles=("31.2304,121.4737 0.1",), geocodes=(("door", "gate-1"),)),),
)
ALERT = Alert(
    identifier="inc-1-sent",
    sender="willow@linli.invalid",
    sent=SENT,
    status=Status.TEST,
    msg_type=MsgType.ALERT,
    scope=Scope.RESTRICTED,
    restriction="police only",
    addresses=("110-desk", "duty officer"),
    incidents=("inc-1",),
    segments=(SEGMENT, dataclasses.replace(SEGMENT, language="en", event="Door forced open")),
)
CANCEL = dataclasses.replace(
    ALERT,
    identifier="inc-1-cancelled",
    msg_type=MsgType.CANCEL,
    note="false alarm",
    references=(Reference(ALERT.sender, ALERT.identifier, SENT),),
)
WHOLE = cap.write(ALERT)


@pytest.mark.parametrize("alert", [ALERT, CANCEL, dataclasses.replace(CANCEL, segments=())])
def test_the_schema_takes_what_we_write(alert: Alert, shared_file: Callable[[str], Path]) -> None:
    etree = pytest.importorskip("lxml.etree", reason="lxml is not installed")
    schema = etree.XMLSchema(etree.parse(str(shared_file("cap/CAP-v1.2.xsd"))))
    schema.assertValid(etree.fromstring(cap.write(alert)))
    assert not schema.validate(etree.fromstring(cap.write(alert).replace(b"Restricted", b"Some")))


def test_what_is_written_is_read() -> None:
    for alert in (ALERT, CANCEL):
        assert cap.read(cap.write(alert)) == alert
    assert b"<sent>2026-11-26T08:00:00-00:00</sent>" in WHOLE
    assert b'<addresses>110-desk "duty officer"</addresses>' in WHOLE


def test_another_zone_and_spelling_are_the_same_alert() -> None:
    told = WHOLE.replace(b"08:00:00-00:00</sent>", b"16:00:00+08:00</sent>")
    told = told.replace(b"<alert ", b"<c:alert ").replace(b"xmlns=", b"xmlns:c=")
    told = told.replace(b"</", b"</c:").replace(b"<c:/", b"</")
    for name in ("identifier", "sender", "sent", "status", "msgType", "scope", "restriction"):
        told = told.replace(f"<{name}>".encode(), f"<c:{name}>\n ".encode())
    told = told[: told.index(b"<addresses>")] + b"<c:unknown>1</c:unknown></c:alert>"
    read = cap.read(told)
    assert (read.sent, read.identifier, read.segments) == (SENT, "inc-1-sent", ())


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">'
    b"]><alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><note>&b;</note></alert>"
)
FILES = (
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    b"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><note>&x;</note></alert>"
)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "no XML"),
        (b"{}", "no XML"),
        (LAUGHS, "document type"),
        (FILES, "document type"),
        (b"<!DOCTYPE alert SYSTEM 'http://x.invalid/a.dtd'>" + WHOLE.partition(b"?>")[2], "type"),
        (b"<?xml version='1.0' encoding='no-such'?><alert/>", "no XML"),
        (b"<alert/>", "no alert of CAP"),
        (WHOLE.replace(b"cap:1.2", b"cap:1.1"), "no alert of CAP"),
        (b"<a>" * 9 + b"</a>" * 9, "too deep"),
        (b"<a>" + b"<b/>" * cap.ELEMENTS_MAX + b"</a>", "too many"),
        (b" " * (cap.BYTES_MAX + 1), "at most"),
        (WHOLE.replace(b"08:00:00-00:00</sent>", b"08:00:00Z</sent>"), "instant"),
        (WHOLE.replace(b"2026-11-26T08:00:00-00:00</sent>", b"2026-13-26T08:00:00-00:00</sent>"),
         "no such instant"),
        (WHOLE.replace(b"2026-11-26T08:00:00-00:00</sent>", b"0001-01-01T00:00:00+08:00</sent>"),
         "no such instant"),
        (WHOLE.replace(b">Test<", b">Real<"), "Status"),
        (WHOLE.replace(b">Severe<", b">Bad<"), "Severity"),
        (WHOLE.replace(b">Alert<", b">Cancel<"), "of which alert"),
        (WHOLE.replace(b"police only", b""), "by which rule"),
        (WHOLE.replace(b"inc-1-sent", b"inc 1"), "no spaces"),
        (WHOLE.replace(b"<status>Test</status>", b"<status>Test</status><status>Actual</status>"),
         "twice"),
        (WHOLE.replace(b"<category>Security</category>", b""), "category"),
    ],
)  # fmt: skip
def test_what_is_no_alert(raw: bytes, why: str) -> None:
    with pytest.raises(CapWrong, match=why) as wrong:
        cap.read(raw)
    assert "hostname" not in str(wrong.value)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: dataclasses.replace(ALERT, sent=SENT.replace(tzinfo=None)),
        lambda: dataclasses.replace(ALERT, sent=SENT.replace(microsecond=1)),
        lambda: dataclasses.replace(ALERT, scope=Scope.PRIVATE, addresses=()),
        lambda: dataclasses.replace(ALERT, addresses=('a"b',)),
        lambda: dataclasses.replace(SEGMENT, categories=()),
        lambda: cap.write(dataclasses.replace(ALERT, note="\x00")),
        lambda: cap.write(dataclasses.replace(ALERT, note="\r")),
        lambda: cap.write(dataclasses.replace(ALERT, note="x" * cap.BYTES_MAX)),
    ],
)
def test_what_cannot_be_written(wrong: Callable[[], object]) -> None:
    with pytest.raises(CapWrong):
        wrong()


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=30
).map(str.strip)
instants = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0, tzinfo=timezone(timedelta(hours=8)))
)


@given(words, words, words, instants, st.lists(st.tuples(words, words), max_size=3))
def test_any_words_come_back(
    event: str, note: str, text: str, at: datetime, pairs: list[tuple[str, str]]
) -> None:
    info = dataclasses.replace(
        SEGMENT, event=event, description=text, expires=at, parameters=tuple(pairs)
    )
    alert = dataclasses.replace(ALERT, note=note, sent=at, segments=(info,))
    assert cap.read(cap.write(alert)) == alert


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_a_worn_alert_is_an_alert_or_wrong(at: int, more: bytes, less: int) -> None:
    worn = WHOLE[:at] + more + WHOLE[at + less :]
    try:
        alert = cap.read(worn)
    except CapWrong:
        return
    assert cap.read(cap.write(alert)) == alert
