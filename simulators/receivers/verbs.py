"""`linli simulate receivers`: somewhere for outlets to speak to; each message is a JSON line."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict
from email.message import EmailMessage
from typing import Any

from simulators.receivers.mailbox import Mailbox
from simulators.receivers.web import Receivers, Taken


def register(subparsers: Any) -> None:
    """Add `receivers` to the subparsers of `linli simulate`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "receivers", help="group robots, webhook, short messages and a mailbox on loopback"
    )
    parser.add_argument("--port", type=int, default=8470, help="HTTP port")
    parser.add_argument("--mail-port", type=int, default=8471, help="SMTP port")
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

    receivers = Receivers(time.time, on_taken=_show)
    mailbox = Mailbox()
    mailbox.on_mail = _show_mail
    mail_port = await mailbox.start(asked.mail_port)
    here = f"http://127.0.0.1:{asked.port}"
    told = {
        "dingtalk": f"{here}/robot/send?access_token={receivers.token}",
        "feishu": f"{here}/open-apis/bot/v2/hook/{receivers.token}",
        "wecom": f"{here}/cgi-bin/webhook/send?key={receivers.token}",
        "webhook": f"{here}/hook",
        "sms": f"{here}/sms",
        "mail": f"smtp://127.0.0.1:{mail_port}",
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


def _show(taken: Taken) -> None:
    _say(asdict(taken))


def _show_mail(mail: EmailMessage) -> None:
    _say({"kind": "mail", "key": mail["Message-ID"], "text": mail["Subject"], "to": mail["To"]})


def _say(body: object) -> None:
    sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")
    sys.stdout.flush()
