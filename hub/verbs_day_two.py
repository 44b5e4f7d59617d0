"""What an operator does after the first day: back-up, restore, update, support, services."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import json
import os
import secrets
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from devices.identity import write_private
from devices.mistake import Mistake
from hub import verbs
from hub.asking import call
from hub.verbs import write_offline

PASSPHRASE_VARIABLE = "LINLI_PASSPHRASE"  # noqa: S105 (a name, not a word)


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("data"), help="the data folder")


# --------------------------------------------------------------------------- back-up


def backup(parser: argparse.ArgumentParser) -> None:
    """Copy a site into one sealed file, while its hub runs or not."""
    parser.description = (
        "Copy a site into one sealed file, beside a running hub or without one. Sealed by a "
        f"passphrase (asked, or in {PASSPHRASE_VARIABLE}, or --passphrase-file) or, with --to, "
        "for a private key that need not be on this machine."
    )
    _folder(parser)
    parser.add_argument("--out", type=Path, help="the file to make")
    parser.add_argument("--to", type=Path, help="public key made by --new-key")
    parser.add_argument("--passphrase-file", type=Path, help="a file that holds it")
    parser.add_argument("--new-key", type=Path, metavar="FILE", help="make a key pair and stop")
    parser.set_defaults(func=_backup)


def _backup(asked: argparse.Namespace) -> None:
    from hub.backup import back_up  # noqa: PLC0415

    if asked.new_key is not None:
        _new_key(asked.new_key)
        return
    if asked.out is None:
        raise Mistake("--out names the file to make")
    if not asked.out.absolute().parent.is_dir():
        raise Mistake(f"{asked.out.absolute().parent} is no folder")
    sealer = _public(asked.to) if asked.to else _passphrase(asked.passphrase_file, twice=True)
    made = back_up(asked.data, asked.out.absolute(), sealer)
    print(json.dumps({"out": str(asked.out), **asdict(made)}))


def _new_key(path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415

    if path.exists():
        raise Mistake(f"{path} exists; a key is never replaced")
    key = X25519PrivateKey.generate()
    write_private(path, key.private_bytes_raw().hex())
    public = path.with_name(path.name + ".pub")
    public.write_text(key.public_key().public_bytes_raw().hex() + "\n", encoding="utf-8")
    print(json.dumps({"private": str(path), "public": str(public)}))


def _public(path: Path) -> Any:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey  # noqa: PLC0415

    return X25519PublicKey.from_public_bytes(_key_bytes(path))


def _private(path: Path) -> Any:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415

    return X25519PrivateKey.from_private_bytes(_key_bytes(path))


def _key_bytes(path: Path) -> bytes:
    try:
        raw = bytes.fromhex(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as fault:
        raise Mistake(f"{path} is no key: make one with `linli backup --new-key FILE`") from fault
    if len(raw) != 32:
        raise Mistake(f"{path} is no key of 32 bytes")
    return raw


def _passphrase(file: Path | None, *, twice: bool = False) -> Any:
    from hub.sealed import Passphrase  # noqa: PLC0415

    if file is not None:
        try:
            return Passphrase(file.read_text(encoding="utf-8").strip())
        except OSError as fault:
            raise Mistake(f"{file} cannot be read: {fault.strerror}") from fault
    if given := os.environ.get(PASSPHRASE_VARIABLE):
        return Passphrase(given)
    try:
        typed = getpass.getpass("passphrase: ")
        if twice and getpass.getpass("once more: ") != typed:
            raise Mistake("the two differ")
    except EOFError as fault:
        raise Mistake("nobody typed a passphrase: use --passphrase-file or --to") from fault
    return Passphrase(typed)


# --------------------------------------------------------------------------- restore


def restore(parser: argparse.ArgumentParser) -> None:
    """Bring a back-up back, or prove that it could be."""
    parser.description = (
        "Bring a back-up into a new folder, or with --check prove that it could be. After a "
        "restore each door is asked what it still holds; until it has told, its policy stays as "
        "it is. --release DEVICE takes the hub's word instead, with --reason."
    )
    _folder(parser)
    parser.add_argument("file", type=Path, nargs="?", help="the back-up")
    parser.add_argument("--check", action="store_true", help="a drill in a temporary place")
    parser.add_argument("--key", type=Path, help="the private key it was sealed for")
    parser.add_argument("--passphrase-file", type=Path, help="a file that holds it")
    parser.add_argument("--database", default="", help="an empty database to restore into")
    parser.add_argument("--endings", type=Path, metavar="FILE", help="endings.sealed of the old "
                        "data folder, where that is left")  # fmt: skip
    parser.add_argument("--release", metavar="DEVICE", help="do not wait for this device")
    parser.add_argument("--reason", default="", help="why, for the log")
    parser.set_defaults(func=_restore)


def _restore(asked: argparse.Namespace) -> int:
    from hub.backup import bring_back, drill  # noqa: PLC0415
    from hub.store.engine import open_engines  # noqa: PLC0415

    if asked.release:
        if not asked.reason.strip():
            raise Mistake("--reason says why nobody waits for this device")
        call(asked.data, f"recalls/{asked.release}/release", {"reason": asked.reason})
        print(json.dumps({"released": asked.release}))
        return 0
    if asked.file is None or not asked.file.is_file():
        raise Mistake("name the back-up file")
    opener = _private(asked.key) if asked.key else _passphrase(asked.passphrase_file)
    if asked.check:
        found = drill(asked.file, opener)
        print(json.dumps(found))
        return 0 if found["ok"] else 1
    from hub.acts.restoring import Restored, mark_restored  # noqa: PLC0415

    if asked.endings is not None and not asked.endings.is_file():
        raise Mistake(f"{asked.endings} is no file")
    done = bring_back(asked.file, opener, asked.data.absolute(), asked.database)
    engines = open_engines(done.settings.database)
    try:
        what = Restored(done.mark, done.manifest["made_at"], done.manifest["epoch"])
        write_offline(engines, mark_restored, what)
        if asked.endings is not None:
            _end_again(engines, done, asked.endings)
    finally:
        engines.close()
    told = {"site": done.manifest["site"], "data": str(asked.data), "mark": done.mark}
    print(json.dumps(told | {"left_out": done.manifest["left_out"]}))
    return 0


def _end_again(engines: Any, done: Any, file: Path) -> None:
    """What the old machine had ended since the copy is ended before anybody is let in."""
    from hub import keys  # noqa: PLC0415
    from hub.acts.restoring import end_again, endings_known, in_parts  # noqa: PLC0415
    from hub.endings import unseal  # noqa: PLC0415

    held = keys.load(done.settings.data)
    site, since_epoch = done.manifest["site"], done.manifest["epoch"]
    ended = unseal(held, site, file.read_bytes(), since_epoch)
    if ended is None:
        raise Mistake(f"{file} was not made by the hub of this back-up, or before it: "
                      "the site is restored, "
                      "and its devices will be asked instead")  # fmt: skip
    for part in in_parts(ended):
        write_offline(engines, end_again, part)
    write_offline(engines, endings_known, None)


# --------------------------------------------------------------------------- the log


def audit(parser: argparse.ArgumentParser) -> None:
    """Verify, export and keep the log."""
    from hub.exporting import FORMATS  # noqa: PLC0415

    actions = verbs.audit(parser)
    export = actions.add_parser("export", help="the log, or who read about whom, row by row")
    _folder(export)
    export.add_argument("--format", choices=FORMATS, default="jsonl", help="of the rows")
    export.add_argument("--what", choices=["log", "access"], default="log", help="which of them")
    export.add_argument("--from", dest="from_", default="", help="2026-11-01, the site's time")
    export.add_argument("--to", default="", help="up to, without it")
    export.add_argument("--out", type=Path, help="a file instead of standard output")
    export.add_argument(
        "--duress", action="store_true", help="with what only named responders may know of"
    )
    export.set_defaults(func=_audit_export)
    keep = actions.add_parser("keep", help="how long what is kept; without a scope: the rules")
    _folder(keep)
    keep.add_argument("scope", nargs="?", default="", help="such as events or events/contact")
    keep.add_argument("--days", type=int, help="at least so many")
    keep.add_argument("--forever", action="store_true", help="end the rule")
    keep.add_argument("--now", action="store_true", help="forget what is too old at once")
    keep.set_defaults(func=_audit_keep)


def _audit_export(asked: argparse.Namespace) -> None:
    from sqlalchemy import select  # noqa: PLC0415

    from hub import config  # noqa: PLC0415
    from hub.exporting import export, moment  # noqa: PLC0415
    from hub.store import tables as t  # noqa: PLC0415
    from hub.store.engine import check_schema, open_engines  # noqa: PLC0415

    engines = open_engines(config.load(asked.data).database)
    check_schema(engines)
    with contextlib.ExitStack() as held:
        held.callback(engines.close)
        connection = held.enter_context(engines.read.connect())
        zone = connection.execute(select(t.site.c.time_zone)).scalar_one()
        from_s = moment(asked.from_, zone) if asked.from_ else None
        to_s = moment(asked.to, zone) if asked.to else None
        out: Any = sys.stdout
        if asked.out is not None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            handle = os.open(asked.out, flags, 0o600)
            out = held.enter_context(os.fdopen(handle, "w", encoding="utf-8", newline=""))
        what, form = asked.what, asked.format
        count = export(connection, out, what, form, from_s, to_s, duress=asked.duress)
    print(json.dumps({"rows": count}), file=sys.stderr)


def _audit_keep(asked: argparse.Namespace) -> None:
    body: dict[str, Any] = {"run": asked.now}
    if asked.scope:
        if asked.forever == (asked.days is not None):
            raise Mistake("say either --days N or --forever")
        body |= {"scope": asked.scope, "days": asked.days}
    print(json.dumps(call(asked.data, "retention", body)))


# --------------------------------------------------------------------------- services, support


def systemd(parser: argparse.ArgumentParser) -> None:
    """systemd units for the parts of this machine."""
    from hub.services import UNITS  # noqa: PLC0415

    parser.description = "Write systemd units for the parts that run on this machine."
    actions = parser.add_subparsers(required=True, metavar="install")
    install = actions.add_parser("install", help="write them, or with --dry-run print them")
    install.add_argument("parts", nargs="+", choices=UNITS, help="what runs on this machine")
    install.add_argument("--root", type=Path, default=Path("/opt/linli"), help="where releases lie")
    install.add_argument(
        "--data", type=Path, default=Path("/var/lib/linli"), dest="place", help="where data lies"
    )
    install.add_argument("--user", default="linli", help="who runs it")
    install.add_argument("--port", type=int, default=0, help="the hub's, if below 1024")
    install.add_argument("--backup-to", default="", metavar="KEY.pub", help="a nightly back-up")
    install.add_argument(
        "--units", type=Path, default=Path("/etc/systemd/system"), help="where units lie"
    )
    install.add_argument("--dry-run", action="store_true", help="print them, write nothing")
    install.set_defaults(func=_systemd_install)


def _systemd_install(asked: argparse.Namespace) -> None:
    from hub.services import Place, units  # noqa: PLC0415

    place = Place(asked.root, asked.place, asked.user)
    made = units(place, asked.parts, port=asked.port, backup_key=asked.backup_to)
    if asked.dry_run:
        for name, text in made.items():
            print(f"# {asked.units / name}\n{text}")
        return
    if not place.program.exists():
        raise Mistake(f"{place.program} is missing: install the program there first")
    try:
        for name, text in made.items():
            (asked.units / name).write_text(text, encoding="utf-8")
            (asked.units / name).chmod(0o644)
    except OSError as fault:
        raise Mistake(f"{asked.units} cannot be written: {fault.strerror}; be root") from fault
    print(json.dumps({"written": [str(asked.units / name) for name in made]}))
    print("now: systemctl daemon-reload, then systemctl enable --now each of them", file=sys.stderr)


def support(parser: argparse.ArgumentParser) -> None:
    """A bundle for whoever helps, with nobody in it."""
    parser.description = "Bundle versions, settings, counters and logs, without personal details."
    _folder(parser)
    parser.add_argument("--out", type=Path, required=True, help="such as support.tar.gz")
    parser.set_defaults(func=_support)


def _support(asked: argparse.Namespace) -> None:
    from hub.doctor import look_at_machine  # noqa: PLC0415
    from hub.support import bundle  # noqa: PLC0415

    def look() -> str:
        found = look_at_machine(asked.data)
        lines = [f"{'fine' if one.fine else 'MISSING'} {one.what}: {one.told}" for one in found]
        return "\n".join([*lines, *_metrics(asked.data)])

    made = bundle(asked.data, asked.out.absolute(), look)
    print(json.dumps({"out": str(asked.out), **asdict(made)}))


def _metrics(data: Path) -> list[str]:
    import httpx  # noqa: PLC0415

    try:
        where = json.loads((data / "operator.json").read_text(encoding="utf-8"))
        answer = httpx.get(
            f"{where['url']}/metrics",
            timeout=10.0,
            trust_env=False,
            verify=False,  # noqa: S501 - the machine's own hub; the token file names where it is
        )
    except (OSError, ValueError, KeyError, httpx.HTTPError):
        return ["the hub does not run"]
    return answer.text.splitlines()


# --------------------------------------------------------------------------- update


def update(parser: argparse.ArgumentParser) -> None:
    """A new release: back-up, rehearsal, switch, and back if it does not come up."""
    parser.description = (
        "Install a wheel beside the running release, rehearse it on the back-up just made, switch "
        "the link ROOT/current, restart, wait for /ready; go back if it does not come."
    )
    _folder(parser)
    parser.add_argument("wheel", type=Path, help="the new release")
    parser.add_argument("--root", type=Path, default=Path("/opt/linli"), help="where releases lie")
    parser.add_argument("--backup", type=Path, required=True, help="the back-up file to make first")
    parser.add_argument("--to", type=Path, help="public key; without it a passphrase is used")
    parser.add_argument("--passphrase-file", type=Path, help="a file that holds it")
    parser.add_argument("--service", default="linli-hub", help="the systemd unit to restart")
    parser.add_argument("--control", default="systemctl", help="a program that takes: restart UNIT")
    parser.add_argument("--ready-s", type=float, default=60.0, help="how long to wait for /ready")
    parser.add_argument("--pip", action="append", default=[], help="more for pip; may be repeated")
    parser.set_defaults(func=_update)


def _update(asked: argparse.Namespace) -> int:
    from hub.updating import Readiness, Steps, install, name_of, run  # noqa: PLC0415
    from hub.updating import update as go  # noqa: PLC0415

    if not asked.wheel.is_file():
        raise Mistake(f"{asked.wheel} is no file")
    sealer = _public(asked.to) if asked.to else _passphrase(asked.passphrase_file)
    site = _Site(asked.data, asked.backup.absolute(), sealer)
    ready = Readiness(asked.data, asked.ready_s)

    def rehearse(target: Path) -> None:
        linli = [str(target / "bin" / "linli")]
        check = [*linli, "config", "check", "--data", str(asked.data)]
        run(check, "the new release does not take these settings")
        if asked.to is None:
            drill = [*linli, "restore", str(site.out), "--check"]
            words = {PASSPHRASE_VARIABLE: sealer.text}
            run(drill, "the new release does not read the back-up", words)

    def control(word: str) -> None:
        ready.restarting()
        run([asked.control, word, asked.service], f"{asked.control} {word} failed")

    steps = Steps(
        back_up=site.back_up,
        install=lambda target: install(target, asked.wheel.absolute(), asked.pip),
        rehearse=rehearse,
        stop=lambda: control("stop"),
        restart=lambda: control("restart"),
        ready=ready,
        schema=site.schema,
        bring_back=site.bring_back,
    )
    try:
        done = go(asked.root, name_of(asked.wheel), steps, lambda t: print(t, file=sys.stderr))
    finally:
        site.forget_copy()
    print(json.dumps({"updated": done, "backup": str(site.out)}))
    return 0 if done else 1


class _Site:
    """The site of an update: its sealed back-up, and a plain copy to go back to."""

    def __init__(self, data: Path, out: Path, sealer: Any) -> None:
        from hub import config  # noqa: PLC0415

        self._data, self.out, self._sealer = data, out, sealer
        self._database = config.load(data).database
        self._copy = data / ".copying-update"

    def back_up(self) -> None:
        """Both of them, before anything else."""
        from hub.backup import back_up  # noqa: PLC0415
        from hub.store.copies import copy_out  # noqa: PLC0415
        from hub.store.engine import open_engines  # noqa: PLC0415

        back_up(self._data, self.out, self._sealer)
        self.forget_copy()
        self._copy.mkdir(mode=0o700)
        engines = open_engines(self._database)
        try:
            copy_out(engines, self._copy / "hub.db")
        finally:
            engines.close()

    def schema(self) -> int:
        """The schema that the database has now."""
        from sqlalchemy import select  # noqa: PLC0415

        from hub.store import tables as t  # noqa: PLC0415
        from hub.store.engine import open_engines  # noqa: PLC0415

        engines = open_engines(self._database)
        try:
            with engines.read.connect() as connection:
                return int(connection.execute(select(t.site.c.schema_version)).scalar_one())
        finally:
            engines.close()

    def bring_back(self) -> None:
        """The copy in the database's place; the doors are asked for what came after it."""
        from hub.acts.restoring import Restored, mark_restored  # noqa: PLC0415
        from hub.store.engine import open_engines  # noqa: PLC0415

        if not self._database.startswith("sqlite"):
            raise Mistake(f"restore {self.out} into an empty PostgreSQL database by hand")
        file = Path(self._database.removeprefix("sqlite:///"))
        for old in (file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            old.unlink(missing_ok=True)
        (self._copy / "hub.db").replace(file)
        engines = open_engines(self._database)
        try:
            mark = f"r-{secrets.token_hex(8)}"
            write_offline(engines, mark_restored, Restored(mark, time.time(), 0))
        finally:
            engines.close()

    def forget_copy(self) -> None:
        """The plain copy has done its duty."""
        shutil.rmtree(self._copy, ignore_errors=True)
