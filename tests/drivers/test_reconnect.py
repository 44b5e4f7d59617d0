"""Trying again for ever, without a clock."""

import asyncio
import itertools

import pytest

from drivers.reconnect import FIRST_S, MOST_S, STEADY_S, Backoff, keep


def test_delays_double_up_to_the_most_and_begin_again_after_a_success() -> None:
    backoff = Backoff(0.05, 1.0, jitter=0)
    assert [backoff.next_s() for _ in range(7)] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    backoff.reset()
    assert backoff.next_s() == 0.05


def test_luck_takes_away_up_to_the_jitter() -> None:
    luck = iter([0.0, 0.5, 0.999])
    backoff = Backoff(1.0, 1.0, jitter=0.5, luck=lambda: next(luck))
    assert [round(backoff.next_s(), 3) for _ in range(3)] == [1.0, 0.75, 0.5]


def test_the_usual_delays_stay_between_a_half_and_the_whole() -> None:
    backoff = Backoff()
    delays = [backoff.next_s() for _ in range(200)]
    assert FIRST_S / 2 < delays[0] <= FIRST_S
    assert all(MOST_S / 2 < delay <= MOST_S for delay in delays[10:])
    assert len(set(delays[10:])) > 100


@pytest.mark.parametrize(("first_s", "most_s", "jitter"), [(0, 1, 0), (2, 1, 0), (1, 1, 1.5)])
def test_a_back_off_that_is_none_is_refused(first_s: float, most_s: float, jitter: float) -> None:
    with pytest.raises(ValueError, match="no back-off"):
        Backoff(first_s, most_s, jitter)


async def test_it_opens_serves_waits_and_opens_again() -> None:
    """Refused, broken at once, broken after long, ended at once, ended after long; then a bug."""
    story: list[str] = []
    turns = itertools.count()
    now_s = 0.0

    async def open_once() -> int:
        turn = next(turns)
        if turn == 0:
            raise ConnectionRefusedError("refused")
        if turn == 5:
            raise ZeroDivisionError
        return turn

    async def serve(turn: int) -> None:
        nonlocal now_s
        now_s += STEADY_S if turn in (2, 4) else STEADY_S / 2
        story.append(f"serve {turn}")
        if turn in (1, 2):
            raise OSError("broke")

    async def sleep(delay_s: float) -> None:
        story.append(f"sleep {delay_s:g}")

    with pytest.raises(ZeroDivisionError):
        await keep(
            open_once,
            serve,
            Backoff(1, 100, jitter=0),
            sleep=sleep,
            clock_s=lambda: now_s,
            on_fault=lambda fault: story.append(f"{fault}"),
        )
    assert story == [
        *("refused", "sleep 1"),
        *("serve 1", "broke", "sleep 2"),
        *("serve 2", "broke", "sleep 1"),
        *("serve 3", "sleep 2"),
        *("serve 4", "sleep 1"),
    ]


async def test_it_ends_when_it_is_cancelled() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    async def serve(_: None) -> None:
        raise AssertionError

    task = asyncio.create_task(keep(never, serve, Backoff()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
