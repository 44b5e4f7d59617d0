"""The verbs for other people's systems: Home Assistant, and relays on MQTT."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devices.mistake import Mistake
from hub import config

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

_ELSEWHERE = """From another machine: this machine's name or address, port {port}, with TLS
(broker certificate validation "Custom", without a client certificate); the authority is
{ca}"""


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
    broker = config.load(asked.data).broker
    if broker.tls_port is not None:
        own = asked.data / "certs" / "authority.crt"
        ca = own if broker.certificate is None else f"who signed {broker.certificate}"
        print(_ELSEWHERE.format(port=broker.tls_port, ca=ca))
    elif served["login"]["host"] == "127.0.0.1":
        print("It must run on this machine: the broker listens on loopback only. For another one")
        print("write tls_port = 8883 under [broker] in hub.toml; see docs/operating.md.")


def _disable(asked: argparse.Namespace, call: Call) -> None:
    call(asked.data, "home-assistant", {"enabled": False})
    print("Home Assistant is out; its doors are taken back.")


# --------------------------------------------------------------------------- relays on MQTT

LISTEN_S = 5.0  # retained words come at once, Shelly answers within a second
CANDIDATES_MAX = 500  # of one broker; a forger could name millions

_ASSIGNED = """\
Door {door} is remote-only from now on. Type into the relay:
  Broker    {relay[host]}
  Port      {relay[port]}
  Username  {relay[user]}
  Password  {relay[secret]}
On the controller {device}: write {strike[secret]}
into secrets/{strike[user]} of its data folder, and into its device.toml
  strike = "{url}"
Both passwords are shown this once. Only this controller may move this relay."""


def register_relays(actions: Any, call: Call) -> None:
    """Add `relay` and `candidates` to the actions of `linli device`."""
    relay = actions.add_parser("relay", help="at the hub: give a door a relay on MQTT")
    relay.add_argument("--data", type=Path, default=Path("data"), help="the data folder")
    relay.add_argument("--id", required=True, help="its name at the broker, such as back-gate")
    relay.add_argument("--door", required=True, help="id of the door; it becomes remote-only")
    relay.add_argument(
        "--dialect", required=True, help="esphome, esprfid, shelly1, shelly2, tasmota"
    )
    relay.add_argument("--topic", required=True, help="the relay's own topic, or node, or prefix")
    says = "such as pulse_ms=3000, where the device's own timer ends a pulse"
    relay.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=says)
    relay.add_argument("--json", action="store_true", help="print both logins as JSON")
    relay.set_defaults(func=lambda asked: _relay(asked, call))
    gone = actions.add_parser("relay-remove", help="at the hub: shut a relay on MQTT out")
    gone.add_argument("--data", type=Path, default=Path("data"), help="the data folder")
    gone.add_argument("--id", required=True, help="its name at the broker")
    gone.set_defaults(func=lambda asked: call(asked.data, f"relays/{asked.id}/remove", {}))
    candidates = actions.add_parser("candidates", help="what on a broker might be a relay")
    candidates.add_argument("--broker", required=True, help="mqtt[s]://USER@HOST:PORT")
    candidates.add_argument("--secret", type=Path, required=True, help="file of that user's secret")
    candidates.add_argument("--seconds", type=float, default=LISTEN_S, help="so long")
    candidates.set_defaults(func=_candidates)


def _relay(asked: argparse.Namespace, call: Call) -> None:
    if not all("=" in pair for pair in asked.set):
        raise Mistake("--set takes NAME=VALUE, such as pulse_ms=3000")
    wish = {"id": asked.id, "door": asked.door, "dialect": asked.dialect, "topic": asked.topic,
            "settings": asked.set}  # fmt: skip
    given = call(asked.data, "relays", wish)
    print(json.dumps(given) if asked.json else _ASSIGNED.format(door=asked.door, **given))


def _candidates(asked: argparse.Namespace) -> None:
    """One JSON object a line; nothing is adopted by being listed."""
    from hub.gateways.broker import external_address  # noqa: PLC0415

    try:
        secret = asked.secret.read_text(encoding="utf-8").strip()
        address = external_address(asked.broker, secret)
    except (OSError, ValueError) as fault:
        raise Mistake(str(fault)) from fault
    found = asyncio.run(find_candidates(address, asked.seconds))
    for line in found:
        print(json.dumps(line, ensure_ascii=False))


async def find_candidates(address: Any, listen_s: float) -> list[dict[str, Any]]:
    """Listen to a broker for a while; each candidate once, with what its owner must still say."""
    from drivers import mqtt  # noqa: PLC0415
    from drivers.relay_candidates import ASK, FILTERS, Candidate, read_candidates  # noqa: PLC0415

    found: dict[Candidate, None] = {}

    def hear(message: mqtt.Message) -> None:
        for candidate in read_candidates(message.topic, message.payload):
            if len(found) < CANDIDATES_MAX:
                found[candidate] = None

    try:
        connection = await mqtt.connect(
            address, client_id=address.username or "linli", will=None, on_message=hear
        )
    except mqtt.MqttError as fault:
        raise Mistake(f"the broker: {fault}") from fault
    try:
        await connection.subscribe([(topic, 0) for topic in FILTERS])
        connection.publish(*ASK, qos=0)
        await asyncio.sleep(listen_s)
    except mqtt.MqttError as fault:
        raise Mistake(f"the broker: {fault}") from fault
    finally:
        await connection.close()
    return [
        {"dialect": c.dialect, "topic": c.topic, "name": c.name, "settings": dict(c.settings),
         "needs": list(c.needs), "adopted": False}
        for c in found
    ]  # fmt: skip
