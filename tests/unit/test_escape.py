"""What may hang on which relay is held where a controller reads its device.toml."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from devices.escape import check_escape
from devices.mistake import Mistake
from drivers.lcus import LcusRelay
from drivers.modbus_relay import ModbusRelay
from drivers.relay_mqtt import MqttRelay
from simulators.ends import LcusEnd
from tests.unit.door_bench import Hub
from tests.unit.test_porch_wiring import adopt


class Held:
    host_timed = True


class Radio:
    remote_only = True


@pytest.mark.parametrize("section", [{}, {"escape": True}])
def test_an_escape_door_is_never_held_by_a_board_that_cannot_let_go(
    section: dict[str, Any],
) -> None:
    with pytest.raises(Mistake, match=r"door 4 .* cannot end its own pulse, .* escape = false"):
        check_escape(Held(), section, 4)
    check_escape(Held(), {"escape": False}, 4)


@pytest.mark.parametrize(
    "name", ["contact_input", "exit_input", "fire_input", "tamper_input", "call_inputs"]
)
def test_a_board_without_inputs_reads_none(name: str) -> None:
    with pytest.raises(Mistake, match=f"door 4 has a relay without inputs; {name}"):
        check_escape(Held(), {"escape": False, name: 1}, 4)


def test_an_escape_door_is_not_on_radio_either() -> None:
    with pytest.raises(Mistake, match="door 4 is an escape door; it needs a wired relay"):
        check_escape(Radio(), {"escape": True}, 4)
    check_escape(Radio(), {"escape": False}, 4)
    check_escape(Radio(), {}, 4)


@pytest.mark.parametrize("word", ["yes", 1, [], "false"])
def test_a_way_out_is_said_by_true_or_false_alone(word: object) -> None:
    for strike in (Held(), Radio(), object()):
        with pytest.raises(Mistake, match="escape = true or escape = false"):
            check_escape(strike, {"escape": word}, 4)


def test_a_board_with_its_own_timer_may_hold_any_door() -> None:
    for escape in ({}, {"escape": True}, {"escape": False}):
        check_escape(object(), escape | {"exit_input": 4}, 4)


def test_the_boards_say_of_themselves_which_they_are() -> None:
    assert LcusRelay.host_timed
    assert not getattr(ModbusRelay, "host_timed", False)
    assert not getattr(MqttRelay, "host_timed", False)


@pytest.mark.parametrize("escape", [None, "true", "false"])
async def test_a_controller_does_not_start_with_such_a_door(
    tmp_path: Path, escape: str | None
) -> None:
    adopt(tmp_path, Hub())
    end = LcusEnd()
    said = f"escape = {escape}\n" if escape else ""
    text = f'[[doors]]\nnumber = 1\nstrike = "lcus+serial://{end.path}"\n{said}'
    (tmp_path / "device.toml").write_text(text, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devices.cli", "door", "run", "--data", str(tmp_path),
        stderr=PIPE, stdout=PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    told = b""
    if escape == "false":
        while b"told off" not in told:
            told += await process.stderr.readline()
        process.terminate()
        assert await process.wait() == 0
    else:
        _, told = await process.communicate()
        assert process.returncode == 2
        assert b"never holds an escape door" in told
        assert not any(end.coils)
    end.close()
