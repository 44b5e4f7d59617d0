"""Real services for tests: found on the machine or honestly absent."""

import contextlib
import dataclasses
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"

START_S = 30  # a cold disk on a busy two-core machine
PORTS = (12_000, 30_000)  # below what the kernel gives to whoever asks for any port
SOCKET_PORT = 5432  # names the socket file only: the cluster listens on no network

HEADLESS_SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
WHOLE_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # the shell alone hints, and some text is then of another width
)


class Absent(Exception):
    """What the machine lacks and what brings it, in one line."""


def find(what: str, debian: str, *names: str, folders: str = "") -> Path:
    """The program's path; raises Absent."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), SBIN, folders])
    for name in names:
        if found := shutil.which(name, path=path):
            return Path(found)
    raise Absent(f"needs {what}: on Debian 'apt install {debian}'")


def mosquitto() -> Path:
    """The Mosquitto broker."""
    return find("mosquitto", "mosquitto", "mosquitto")


def _named_chromium() -> str | None:
    return os.environ.get("LINLI_CHROMIUM") or None


def chromium() -> Path:
    """What shows pages: the headless shell, which costs a third, or else Chromium itself.

    LINLI_CHROMIUM names one for every page, and then no other is taken.
    """
    if named := _named_chromium():
        return find(f"the browser that LINLI_CHROMIUM names ({named})", "chromium", named)
    return find("chromium", "chromium", *HEADLESS_SHELLS, *WHOLE_CHROMIUMS)


def whole_chromium() -> Path:
    """Chromium itself, which gives a page sensors and a camera as people's browsers do.

    LINLI_CHROMIUM names it too, unless what it names is a headless shell.
    """
    named = _named_chromium()
    if named and Path(named).name not in HEADLESS_SHELLS:
        return chromium()
    what = "chromium itself (its headless shell does not do)"
    return find(what, "chromium", *WHOLE_CHROMIUMS)


def initdb() -> Path:
    """PostgreSQL's initdb, from the PATH or Debian's newest version folder."""
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    newest = sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)
    return find("postgresql", "postgresql", "initdb", folders=os.pathsep.join(map(str, newest)))


def shared_file(name: str) -> Path:
    """A file of the test data beside the checkout, which is never committed; raises Absent."""
    file = SHARED / name
    if not file.exists():
        raise Absent(f"needs test data: ../shared/data/{name}")
    return file


def free_port() -> int:
    """A TCP port on loopback that is free, and not one of those that the kernel gives to others."""
    while True:
        port = PORTS[0] + secrets.randbelow(PORTS[1] - PORTS[0])
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


_drivers: list[Any] = []


@contextlib.contextmanager
def playwright() -> Iterator["Playwright"]:
    """The run's one Playwright: a second in the same thread is refused. It lives until the end."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - heavy, and only for pages

    if not _drivers:
        _drivers.append(sync_playwright().start())
    yield _drivers[0]


@contextlib.contextmanager
def browser(path: Path, *more: str) -> Iterator["Browser"]:
    """A headless browser driven by Playwright; more flags are for this one alone."""
    with playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=[*BROWSER_FLAGS, *more])
        yield running
        running.close()


def stop_playwright() -> None:
    """End the run's Playwright, if there was one."""
    while _drivers:
        _drivers.pop().stop()


def children() -> list[str]:
    """Our direct child processes that still run, as "PID COMMAND"; empty where /proc is not."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = status.read_text(encoding="utf-8", errors="replace").rpartition(")")
            state, parent = rest.split()[:2]
            if state != "Z" and int(parent) == os.getpid():
                words = status.with_name("cmdline").read_bytes().replace(b"\0", b" ")
                command = words.decode(errors="replace").strip()
                if "multiprocessing.resource_tracker" not in command:  # Python's own, to the end
                    found.append(f"{name.split()[0]} {command[:120]}")
    return found


@dataclasses.dataclass
class PostgresCluster:
    """A private cluster on a unix socket; trusts whoever can reach its folder."""

    folder: Path
    user: str
    databases: int = 0

    def url(self, database: str) -> str:
        """SQLAlchemy's address of a database."""
        return f"postgresql+psycopg://{self.user}@/{database}?host={self.folder}&port={SOCKET_PORT}"

    def new_database(self) -> str:
        """Create an empty database and return its address."""
        import psycopg  # noqa: PLC0415 - the driver is wanted only where PostgreSQL is

        self.databases += 1
        name = f"test_{self.databases}"
        told = f"host={self.folder} port={SOCKET_PORT} user={self.user} dbname=postgres"
        with psycopg.connect(told, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)


def _account() -> pwd.struct_passwd | None:
    """Who runs PostgreSQL, which refuses root: None for ourselves; raises Absent."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Absent("needs a user other than root to run postgresql")


def _run_as(account: pwd.struct_passwd | None, folder: Path, *words: str | Path) -> None:
    with (folder / "errors").open("ab") as errors:
        done = subprocess.run(
            words,
            cwd=folder,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the server inherits these: a pipe would stay open
            stderr=errors,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{words[0]}: {(folder / 'errors').read_text(errors='replace')}")


@contextlib.contextmanager
def postgres() -> Iterator[PostgresCluster]:
    """A private PostgreSQL in a folder of its own, gone afterwards; raises Absent."""
    bin_folder = initdb().resolve().parent
    account = _account()
    # Not below pytest's own folder: that one is closed to other users than the one testing.
    folder = Path(tempfile.mkdtemp(prefix="linli-pg-"))
    control = (bin_folder / "pg_ctl", "-D", folder / "data", "-w", "-t", str(START_S))
    try:
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        make = (bin_folder / "initdb", "-D", folder / "data", "-N", "--locale=C", "-E", "UTF8")
        _run_as(account, folder, *make, "-U", "linli", "-A", "trust")
        # Durability is PostgreSQL's own business; what is tested here is ours.
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
        _run_as(account, folder, *control, "-l", folder / "log", "-o", options, "start")
        try:
            yield PostgresCluster(folder, "linli")
        finally:
            _run_as(account, folder, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
