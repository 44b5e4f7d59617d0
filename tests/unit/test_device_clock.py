"""A device's question about the time stays open until an answer could be used."""

from devices.clock import ROUND_TRIP_MAX_S, DeviceClock
from devices.messages import ClockQuality

NOW_S = 1_795_000_000.0


class Bench:
    """A clock without a chip on a monotonic source that the test moves."""

    def __init__(self) -> None:
        self.at_s = 100.0
        self.clock = DeviceClock(lambda: self.at_s, None, NOW_S - 50.0)

    def asks(self) -> bool:
        return self.clock.asking


def test_an_answer_in_time_ends_the_question() -> None:
    bench = Bench()
    bench.clock.ask("n1")
    bench.at_s += 1.0
    assert not bench.clock.told("n0", NOW_S)
    assert bench.asks()
    assert bench.clock.told("n1", NOW_S)
    assert not bench.asks()
    assert not bench.clock.told("n1", NOW_S)  # once
    assert bench.clock.now_s() == NOW_S + 0.5


def test_an_answer_that_was_too_slow_leaves_the_question_open() -> None:
    """It may carry the hub's own question: the device must not rest for ten minutes."""
    bench = Bench()
    bench.clock.ask("n1")
    bench.at_s += ROUND_TRIP_MAX_S + 0.1
    assert not bench.clock.told("n1", NOW_S)
    assert bench.asks()
    bench.clock.ask("n2")
    assert bench.clock.told("n2", NOW_S)
    assert not bench.asks()


def test_a_time_below_what_was_known_leaves_the_question_open() -> None:
    bench = Bench()
    bench.clock.ask("n1")
    assert not bench.clock.told("n1", NOW_S - 100.0)
    assert bench.asks()
    assert bench.clock.quality is ClockQuality.FREE
