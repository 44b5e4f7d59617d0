"""The verbs for other people's systems: `linli ha`, told to the running hub as its operator."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[[Path, str, object], Any]  # ask the running hub of a data folder

_TYPE_THIS = """\
In Home Assistant: Settings, Devices & services, Add integration, MQTT. Type
  Broker    {host}
  Port      {port}
  Username  {user}
  Password  {secret}
The password is shown this once; `linli ha enable` makes a new one and ends this one.
Leave discovery on, with its prefix "homeassistant". Home Assistant may operate {doors} door(s):
those that the roster marks with "ha": true. It sees all of them."""


def register_ha(parser: argparse.ArgumentParser, call: Call) -> None:
    """Fill the parser of `linli ha`."""
    parser.description = "Let Home Assistant see the doors and operate those that are marked."
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    enable = actions.add_parser("enable", help="make its credential, and say what to type there")
    enable.add_argument("--data", type=Path, default=Path("data"), help="the data folder")
    enable.add_argument("--code", default="", help="4 to 8 digits, asked before each opening")
    enable.add_argument("--language", default="zh-Hans", help="of the doors' names there")
    enable.add_argument("--json", action="store_true", help="print the login as JSON")
    enable.set_defaults(func=lambda asked: _enable(asked, call))
    disable = actions.add_parser("disable", help="end its credential, take the doors back")
    disable.add_argument("--data", type=Path, default=Path("data"), help="the data folder")
    disable.set_defaults(func=lambda asked: _disable(asked, call))


def _enable(asked: argparse.Namespace, call: Call) -> None:
    wish = {"enabled": True, "code": asked.code, "language": asked.language}
    served = call(asked.data, "home-assistant", wish)
    if asked.json:
        print(json.dumps(served))
        return
    print(_TYPE_THIS.format(doors=served["doors"], **served["login"]))
    if served["login"]["host"] == "127.0.0.1":
        print("It must run on this machine: the broker listens on loopback only.")


def _disable(asked: argparse.Namespace, call: Call) -> None:
    call(asked.data, "home-assistant", {"enabled": False})
    print("Home Assistant is out; its doors are taken back.")
