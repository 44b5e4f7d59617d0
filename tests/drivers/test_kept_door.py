"""Our relay on the exit button of a controller that stays: what works, and what we do not see."""

from drivers.catalogue import open_strike
from drivers.kinds import Strike
from simulators.ends import KeptDoor, RelayBoardEnd
from tests.drivers.waiting import until

CARD = bytes.fromhex("00d41b81")


async def strike_on(board: RelayBoardEnd) -> Strike:
    here: list[bool] = []
    strike = open_strike(
        f"modbus-relay+serial://{board.path}", lambda _: b"", on_state=lambda on, _: here.append(on)
    )
    await until(lambda: bool(here) and here[-1])
    return strike


async def test_a_short_press_releases_for_as_long_as_the_old_controller_likes() -> None:
    seen: list[int] = []
    board = RelayBoardEnd(on_coil=lambda output, on, _: seen.append(output))
    door = KeptDoor(board, 1, open_s=0.3)
    strike = await strike_on(board)
    await strike.pulse(0, 100)  # another door of the same board
    assert not door.is_released
    await strike.pulse(1, 100)
    await until(lambda: door.is_released)
    # our contact has let go, the lock has not
    await until(lambda: not board.coils[1] and door.is_released)
    await until(lambda: not door.is_released)
    assert list(door.diary) == ["button"]
    assert set(seen) == {0, 1}
    await strike.close()
    door.close()
    board.close()


async def test_what_the_old_controller_does_by_itself_we_do_not_learn() -> None:
    board = RelayBoardEnd()
    door = KeptDoor(board, open_s=60.0)
    door.cards.add(CARD)
    strike = await strike_on(board)
    heard = len(board.wire_log.ring)
    door.tap(b"stranger")
    assert not door.is_released
    door.tap(CARD)
    await until(lambda: door.is_released)
    door.press()
    assert list(door.diary) == ["card", "button"]
    assert len(board.wire_log.ring) == heard
    assert not any(await strike.inputs())
    await strike.close()
    door.close()
    board.close()


async def test_a_dead_controller_takes_our_pulse_and_opens_nothing() -> None:
    board = RelayBoardEnd()
    door = KeptDoor(board)
    door.is_dead = True
    strike = await strike_on(board)
    await strike.pulse(0, 100)  # the board has done what it was told: no fault is seen
    assert not door.is_released
    await strike.close()
    door.close()
    board.close()
