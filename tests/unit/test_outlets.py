"""Outlets against simulated receivers that judge by themselves; secrets that nobody ever sees."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from devices.mistake import Mistake
from devices.outlets import NotTaken
from hub import certs, config
from hub.core.alert_words import Message
from hub.core.outlets import AlertSettings, OutletWire, read_outlets, read_settings
from hub.gateways.outlets import Outlets
from hub.gateways.outlets_sms import TEXT_CHARS_MAX
from simulators.receivers.mailbox import Mailbox
from simulators.receivers.web import Receivers

NOW_S = 1_795_000_000.0
MESSAGE = Message("b-1-0-desk", "【柳溪】南门：门被强行打开", "从 23:41 起 · 严重\n去看门和锁。")
HERE = "http://receivers.invalid"
URLS = {
    "dingtalk": "/robot/send?access_token=simulated",
    "feishu": "/open-apis/bot/v2/hook/simulated",
    "wecom": "/cgi-bin/webhook/send?key=simulated",
    "webhook": "/hook",
    "sms": "/sms",
}


def wires(**more: Any) -> dict[str, OutletWire]:
    return {
        kind: OutletWire(kind, "secret:url-" + kind, "secret:sign", to=("13800000000",), **more)
        for kind in URLS
    }


def keep_secrets(folder: Path) -> None:
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    for kind, path in URLS.items():
        keep(secrets / f"url-{kind}", HERE + path)
    keep(secrets / "sign", "SEC-simulated")


def keep(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")
    path.chmod(0o600)


@asynccontextmanager
async def outlets(
    folder: Path, receivers: Receivers, now_s: float = NOW_S
) -> AsyncIterator[Outlets]:
    keep_secrets(folder)
    transport = httpx.ASGITransport(receivers.application())
    made = Outlets(wires(), folder, lambda: now_s, lambda: httpx.AsyncClient(transport=transport))
    yield made
    await made.close()


async def refused(made: Outlets, outlet: str) -> tuple[str, bool]:
    with pytest.raises(NotTaken) as fault:
        await made.say(outlet, MESSAGE)
    return fault.value.fault, fault.value.again


async def test_every_receiver_takes_what_it_is_told(tmp_path: Path) -> None:
    receivers = Receivers(lambda: NOW_S)
    async with outlets(tmp_path, receivers) as made:
        for kind in URLS:
            await made.say(kind, MESSAGE)
            await made.say(kind, MESSAGE)  # the answer was lost
    taken = [(one.kind, one.text) for one in receivers.taken]
    whole = f"{MESSAGE.title}\n{MESSAGE.text}"
    for robot in ("dingtalk", "feishu", "wecom"):
        assert taken.count((robot, whole)) == 2  # a group reads a copy twice: it is numbered
    assert taken.count(("webhook", whole)) == 1
    (sms,) = [one for one in receivers.taken if one.kind == "sms"]
    assert (sms.key, sms.to) == (MESSAGE.key, ("13800000000",))
    assert len(sms.text) <= TEXT_CHARS_MAX


async def test_a_wrong_clock_or_secret_is_refused_for_good(tmp_path: Path) -> None:
    receivers = Receivers(lambda: NOW_S + 4_000)
    async with outlets(tmp_path, receivers) as made:
        assert await refused(made, "dingtalk") == ("code 310000", False)
        assert await refused(made, "feishu") == ("code 19021", False)
        assert await refused(made, "webhook") == ("http 401", False)
    receivers = Receivers(lambda: NOW_S, secret="another")
    async with outlets(tmp_path, receivers) as made:
        for kind in ("dingtalk", "feishu", "webhook", "sms"):
            assert (await refused(made, kind))[1] is False
    receivers = Receivers(lambda: NOW_S, token="another")
    async with outlets(tmp_path, receivers) as made:
        assert await refused(made, "wecom") == ("code 93000", False)
    assert not receivers.taken


async def test_a_robot_that_is_hurried_is_asked_again(tmp_path: Path) -> None:
    receivers = Receivers(lambda: NOW_S)
    async with outlets(tmp_path, receivers) as made:
        for _ in range(20):
            await made.say("wecom", MESSAGE)
        assert await refused(made, "wecom") == ("code 45009", True)
        receivers.failing["feishu"] = 503
        assert await refused(made, "feishu") == ("http 503", True)
        assert await refused(made, "nobody") == ("not configured", False)


async def test_what_cannot_be_reached_says_no_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep_secrets(tmp_path)

    def dead(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.url}", request=request)

    transport = httpx.MockTransport(dead)
    made = Outlets(wires(), tmp_path, lambda: NOW_S, lambda: httpx.AsyncClient(transport=transport))
    caplog.set_level(logging.INFO)
    for kind in URLS:
        fault, again = await refused(made, kind)
        assert (fault, again) == ("ConnectError", True)
    keep(tmp_path / "secrets" / "url-webhook", "ftp://simulated")
    strange = Outlets(wires(), tmp_path, lambda: NOW_S)
    assert await refused(strange, "webhook") == ("address", False)
    await made.close()
    await strange.close()
    shown = caplog.text + repr(made.__dict__) + repr(wires())
    assert "SEC-simulated" not in shown
    assert "access_token" not in shown


def test_a_missing_or_open_secret_is_said_at_the_start(tmp_path: Path) -> None:
    keep_secrets(tmp_path)
    (tmp_path / "secrets" / "sign").unlink()
    with pytest.raises(Mistake, match="secret is missing"):
        Outlets(wires(), tmp_path, lambda: NOW_S)
    keep(tmp_path / "secrets" / "sign", "x")
    (tmp_path / "secrets" / "sign").chmod(0o644)
    with pytest.raises(Mistake, match="read by others"):
        Outlets(wires(), tmp_path, lambda: NOW_S)
    for escape in ("secret:", "secret:../hub.toml", "secret:a/b"):
        wire = {"x": OutletWire("webhook", escape)}
        with pytest.raises(Mistake, match="names no file"):
            Outlets(wire, tmp_path, lambda: NOW_S)


# --------------------------------------------------------------------------- mail


@asynccontextmanager
async def mailbox(*args: Any, **more: Any) -> AsyncIterator[tuple[Mailbox, int]]:
    box = Mailbox(*args, **more)
    port = await box.start()
    try:
        yield box, port
    finally:
        await box.stop()


def post_office(url: str, folder: Path, user: str = "") -> Outlets:
    secret = "secret:mail" if user else ""
    if user:
        (folder / "secrets").mkdir(exist_ok=True)
        keep(folder / "secrets" / "mail", "word")
    wire = OutletWire("mail", url, secret, user, "linli@liuxi.invalid", ("desk@liuxi.invalid",))
    return Outlets({"mail": wire}, folder, lambda: NOW_S)


async def test_a_mail_arrives_whole_and_its_copies_share_an_id(tmp_path: Path) -> None:
    async with mailbox() as (box, port):
        made = post_office(f"smtp://127.0.0.1:{port}", tmp_path)
        await made.say("mail", MESSAGE)
        await made.say("mail", MESSAGE)
        mail, copy = box.mails
    assert mail["Subject"] == MESSAGE.title
    assert mail.get_content().splitlines() == MESSAGE.text.splitlines()
    assert mail["Message-ID"] == copy["Message-ID"] == "<b-1-0-desk@liuxi.invalid>"
    assert mail["To"] == "desk@liuxi.invalid"


async def test_a_title_cannot_add_headers(tmp_path: Path) -> None:
    async with mailbox() as (box, port):
        made = post_office(f"smtp://127.0.0.1:{port}", tmp_path)
        await made.say("mail", Message("k", "a\r\nBcc: thief@x.invalid\r\n\r\nbody", "text"))
        (mail,) = box.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "a Bcc: thief@x.invalid body"


async def test_a_mail_server_signs_in_and_refuses(tmp_path: Path) -> None:
    async with mailbox() as (box, port):
        box.users["linli"] = "word"
        url = f"smtp://127.0.0.1:{port}"
        await post_office(url, tmp_path, "linli").say("mail", MESSAGE)
        assert len(box.mails) == 1
        box.users["linli"] = "another"
        assert await refused(post_office(url, tmp_path, "linli"), "mail") == ("smtp 535", False)
        box.users.clear()
        box.refusing = "550 nobody here"
        assert await refused(post_office(url, tmp_path), "mail") == ("recipients", False)
    fault, again = await refused(post_office(url, tmp_path), "mail")
    assert (fault, again) == ("ConnectionRefusedError", True)


@pytest.mark.parametrize("implicit", [True, False])
async def test_mail_by_tls_wants_a_server_it_can_trust(tmp_path: Path, implicit: bool) -> None:
    signed = certs.ensure(tmp_path / "certs", [], ["127.0.0.1"], datetime.now(UTC))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(signed.chain)
    async with mailbox(context, implicit=implicit) as (box, port):
        scheme = "smtps" if implicit else "smtp+starttls"
        made = post_office(f"{scheme}://127.0.0.1:{port}", tmp_path)
        assert await refused(made, "mail") == ("certificate", True)
        from hub.gateways.outlets_mail import MailOutlet  # noqa: PLC0415 (beside its one use)

        url = f"{scheme}://127.0.0.1:{port}"
        trusting = MailOutlet(url, "", "", "a@x.invalid", ("b@x.invalid",), str(signed.authority))
        await asyncio.to_thread(trusting.say, MESSAGE)
        assert len(box.mails) == 1


# --------------------------------------------------------------------------- settings


def test_outlets_are_read_from_the_hubs_own_file(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text(
        '[alerts]\nlanguage = "en"\nmorning = "07:45"\n'
        '[outlets.desk]\nkind = "dingtalk"\nurl = "secret:a"\nsecret = "secret:b"\n'
        '[outlets.mail]\nkind = "mail"\nurl = "smtps://x.invalid"\nfrom = "a@x.invalid"\n'
        'to = ["b@x.invalid"]\nlanguage = "zh-Hant"\n',
        encoding="utf-8",
    )
    settings = config.load(tmp_path)
    assert settings.alerts.language == "en"
    assert settings.alerts.morning.isoformat("minutes") == "07:45"
    assert set(settings.outlets) == {"desk", "mail"}
    assert settings.outlets["mail"].language == "zh-Hant"
    assert read_settings({}) == AlertSettings()
    assert AlertSettings().morning.isoformat("minutes") == "08:30"


GOOD: dict[str, Any] = {"kind": "webhook", "url": "https://x.invalid"}
WRONGS: list[tuple[str, dict[str, Any], str]] = [
    ("x", {**GOOD, "kind": "pigeon"}, "kind in"),
    ("x", {**GOOD, "url": "x.invalid"}, "url in"),
    ("x", {**GOOD, "secret": "plain"}, "secret in"),
    ("x", {**GOOD, "port": 5}, "port in"),
    ("x", {**GOOD, "url": 5}, "url in"),
    ("x", {**GOOD, "language": "fr"}, "language in"),
    ("x", {**GOOD, "kind": "sms"}, "to in"),
    ("x", {**GOOD, "to": "one"}, "to in"),
    ("x", {"kind": "mail", "url": "smtp://x.invalid", "to": ["a"]}, "from in"),
    ("console", GOOD, "a name is"),
    ("Desk", GOOD, "a name is"),
    ("x" * 25, GOOD, "a name is"),
]


@pytest.mark.parametrize(("name", "values", "told"), WRONGS)
def test_a_wrong_outlet_is_named_in_one_line(
    tmp_path: Path, name: str, values: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        read_outlets({name: values})
    (tmp_path / "hub.toml").write_text('[alerts]\nmorning = "8.30"\n', encoding="utf-8")
    with pytest.raises(Mistake, match=r'write morning = "08:30"'):
        config.load(tmp_path)


def test_config_check_names_the_missing_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import argparse  # noqa: PLC0415 (beside its one use)

    from hub import keys, verbs  # noqa: PLC0415

    keys.make(tmp_path, "liuxi", NOW_S)
    (tmp_path / "hub.toml").write_text(
        '[outlets.desk]\nkind = "wecom"\nurl = "secret:desk-url"\n', encoding="utf-8"
    )
    with pytest.raises(Mistake, match="desk-url"):
        verbs._config_check(argparse.Namespace(data=tmp_path))
    keep_secrets(tmp_path)
    keep(tmp_path / "secrets" / "desk-url", HERE)
    verbs._config_check(argparse.Namespace(data=tmp_path))
    assert "fine" in capsys.readouterr().out
