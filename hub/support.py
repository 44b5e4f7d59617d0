"""A bundle for whoever helps: versions, settings without secrets, counters, logs, and nobody in it.

Every text is held against the names, houses, cards and phones of the site before it goes in; a
line that holds one is left out whole, and counted.
"""

from __future__ import annotations

import io
import json
import platform
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from devices.identity import write_private
from devices.mistake import Mistake
from hub import config, keys
from hub.store import chain, copies
from hub.store import tables as t
from hub.store.engine import Engines, check_schema, open_engines

LINES_MAX = 5_000  # of each log, the newest; a busy week of warnings
JOURNAL_WAIT_S = 20.0
_SECRET_KEYS = re.compile(r"(?i)secret|token|password|key")
_MASKED = "[removed]"
# numbers that people are known by, whatever wrote them: mobile, identity card, card serial, keys
_NUMBERS = re.compile(
    r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?![\dXx])|(?<![0-9a-f])[0-9a-f]{14,}(?![0-9a-f])"
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What went in."""

    files: tuple[str, ...]
    lines_left_out: int


class Scrub:
    """Takes out lines that name somebody of the site; masks numbers that people are known by."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = sorted({word for word in known if len(word) >= 2}, key=len)
        self.left_out = 0

    def lines(self, text: str) -> str:
        """The text without them; only the newest lines of it."""
        kept = []
        for line in text.splitlines()[-LINES_MAX:]:
            if any(word in line for word in self._known):
                self.left_out += 1
            else:
                kept.append(_NUMBERS.sub(_MASKED, line))
        return "\n".join(kept) + "\n"


def bundle(data: Path, out: Path, look: Callable[[], str] = lambda: "") -> Bundle:
    """Write the bundle; ``look`` gives what the running hub says of itself, if it runs."""
    settings = config.load(data)
    engines = open_engines(settings.database)
    try:
        check_schema(engines)
        scrub = Scrub(_known(engines, settings))
        files = {
            "versions.json": json.dumps(_versions(), indent=1),
            "settings.json": json.dumps(_settings(settings), indent=1, default=str),
            "database.json": json.dumps(_database(engines), indent=1),
            "machine.json": json.dumps(_machine(data), indent=1),
            "running.txt": scrub.lines(look()),
            "journal.log": scrub.lines(_journal()),
        }
    except SQLAlchemyError as fault:
        raise Mistake(f"the database cannot be read: {type(fault).__name__}") from fault
    finally:
        engines.close()
    for path in sorted(data.rglob("*")):
        if path.is_file() and (path.suffix == ".log" or path.name in ("log", "log.1")):
            name = path.relative_to(data).as_posix().replace("/", "-")
            files[f"logs/{name}"] = scrub.lines(path.read_text("utf-8", "replace"))
    files["left-out.json"] = json.dumps({"lines": scrub.left_out})
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"linli-support/{name}")
            body = text.encode()
            member.size, member.mode, member.mtime = len(body), 0o600, int(time.time())
            tar.addfile(member, io.BytesIO(body))
    write_private(out, "")
    out.write_bytes(raw.getvalue())
    return Bundle(tuple(files), scrub.left_out)


def _known(engines: Engines, settings: config.HubSettings) -> list[str]:
    """Whatever names somebody: no line of the bundle may hold it."""
    columns = (
        t.people.c.name,
        t.people.c.id,
        t.people.c.phone_mark,
        t.households.c.house,
        t.cards.c.uid,
        t.phones.c.kid,
        t.phones.c.label,
        t.staff.c.name,
        t.imports.c.file,  # people name their files after people
    )
    with engines.read.connect() as connection:
        known = [
            str(value)
            for column in columns
            for value in connection.execute(select(column).where(column.is_not(None))).scalars()
        ]
        visits = connection.execute(select(t.passes.c.id, t.passes.c.label_sealed)).all()
    held = keys.load(settings.data)
    for visit in visits:  # whom a resident invited
        known.append(held.open_envelope(visit.label_sealed, f"visit:{visit.id}").decode())
        known.append(visit.id)
    for wire in settings.outlets.values():  # whom messages reach, and by which address
        known += [wire.url, wire.user, wire.sender, *wire.to]
    for station in settings.stations.values():
        known += [one for one in (station.url, station.account, station.sender) if one]
    return known


def _versions() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": dict(sorted((d.metadata["Name"], d.version) for d in distributions())),
    }


def _settings(settings: config.HubSettings) -> dict[str, Any]:
    url = make_url(settings.database)
    return {
        "hub": settings.hub,
        "database": f"{url.drivername}://{'…' if url.host else ''}",
        "http": {
            "port": settings.http.port,
            "tls": settings.http.certificate is not None,
            "loopback": settings.http.host in ("127.0.0.1", "::1", "localhost"),
        },
        "broker": {
            "managed": settings.broker.url == "managed",
            "kind": settings.broker.kind,
            "tls": settings.broker.tls_port is not None,
        },
        "pay": {"configured": bool(settings.pay.base_url)},
    }


def _database(engines: Engines) -> dict[str, Any]:
    with engines.read.connect() as connection:
        site = connection.execute(select(t.site)).one()
        kept = connection.execute(select(t.quarantine.c.source, t.quarantine.c.fault)).all()
        verdict = chain.verify(connection)
        return {
            "schema": site.schema_version,
            "epoch": site.epoch,
            "chain": {"n": site.chain_n, "fine": verdict.fine, "fault": verdict.fault},
            "rows": copies.counts(connection),
            # only the kind of each fault: its words may quote what was being written
            "quarantine": [[row.source, row.fault.partition(":")[0]] for row in kept],
        }


def _machine(data: Path) -> dict[str, Any]:
    usage = shutil.disk_usage(data)
    load = Path("/proc/loadavg")
    return {
        "disk_free_bytes": usage.free,
        "disk_bytes": usage.total,
        "load": load.read_text().split()[:3] if load.exists() else [],
        "now": time.time(),
    }


def _journal() -> str:
    """What systemd kept of our units; nothing where there is no systemd."""
    program = shutil.which("journalctl")
    if program is None:
        return ""
    asked = [program, "--no-pager", "-o", "cat", "-n", str(LINES_MAX), "-u", "linli-*"]
    try:
        done = subprocess.run(
            asked, capture_output=True, text=True, timeout=JOURNAL_WAIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
