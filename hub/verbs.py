"""The hub's verbs of `linli`: init, hub, load, device, audit, config."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import available_timezones

from devices import logs
from devices.identity import KINDS, Identity, PublicIdentity, write_private
from devices.mistake import Mistake
from devices.verbs import run_until_signal
from hub.asking import answer_of, call

ROWS_AT_ONCE = 1_000
PRINT_S = 900.0  # two thousand letters on a small machine
BACKLOG = 2_048  # connections that wait while the loop works; uvicorn's own number


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("data"), help="the data folder")


# --------------------------------------------------------------------------- init


def init(parser: argparse.ArgumentParser) -> None:
    """Make a new site: keys, database, settings, and the first administrator's code."""
    parser.description = "Make a new site: keys, database, settings, one administrator's code."
    _folder(parser)
    parser.add_argument("--site", required=True, help="id of the site, such as liuxi")
    parser.add_argument("--name", default="", help="the site's name as people say it")
    parser.add_argument("--names", default="", help="the name in three languages, as JSON")
    parser.add_argument("--zone", default="Asia/Shanghai", help="IANA time zone of the site")
    parser.add_argument("--database", default="", help="sqlite:/// or postgresql:// address")
    parser.add_argument("--host", default="127.0.0.1", help="the address the hub listens on")
    parser.add_argument("--port", type=int, default=8460, help="HTTP port")
    parser.add_argument("--origin", default="", help="https://name under which pages are reached")
    parser.add_argument("--certificate", default="", help="a PEM file, to serve HTTPS")
    parser.add_argument("--key", default="", help="its private key")
    parser.add_argument("--broker-port", type=int, default=8461, help="of the managed broker")
    kinds = ["auto", "mosquitto", "amqtt"]
    parser.add_argument("--broker-kind", default="auto", choices=kinds, help="which program")
    parser.add_argument("--pay-url", default="", help="base address of the payment provider")
    parser.add_argument("--pay-folder", default="", help="folder with the merchant's keys")
    parser.add_argument("--demo", action="store_true", help="a site of made-up people")
    parser.set_defaults(func=_init)


def _init(asked: argparse.Namespace) -> None:
    from devices import wire  # noqa: PLC0415
    from hub import config, keys  # noqa: PLC0415
    from hub.acts.staff import NewClaim, offer_claim  # noqa: PLC0415
    from hub.core.otp import claim_code, spelled  # noqa: PLC0415
    from hub.gateways.broker import ManagedBroker  # noqa: PLC0415
    from hub.store.engine import create, open_engines  # noqa: PLC0415

    if not wire.is_id(asked.site):
        raise Mistake("--site is an id such as liuxi: small letters, digits and hyphens")
    if asked.zone not in available_timezones():
        raise Mistake(f"no time zone {asked.zone!a}: write it like Asia/Shanghai")
    asked.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (asked.data / "hub.toml").exists():
        raise Mistake(f"{asked.data} already holds a site")
    keys.make(asked.data, asked.site, time.time())
    _write_toml(asked)
    settings = config.load(asked.data)
    names = json.loads(asked.names) if asked.names else {}
    name = names or dict.fromkeys(("zh-Hans", "zh-Hant", "en"), asked.name or asked.site)
    engines = open_engines(settings.database)
    create(engines, asked.site, name, asked.zone, demo=asked.demo)
    (asked.data / "secrets").mkdir(exist_ok=True, mode=0o700)
    broker = ManagedBroker(asked.data, settings.broker.port, site=asked.site, hub=settings.hub)
    secret = asyncio.run(broker.add_credential(settings.hub))
    write_private(asked.data / "secrets" / "broker-hub", secret)
    code = claim_code(secrets.choice)
    mark = keys.load(asked.data).mark("staff-code", code)
    write_offline(engines, offer_claim, NewClaim(mark, "administrator"))
    engines.close()
    told = {"site": asked.site, "data": str(asked.data), "administrator_code": spelled(code)}
    print(json.dumps(told))


def staff(parser: argparse.ArgumentParser) -> None:
    """Members of staff: a code for a new one, the end of one."""
    from hub.core.may import CLAIMABLE  # noqa: PLC0415

    parser.description = "Let a member of staff come in, by a code that is good once, or leave."
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    offer = actions.add_parser("offer", help="print a code for a new member; a week, once")
    _folder(offer)
    offer.add_argument("--role", required=True, choices=CLAIMABLE, help="what they may do")
    offer.set_defaults(func=_staff_offer)
    end = actions.add_parser("end", help="a member leaves: sessions and doors end at once")
    _folder(end)
    end.add_argument("name", help="as they sign in")
    end.set_defaults(func=_staff_end)


def _staff_offer(asked: argparse.Namespace) -> None:
    print(json.dumps(call(asked.data, "staff/claims", {"role": asked.role})))


def _staff_end(asked: argparse.Namespace) -> None:
    call(asked.data, f"staff/{quote(asked.name, safe='')}/end", {})
    print(json.dumps({"name": asked.name, "ended": True}))


def _write_toml(asked: argparse.Namespace) -> None:
    def text(value: object) -> str:
        return json.dumps(str(value), ensure_ascii=False)

    lines = ["[hub]", 'id = "hub-1"']
    if asked.database:
        lines.append(f"database = {text(asked.database)}")
    lines += ["", "[http]", f"host = {text(asked.host)}", f"port = {asked.port}"]
    for name in ("origin", "certificate", "key"):
        if getattr(asked, name):
            lines.append(f"{name} = {text(getattr(asked, name))}")
    lines += ["", "[broker]", 'url = "managed"', f"port = {asked.broker_port}"]
    lines.append(f"kind = {text(asked.broker_kind)}")
    if asked.pay_url:
        lines += ["", "[pay]", f"base_url = {text(asked.pay_url)}"]
        lines.append(f"folder = {text(asked.pay_folder)}")
    write_private(asked.data / "hub.toml", "\n".join(lines) + "\n")


def write_offline(engines: Any, act: Any, request: Any) -> Any:
    """Run one act without a hub; only before the hub ever ran."""
    from hub.store.lease import take_lease  # noqa: PLC0415
    from hub.store.writer import Batcher, Writer  # noqa: PLC0415

    async def work() -> Any:
        holder = secrets.token_hex(8)
        epoch = take_lease(engines, holder, time.time())
        faults: list[BaseException] = []
        writer = Writer(
            Batcher(engines, epoch, holder), lambda: datetime.now(UTC), faults.append, inline=True
        )
        value = await writer.submit(act, request)
        await writer.close()
        return value

    return asyncio.run(work())


# --------------------------------------------------------------------------- hub


def hub(parser: argparse.ArgumentParser) -> None:
    """Run the hub until it is told to stop."""
    parser.description = "Run the hub."
    actions = parser.add_subparsers(required=True, metavar="run")
    run = actions.add_parser("run", help="serve until interrupted")
    _folder(run)
    run.set_defaults(func=_hub_run)


def _hub_run(asked: argparse.Namespace) -> None:
    from hub import config  # noqa: PLC0415

    logs.start()
    run_until_signal(_serve(config.load(asked.data)), _new_loop)


def _new_loop() -> asyncio.AbstractEventLoop:
    """libuv's loop where it is installed; eight turns of a loop are passed while somebody waits.

    Only the hub has it: its timers count whole milliseconds, and a reader's line needs finer ones.
    """
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def listen(host: str, port: int) -> socket.socket:
    """The hub's HTTP port, before anything is started for a hub that nobody could reach."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as fault:
        raise Mistake(
            f"port {port} is taken or not for this user ({fault.strerror}): stop the other "
            "program (ss -ltnp shows it) or choose another port in hub.toml"
        ) from fault


async def _serve(settings: Any) -> None:
    from hub.api.server import make_app, make_server  # noqa: PLC0415
    from hub.app import Running  # noqa: PLC0415

    running = Running(settings)
    sock = listen(settings.http.host, settings.http.port)
    try:
        hub_running = await running.start()
        app, gate = make_app(hub_running)
        server = make_server(app, hub_running)
        token = settings.data / "operator.json"
        scheme = "https" if settings.http.certificate else "http"
        everywhere = settings.http.host in ("0.0.0.0", "::")  # noqa: S104 (comparing)
        host = "127.0.0.1" if everywhere else settings.http.host
        body = {"url": f"{scheme}://{host}:{settings.http.port}", "token": gate.operator_token}
        write_private(token, json.dumps(body))
        seen_at = settings.http.origin or body["url"]
        print(json.dumps({"hub": settings.hub, "console": f"{seen_at}/console/"}), flush=True)
        serving = asyncio.ensure_future(server.serve(sockets=[sock]))
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            await serving
            raise
        finally:
            token.unlink(missing_ok=True)
    finally:
        sock.close()
        await running.stop()


# --------------------------------------------------------------------------- the operator's calls


LOAD_ORDER = (  # what is named comes before what names it
    "households", "people", "calendars", "schedules", "areas", "doors", "groups", "door_groups",
    "rules", "bells", "bills", "alert_policies", "responders",
)  # fmt: skip


def letters(parser: argparse.ArgumentParser) -> None:
    """Print letters with codes for phones."""
    parser.description = "Print a letter for each household; newer letters void older ones."
    _folder(parser)
    parser.add_argument("--out", type=Path, required=True, help="where to write the PDF")
    parser.add_argument("--building", default="", help="only this building, such as 1")
    tags = ["zh-Hans", "zh-Hant", "en"]
    parser.add_argument("--language", default="zh-Hans", choices=tags, help="of the words")
    parser.set_defaults(func=_letters)


def _letters(asked: argparse.Namespace) -> None:
    body = {"building": asked.building, "language": asked.language}
    made = answer_of(asked.data, "letters", body, timeout_s=PRINT_S).content
    handle = os.open(asked.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(made)
    print(json.dumps({"out": str(asked.out), "bytes": len(made)}))


def load(parser: argparse.ArgumentParser) -> None:
    """Load a roster (JSON: households, people, doors, schedules, rules, bills, alert policies)."""
    parser.description = "Load households, people, doors, rules and bills; repeatable."
    _folder(parser)
    parser.add_argument("file", type=Path, help="roster.json; see docs/doors.md")
    parser.set_defaults(func=_load)


def _load(asked: argparse.Namespace) -> None:
    try:
        body = json.loads(asked.file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise Mistake(f"{asked.file} cannot be read as JSON: {fault}") from fault
    if not isinstance(body, dict) or not body.keys() <= set(LOAD_ORDER):
        raise Mistake(f"{asked.file} is one object with lists called {', '.join(LOAD_ORDER)}")
    counts = {}
    for kind in LOAD_ORDER:
        rows = body.get(kind, [])
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = rows[start : start + ROWS_AT_ONCE]
            try:
                call(asked.data, "roster", {"kind": kind, "rows": part})
            except Mistake as fault:
                raise Mistake(f"{kind} from row {start + 1}: {fault}") from fault
        counts[kind] = len(rows)
    print(json.dumps(counts))


# --------------------------------------------------------------------------- devices


def device(parser: argparse.ArgumentParser) -> None:
    """Identities and adoption of devices."""
    parser.description = "Look at wires; make a device's identity, show it, adopt it."
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    make = actions.add_parser("identity", help="on the device: make keys, show the fingerprint")
    _folder(make)
    make.add_argument("--id", required=True, help="its name at the hub, such as gate")
    make.add_argument("--kind", required=True, choices=KINDS, help="what it is")
    make.set_defaults(func=_device_identity)
    adopt = actions.add_parser("adopt", help="at the hub: take a device in")
    _folder(adopt)
    adopt.add_argument("public", type=Path, help="the device's public.json")
    adopt.add_argument("--fingerprint", required=True, help="as read off the device")
    adopt.add_argument("--out", type=Path, required=True, help="where to write adoption.json")
    adopt.set_defaults(func=_device_adopt)
    from devices.wires import register_wires  # noqa: PLC0415
    from hub.foreign import register_relays  # noqa: PLC0415

    register_relays(actions, call)
    register_wires(actions)


def _device_identity(asked: argparse.Namespace) -> None:
    from devices import wire  # noqa: PLC0415

    if not wire.is_id(asked.id):
        raise Mistake("--id is an id such as gate-east: small letters, digits and hyphens")
    asked.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (asked.data / "identity.json").exists():
        identity = Identity.load(asked.data)
    else:
        identity = Identity.make(asked.id, asked.kind)
        identity.save(asked.data)
    public = identity.public
    (asked.data / "public.json").write_text(public.as_json(), encoding="utf-8")
    print(json.dumps({"device": public.device, "fingerprint": public.fingerprint}))


def _device_adopt(asked: argparse.Namespace) -> None:
    public = PublicIdentity.from_json(asked.public.read_text(encoding="utf-8"))
    body = json.loads(public.as_json()) | {"fingerprint": asked.fingerprint}
    told = call(asked.data, "devices", body)
    write_private(asked.out, told["adoption"])
    print(json.dumps({"device": public.device, "adopted": True}))


# --------------------------------------------------------------------------- Home Assistant


def ha(parser: argparse.ArgumentParser) -> None:
    """Home Assistant at this site."""
    from hub.foreign import register_ha  # noqa: PLC0415

    register_ha(parser, call)


# --------------------------------------------------------------------------- audit and config


def audit(parser: argparse.ArgumentParser) -> Any:
    """Verify the log; returns the actions, to which more are added."""
    parser.description = "Verify, export and keep the log."
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help="names the first altered, removed or inserted row")
    verify.add_argument("--database", default="", help="sqlite:///… or postgresql://…")
    _folder(verify)
    verify.set_defaults(func=_audit_verify)
    return actions


def _audit_verify(asked: argparse.Namespace) -> int:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from hub import config  # noqa: PLC0415
    from hub.store import chain  # noqa: PLC0415
    from hub.store.engine import check_schema, open_engines  # noqa: PLC0415

    engines = open_engines(asked.database or config.load(asked.data).database)
    check_schema(engines)
    try:
        with engines.read.connect() as connection:
            verdict = chain.verify(connection)
    except (SQLAlchemyError, ValueError, TypeError) as fault:
        print(json.dumps({"ok": False, "fault": f"unreadable: {type(fault).__name__}"}))
        return 1
    finally:
        engines.close()
    told: dict[str, Any] = {"ok": verdict.fine, "links": verdict.links}
    if not verdict.fine:
        told |= {"table": verdict.table, "n": verdict.n, "fault": verdict.fault}
        print(f"{verdict.table} row {verdict.n}: {verdict.fault}", file=sys.stderr)
    print(json.dumps(told))
    return 0 if verdict.fine else 1


def config(parser: argparse.ArgumentParser) -> None:
    """Check the settings of this machine."""
    parser.description = "Check hub.toml."
    actions = parser.add_subparsers(required=True, metavar="check")
    check = actions.add_parser("check", help="each mistake is one line that says what to write")
    _folder(check)
    check.set_defaults(func=_config_check)


def _config_check(asked: argparse.Namespace) -> None:
    from hub import config as settings  # noqa: PLC0415
    from hub import keys  # noqa: PLC0415
    from hub.gateways.outlets import Outlets  # noqa: PLC0415
    from hub.gateways.stations import Stations  # noqa: PLC0415

    found = settings.load(asked.data)
    keys.load(asked.data)
    Outlets(found.outlets, asked.data, time.time)  # names the secret that is missing
    Stations(found.stations, asked.data, lambda: datetime.now(UTC))
    print("the settings are fine")


def doctor(parser: argparse.ArgumentParser) -> None:
    """Say what this machine, its settings or an address lack."""
    parser.description = "Say what is missing, one line each, with the cure."
    _folder(parser)
    parser.add_argument("address", nargs="?", default="", help="such as https://door.example")
    parser.set_defaults(func=_doctor)


def _doctor(asked: argparse.Namespace) -> int:
    from hub.doctor import look_at_address, look_at_machine  # noqa: PLC0415

    found = look_at_address(asked.address) if asked.address else look_at_machine(asked.data)
    for finding in found:
        print(f"{'fine   ' if finding.fine else 'MISSING'}  {finding.what}: {finding.told}")
    return 0 if all(finding.fine for finding in found) else 1
