"""Ctrl-C at any moment of `linli demo`: quick words, no traceback, nobody left behind."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.integration.demo_town import DemoProcess, Page, alive, demo, family_of

pytestmark = pytest.mark.timeout(600)  # READY_WAIT_S, and what is done then


@pytest.mark.parametrize(
    "moment", ["wakes up on", "making the site", "starting the hub", "issuing", "switching on"]
)
def test_an_interrupted_start_leaves_nothing(moment: str) -> None:
    with demo() as process:
        process.wait_for(moment)
        family = family_of(process.pid)
        assert process.interrupt() == 130
        assert process.told[-1].strip() == "stopping the town"
        assert not any("Traceback" in line for line in process.told)
        assert not [pid for pid in family if alive(pid)]
        assert list(Path(process.folder).glob("linli-*")) == []


def test_a_part_that_dies_ends_the_town_with_one_line() -> None:
    with demo() as process:
        process.wait_for("is awake")
        told = len(process.told)
        [point] = [pid for pid in family_of(process.pid) if b"point\0run" in _command(pid)]
        os.kill(point, signal.SIGKILL)
        assert process.wait() == 1
        [line] = [line for line in process.told[told:] if not line.startswith("  ")]
        assert line.startswith("linli demo: hall-point ended")


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.whole  # ports have a unit test
def test_taken_ports_give_the_next_ones_and_a_second_interrupt_does_not_wait() -> None:
    """One town for both: what it serves on is settled long before it is stopped."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = ("--port", str(port), "--panel-port", str(port))
        process = DemoProcess(*ports)
        try:
            assert f"port {port} is taken" in process.wait_for("the hub serves on")
            assert not process.url().endswith(f":{port}")
            page = Page(process)
            page.ready()
            page.close()
            process.wait_for("is awake")
            family = family_of(process.pid)
            frozen = max(family)  # one that cannot be asked politely any more
            os.kill(frozen, signal.SIGSTOP)
            os.kill(process.pid, signal.SIGINT)
            process.wait_for("stopping the town")
            assert process.interrupt() == 0
            assert not [pid for pid in family if alive(pid)]
        finally:
            process.kill()


def test_a_town_that_cannot_start_says_why_in_one_line() -> None:
    process = DemoProcess("--lan", XDG_DATA_HOME="/proc")  # where nobody can make a folder
    try:
        assert process.wait() == 1
        [line] = [line for line in process.told if not line.startswith("  ")]
        assert line.startswith("linli demo: ")
    finally:
        process.kill()
