"""A new release beside the old one: backed up, rehearsed, switched by a link, undone if it fails.

``ROOT/versions/NAME`` are whole environments, ``ROOT/current`` is a link to one of them, and the
services start what the link names. Switching is one atomic rename, forwards and back.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from devices.mistake import Mistake

READY_WAIT_S = 60.0  # a start takes two seconds; a migration of a large site half a minute
LOOK_EVERY_S = 0.5
_INSTALL_WAIT_S = 900.0


class Failed(Exception):
    """A step did not go; the words say which."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What the machine does at each step; tests put others here."""

    back_up: Callable[[], None]
    install: Callable[[Path], None]
    rehearse: Callable[[Path], None]
    stop: Callable[[], None]
    restart: Callable[[], None]
    ready: Callable[[], bool]
    schema: Callable[[], int]
    bring_back: Callable[[], None]


def name_of(wheel: Path) -> str:
    """The folder of a wheel's environment: its version and its content."""
    parts = wheel.name.split("-")
    if wheel.suffix != ".whl" or len(parts) < 5 or parts[0] != "linli":
        raise Mistake(f"{wheel.name} is no wheel of linli: linli-VERSION-py3-none-any.whl")
    with wheel.open("rb") as file:
        return f"{parts[1]}-{hashlib.file_digest(file, 'sha256').hexdigest()[:8]}"


def update(root: Path, name: str, steps: Steps, say: Callable[[str], None]) -> bool:
    """True: the new release serves. False: it did not come up, and the old one serves again."""
    versions, current = root / "versions", root / "current"
    if not current.is_symlink():
        raise Mistake(f"{current} is no link: install under {versions} first (docs/operating.md)")
    before = current.resolve()
    target = versions / name
    if before == target.resolve():
        raise Mistake(f"{name} already serves")
    say("back-up")
    steps.back_up()
    try:
        say(f"installing into {target}")
        shutil.rmtree(target, ignore_errors=True)  # what an interrupted update left
        steps.install(target)
        say("rehearsing: settings and a restored copy, with the new release")
        steps.rehearse(target)
    except Failed as failed:
        shutil.rmtree(target, ignore_errors=True)
        raise Mistake(f"{failed}; the old release was not touched and serves on") from failed
    schema = steps.schema()
    say("switching")
    _switch(current, target)
    try:
        steps.restart()
        if steps.ready():
            return True
        say("not ready in time; going back")
    except Failed as failed:
        say(f"{failed}; going back")
    _switch(current, before)
    if steps.schema() != schema:
        say("the database was changed: bringing the copy back")
        steps.stop()
        steps.bring_back()
    steps.restart()
    if not steps.ready():
        raise Mistake("the old release does not come up either: see `journalctl -u linli-hub`")
    return False


def _switch(link: Path, target: Path) -> None:
    fresh = link.with_name(f"{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


# --------------------------------------------------------------------------- the real machine


def install(target: Path, wheel: Path, pip: list[str]) -> None:
    """A fresh environment with the wheel in it."""
    run([sys.executable, "-m", "venv", str(target)], "the environment could not be made")
    python = str(target / "bin" / "python")
    wanted = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*wanted, *pip, str(wheel)], "the wheel could not be installed")


def run(command: list[str], otherwise: str, env: dict[str, str] | None = None) -> str:
    """Run a command; its last words go into the failure."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_INSTALL_WAIT_S,
            check=False,
            env=None if env is None else os.environ | env,
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise Failed(f"{otherwise}: {type(fault).__name__}") from fault
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Failed(f"{otherwise}: {''.join(last)[:300]}")
    return done.stdout


def token_of(data: Path) -> str:
    """Names the running process: a hub writes a new token at each start."""
    try:
        return str(json.loads((data / "operator.json").read_text(encoding="utf-8"))["token"])
    except (OSError, ValueError, KeyError):
        return ""


class Readiness:
    """Whether another process than before serves, and is ready."""

    def __init__(self, data: Path, wait_s: float) -> None:
        self._data = data
        self._wait_s = wait_s
        self._before = token_of(data)

    def restarting(self) -> None:
        """Remember who serves now."""
        self._before = token_of(self._data)

    def __call__(self) -> bool:
        """Wait for the new process."""
        end = time.monotonic() + self._wait_s
        while time.monotonic() < end:
            token = token_of(self._data)
            if token and token != self._before and self._asked():
                return True
            time.sleep(LOOK_EVERY_S)
        return False

    def _asked(self) -> bool:
        try:
            where: dict[str, Any] = json.loads((self._data / "operator.json").read_text("utf-8"))
            answer = httpx.get(
                f"{where['url']}/ready",
                timeout=5.0,
                trust_env=False,
                verify=False,  # noqa: S501 - the machine's own hub; the file says where it is
            )
        except (httpx.HTTPError, OSError, ValueError, KeyError):
            return False
        return answer.status_code == 200
