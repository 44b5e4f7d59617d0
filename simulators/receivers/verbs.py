"""`linli simulate receivers`: somewhere for outlets to speak to; each message is a JSON line."""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devices.mistake import Mistake
from simulators.receivers.mailbox import Mailbox
from simulators.receivers.station import Alarm, Station
from simulators.receivers.web import Receivers, Taken

STATION_ACCOUNT: Final = "1234"
STATION_KEY: Final = b"simulated-key-16"  # of AES-128; everybody may know it
ANSWER_SEED: Final = b"simulated-station-answers-by-it!"  # of Ed25519; the same


def register(subparsers: Any) -> None:
    """Add `receivers` to the subparsers of `linli simulate`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "receivers", help="group robots, webhooks, a mailbox and an alarm station on loopback"
    )
    parser.add_argument("--port", type=int, default=8470, help="HTTP port")
    parser.add_argument("--mail-port", type=int, default=8471, help="SMTP port")
    parser.add_argument("--station-port", type=int, default=8472, help="SIA DC-09 port")
    parser.add_argument("--webhook-key", default="", help="whpk_...: who may tell incidents")
    parser.set_defaults(func=run)


def run(asked: argparse.Namespace) -> int:
    """Receive until interrupted."""
    try:
        asyncio.run(_receive(asked))
    except KeyboardInterrupt:
        return 0
    return 0


async def _receive(asked: argparse.Namespace) -> None:
    import uvicorn  # noqa: PLC0415 - the other far ends need no server

    public_key = _public_key(asked.webhook_key)
    receivers = Receivers(time.time, public_key=public_key, answer_seed=ANSWER_SEED, on_taken=_show)
    mailbox = Mailbox()
    station = Station(lambda: datetime.now(UTC), {STATION_ACCOUNT: STATION_KEY})
    station.on_alarm = _show_alarm
    station_port = await station.start(asked.station_port)
    mailbox.on_mail = _show_mail
    mail_port = await mailbox.start(asked.mail_port)
    here = f"http://127.0.0.1:{asked.port}"
    told = {
        "dingtalk": f"{here}/robot/send?access_token={receivers.token}",
        "feishu": f"{here}/open-apis/bot/v2/hook/{receivers.token}",
        "wecom": f"{here}/cgi-bin/webhook/send?key={receivers.token}",
        "webhook": f"{here}/hook",
        "sms": f"{here}/sms",
        "incident": f"{here}/incidents",
        "cap": f"{here}/cap",
        "answers": f"whpk_{_public_half(ANSWER_SEED)}",
        "mail": f"smtp://127.0.0.1:{mail_port}",
        "station": f"127.0.0.1:{station_port}",
        "account": STATION_ACCOUNT,
        "key": STATION_KEY.decode(),
        "secret": receivers.secret,
    }
    _say(told)
    config = uvicorn.Config(
        receivers.application(), port=asked.port, log_config=None, access_log=False
    )
    try:
        await uvicorn.Server(config).serve()
    finally:
        await mailbox.stop()
        await station.stop()


def _public_key(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.removeprefix("whpk_"), validate=True)
    except ValueError as error:
        raise Mistake("--webhook-key is whpk_ and base64") from error
    if len(raw) not in {0, 32}:
        raise Mistake("--webhook-key has 32 bytes")
    return raw


def _public_half(seed: bytes) -> str:
    own = Ed25519PrivateKey.from_private_bytes(seed)
    return base64.b64encode(own.public_key().public_bytes_raw()).decode()


def _show(taken: Taken) -> None:
    _say(asdict(taken))


def _show_alarm(alarm: Alarm) -> None:
    _say({"station": asdict(alarm)})


def _show_mail(mail: EmailMessage) -> None:
    _say({"kind": "mail", "key": mail["Message-ID"], "text": mail["Subject"], "to": mail["To"]})


def _say(body: object) -> None:
    sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")
    sys.stdout.flush()
