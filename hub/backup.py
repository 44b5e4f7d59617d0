"""Back-up, drill and restore: one sealed file that holds a whole site and proves that it does.

The file is a compressed tar inside ``hub.sealed``: first ``manifest.json`` (hashes, schema, chain
head), then settings, keys, secrets, the broker's credentials, and the database as one SQLite file,
whichever database it came from.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import secrets
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from devices.identity import write_private
from devices.mistake import Mistake
from hub import config, keys
from hub.core.ledger import Account, Flags, imbalance
from hub.sealed import Opener, SealedReader, SealedWriter, Sealer
from hub.store import chain, copies
from hub.store import tables as t
from hub.store.engine import Engines, check_schema, open_engines

FORMAT = 1
LAST_BACK_UP = "last-backup.json"
DATABASE = "database/hub.db"
MANIFEST = "manifest.json"
MANIFEST_BYTES_MAX = 1_000_000  # some hundred files of 150 bytes each
FILE_BYTES_MAX = 64 * 1024 * 1024  # settings and keys are small; something large is not ours
_SCRATCH = ".copying-"
_STALE_S = 3_600  # a scratch folder older than any copy takes: its maker was killed
_NOT_KEPT = re.compile(
    r"hub\.db(-wal|-shm|-journal)?|hub\.lock|operator\.json|last-backup\.json|\.copying-.*"
    r"|.*\.(new|part|sealed|sock)|broker/log.*"
    # whoever withdrew their face is in no copy; the file says so itself (hub/faces/keystore.py)
    r"|faces\.keys"
)


@dataclass(frozen=True, slots=True)
class Made:
    """What a back-up holds."""

    site: str
    made_at: float
    epoch: int
    chain_n: int
    files: int
    bytes: int
    left_out: tuple[str, ...]


# --------------------------------------------------------------------------- making one


def back_up(data: Path, out: Path, sealer: Sealer) -> Made:
    """Copy a site, whether its hub runs or not; ``out`` appears whole or not at all."""
    settings = config.load(data)
    _sweep(data)
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=data))
    part = out.with_name(out.name + ".part")
    try:
        engines = open_engines(settings.database)
        try:
            check_schema(engines)
            copies.copy_out(engines, scratch / "hub.db")
        finally:
            engines.close()
        manifest = _manifest(settings, scratch / "hub.db")
        _write(data, scratch / "hub.db", manifest, part, sealer)
        part.replace(out)
        _sync(out.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        part.unlink(missing_ok=True)
    last = {"made_at": manifest["made_at"], "out": str(out)}
    write_private(data / LAST_BACK_UP, json.dumps(last))
    return Made(
        manifest["site"],
        manifest["made_at"],
        manifest["epoch"],
        manifest["chain"]["n"],
        len(manifest["files"]),
        out.stat().st_size,
        tuple(manifest["left_out"]),
    )


def _sweep(data: Path) -> None:
    """A killed back-up leaves its scratch copy behind; the next one takes it away."""
    for old in data.glob(f"{_SCRATCH}*"):
        if time.time() - old.stat().st_mtime > _STALE_S:
            shutil.rmtree(old, ignore_errors=True)


def _own_files(data: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data).as_posix()
        if path.is_file() and not path.is_symlink() and not _NOT_KEPT.fullmatch(name):
            yield name, path


def _left_out(settings: config.HubSettings) -> list[str]:
    """Files elsewhere, or too large: whoever keeps them must keep them safe too."""
    http, broker = settings.http, settings.broker
    named = (http.certificate, http.key, broker.certificate, broker.key, settings.pay.folder)
    held = settings.data.resolve()
    outside = [str(path) for path in named if path and not path.resolve().is_relative_to(held)]
    large = [name for name, path in _own_files(settings.data) if not _small(path)]
    return outside + large


def _small(path: Path) -> bool:
    return path.stat().st_size <= FILE_BYTES_MAX


def _manifest(settings: config.HubSettings, database: Path) -> dict[str, Any]:
    files = {DATABASE: _told(database)}
    files |= {name: _told(path) for name, path in _own_files(settings.data) if _small(path)}
    engines = open_engines(f"sqlite:///{database}")
    try:
        with engines.read.connect() as connection:
            site = connection.execute(select(t.site)).one()
    finally:
        engines.close()
    return {
        "format": FORMAT,
        "linli": version("linli"),
        "schema": site.schema_version,
        "site": site.id,
        "made_at": time.time(),
        "epoch": site.epoch,
        "chain": {"n": site.chain_n, "hash": site.chain_hash},
        "files": files,
        "left_out": _left_out(settings),
    }


def _told(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
            "size": path.stat().st_size,
        }


def _write(
    data: Path, database: Path, manifest: dict[str, Any], part: Path, sealer: Sealer
) -> None:
    head = json.dumps(manifest, ensure_ascii=False).encode()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
        sealed = SealedWriter(raw, sealer)
        with tarfile.open(fileobj=sealed, mode="w|gz") as tar:  # type: ignore[call-overload]
            _add(tar, MANIFEST, len(head), io.BytesIO(head))
            for name in manifest["files"]:
                path = database if name == DATABASE else data / name
                with path.open("rb") as file:
                    _add(tar, name, manifest["files"][name]["size"], file)
        sealed.close()
        raw.flush()
        os.fsync(raw.fileno())


def _add(tar: tarfile.TarFile, name: str, size: int, file: Any) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    tar.addfile(member, file)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --------------------------------------------------------------------------- reading one


def unpack(file: Path, opener: Opener, folder: Path) -> dict[str, Any]:
    """Open a back-up into an empty folder; every byte is held against the manifest."""
    with file.open("rb") as raw:
        sealed = SealedReader(raw, opener)
        try:
            with tarfile.open(fileobj=sealed, mode="r|gz") as tar:  # type: ignore[call-overload]
                manifest = _read_manifest(tar)
                waiting = dict(manifest["files"])
                while (member := tar.next()) is not None:
                    _take(tar, member, waiting.pop(member.name, None), folder)
        except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError) as fault:
            raise Mistake(f"the back-up is damaged: {type(fault).__name__}") from fault
        while sealed.read(1 << 20):
            pass
    if waiting:
        raise Mistake(f"the back-up lacks {min(waiting)}")
    return manifest


def _read_manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    first = tar.next()
    held = tar.extractfile(first) if first and first.name == MANIFEST else None
    if held is None or first is None or first.size > MANIFEST_BYTES_MAX:
        raise Mistake("the back-up has no manifest")
    manifest: dict[str, Any] = json.loads(held.read())
    if manifest["format"] != FORMAT or manifest["schema"] > t.SCHEMA_VERSION:
        raise Mistake(
            f"the back-up is of linli {manifest.get('linli')}: install that release or a newer one"
        )
    return manifest


def _take(
    tar: tarfile.TarFile, member: tarfile.TarInfo, told: dict[str, Any] | None, folder: Path
) -> None:
    parts = Path(member.name).parts
    held = tar.extractfile(member) if member.isfile() else None
    if told is None or held is None or Path(member.name).is_absolute() or ".." in parts:
        raise Mistake(f"the back-up holds {member.name!r}, which its manifest does not name")
    target = folder / member.name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while block := held.read(1 << 20):
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != told["sha256"]:
        raise Mistake(f"{member.name} in the back-up is not what its manifest says")


@contextmanager
def _opened(file: Path, opener: Opener, beside: Path | None) -> Iterator[tuple[Path, Any]]:
    folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=beside))
    try:
        yield folder, unpack(file, opener, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def drill(file: Path, opener: Opener, beside: Path | None = None) -> dict[str, Any]:
    """Restore into a temporary place and look: opens, verifies, adds up, keys fit; then forget."""
    with _opened(file, opener, beside) as (folder, manifest):
        found: dict[str, Any] = {
            "ok": True,
            "site": manifest["site"],
            "made_at": manifest["made_at"],
            "linli": manifest["linli"],
            "epoch": manifest["epoch"],
            "left_out": manifest["left_out"],
        }
        return found | _examine(folder, manifest)


def _examine(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    database = folder / DATABASE
    faults: list[str] = [] if copies.sound(database) else ["the database file is damaged"]
    engines = open_engines(f"sqlite:///{database}")
    told: dict[str, Any] = {}
    try:
        check_schema(engines)
        with engines.read.connect() as connection:
            verdict = chain.verify(connection)
            site = connection.execute(select(t.site)).one()
            accounts = connection.execute(select(t.accounts)).all()
            told = {"links": verdict.links, "rows": copies.counts(connection)}
        if not verdict.fine:
            faults.append(f"{verdict.table} row {verdict.n}: {verdict.fault}")
        if [site.chain_n, site.chain_hash] != list(manifest["chain"].values()):
            faults.append("the chain's head is not the manifest's")
        rows = [row._asdict() for row in accounts]
        uneven = imbalance(Account(**(row | {"flags": Flags(row["flags"])})) for row in rows)
        if uneven != (0, 0):
            faults.append(f"the ledger is out of balance by {uneven} fen")
        _keys_fit(folder, engines)
    except SQLAlchemyError as fault:
        faults.append(f"the database cannot be read: {type(fault).__name__}")
    except Mistake as mistake:
        faults.append(str(mistake))
    finally:
        engines.close()
    return told | ({"ok": False, "faults": faults} if faults else {})


def _keys_fit(folder: Path, engines: Engines) -> None:
    """Keys and database are of the same site: a sealed secret of one opens with the other."""
    held = keys.load(folder)
    with engines.read.connect() as connection:
        member = connection.execute(select(t.staff.c.name, t.staff.c.totp_sealed).limit(1)).first()
    if member is not None:
        held.open_envelope(member.totp_sealed, f"totp:{member.name}")


# --------------------------------------------------------------------------- bringing it back


@dataclass(frozen=True, slots=True)
class Returned:
    """A restored site: its settings, how it is named, and what its doors may know more about."""

    settings: config.HubSettings
    mark: str
    manifest: dict[str, Any]


def bring_back(file: Path, opener: Opener, data: Path, address: str = "") -> Returned:
    """Restore into a new folder; it appears whole or not at all. ``address``: another database."""
    if data.exists() and any(data.iterdir()):
        raise Mistake(f"{data} is not empty: restore into a new folder")
    data.parent.mkdir(parents=True, exist_ok=True)
    with _opened(file, opener, data.parent) as (folder, manifest):
        found = _examine(folder, manifest)
        if not found.get("ok", True):
            raise Mistake(f"this back-up does not hold: {found['faults'][0]}")
        _set_database(folder / "hub.toml", address)
        database = folder / DATABASE
        if address:
            copies.copy_in(database, address)
            database.unlink()
        else:
            database.replace(folder / "hub.db")
        database.parent.rmdir()
        if data.exists():
            data.rmdir()
        folder.replace(data)
    _sync(data.parent)
    settings = config.load(data)
    return Returned(settings, f"r-{secrets.token_hex(8)}", manifest)


def _set_database(toml: Path, address: str) -> None:
    """The old address names the old database: a restored site never writes into that."""
    lines = toml.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not re.match(r"\s*database\s*=", line)]
    if address:
        where = next((i for i, line in enumerate(kept) if line.strip() == "[hub]"), None)
        if where is None:
            kept, where = ["[hub]", *kept], 0
        kept.insert(where + 1, f"database = {json.dumps(address)}")
    toml.write_text("\n".join(kept) + "\n", encoding="utf-8")
    toml.chmod(0o600)
