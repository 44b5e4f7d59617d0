"""What a receipt says of the hub's own disk, and which lists of endings a device keeps."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from devices.kept_endings import BETWEEN, KEPT_MOST, keep
from devices.messages import ClockQuality, Event, Have, Revision
from devices.recall import FORGOT
from hub.acts.events import Heard, hear
from hub.acts.policies import Receipt
from hub.acts.put_back import AGAIN_S, CLAIMS_KEY, CLAIMS_MOST, hear_receipts
from hub.acts.restoring import ASKED_IN_KEY, MARKED_KEY, TOLD, WAITING, Restored, mark_restored
from hub.recalls import DiskOlder
from hub.store import tables as t
from hub.store.writer import Done, Tx
from tests.unit.hub_bench import HubBench, hub_bench

FIRST, SECOND, THIRD = 1_795_000_000, 1_795_000_500, 1_795_001_000


def settle(tx: Tx, lives: list[int], now: object) -> Done[None]:
    """The gate's policy is (SECOND, 5), and these lives are known."""
    del now
    tx.execute(delete(t.lives))
    tx.execute(insert(t.lives), [{"epoch": one, "began_at": 0.0} for one in lives])
    tx.execute(delete(t.policies))
    tx.execute(insert(t.policies).values(
        device_id="gate", epoch=SECOND, number=5, head="h", count=1, made_at=0.0, base_epoch=SECOND,
        base_number=5, base_head="h", sha256="", size_bytes=0, sealed_to=b"", have_epoch=0,
        have_number=0,
    ))  # fmt: skip
    return Done(None)


async def receipt(bench: HubBench, epoch: int, number: int) -> list[str]:
    have = Have(Revision(epoch, number), "h", 1, bench.now.timestamp(), None)
    told: list[str] = await bench.hub.writer.submit(hear_receipts, [Receipt("gate", have)])
    return told


def doubted(bench: HubBench) -> bool:
    with bench.hub.engines.read.connect() as connection:
        kinds = connection.execute(select(t.chain.c.kind)).scalars().all()
    return "disk_older" in kinds


@pytest.mark.parametrize(
    ("epoch", "number", "older"),
    [
        (SECOND, 5, False),  # what is wanted
        (SECOND, 4, False),
        (FIRST, 4, False),
        (0, 0, False),  # nothing yet
        (SECOND, 6, True),  # more than this disk ever gave
        (THIRD, 1, True),  # of a life that came after
        (FIRST + 7, 4, True),  # of a life that this disk does not know
        (FIRST, 5, True),  # the same number by another life: the line forked
        (FIRST, 6, True),
    ],
)
async def test_a_receipt_of_a_policy_never_given_tells_of_an_older_disk(
    tmp_path: Path, epoch: int, number: int, older: bool
) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.hub.writer.submit(settle, [FIRST, SECOND])
        behind = await receipt(bench, epoch, number)
        assert doubted(bench) == older
        ours = not older and (epoch, number) != (SECOND, 5)
        assert behind == (["gate"] if ours else [])  # what would bring rights back is not sent
        assert [type(one) for one in bench.fatal] == [DiskOlder] * older
        bench.fatal.clear()


def marked(tx: Tx, asked: tuple[int, float], now: object) -> Done[None]:
    """The devices were last asked by a life of this epoch, at this second."""
    del now
    keys = (ASKED_IN_KEY, MARKED_KEY)
    tx.execute(delete(t.settings).where(t.settings.c.key.in_(keys)))
    rows = [{"key": key, "value": str(value)} for key, value in zip(keys, asked, strict=True)]
    tx.execute(insert(t.settings), rows)
    return Done(None)


def claimed(tx: Tx, claims: dict[str, float], now: object) -> Done[None]:
    """These devices were believed at these seconds."""
    del now
    tx.execute(delete(t.settings).where(t.settings.c.key == CLAIMS_KEY))
    tx.execute(insert(t.settings).values(key=CLAIMS_KEY, value=json.dumps(claims)))
    return Done(None)


@pytest.mark.parametrize(
    ("before_s", "older"),
    [
        ({}, True),
        ({"gate": 60}, False),
        ({"gate": AGAIN_S + 60}, True),
        ({"gate": -AGAIN_S}, True),  # by a clock that stood in the future
        ({"a": 60, "b": 60}, True),  # one liar, or two, silence nobody
        ({"a": 60, "b": 60, "c": 60}, False),  # and a whole house of them is heard thrice a day
        ({"a": 60, "b": 60, "c": AGAIN_S + 60}, True),
    ],
)
async def test_each_device_is_believed_once_a_day_and_all_of_them_thrice(
    tmp_path: Path, before_s: dict[str, float], older: bool
) -> None:
    async with hub_bench(tmp_path) as bench:
        now_s = bench.now.timestamp()
        await bench.hub.writer.submit(settle, [FIRST, SECOND])
        await bench.hub.writer.submit(claimed, {n: now_s - at for n, at in before_s.items()})
        await receipt(bench, THIRD, 1)
        assert doubted(bench) == older
        with bench.hub.engines.read.connect() as connection:
            of_claims = t.settings.c.key == CLAIMS_KEY
            said = connection.execute(select(t.settings.c.value).where(of_claims)).scalar()
        assert (json.loads(str(said)).get("gate") == now_s) == older
        assert len(json.loads(str(said))) <= CLAIMS_MOST
        bench.fatal.clear()


async def test_who_is_being_asked_or_was_asked_since_is_not_doubted(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.hub.writer.submit(settle, [FIRST, SECOND])
        now_s = bench.now.timestamp()

        def asked(tx: Tx, state: str, now: object) -> Done[None]:
            del now
            tx.execute(delete(t.recalls))
            tx.execute(insert(t.recalls).values(
                device_id="gate", mark="r-1", state=state, changed_at=now_s, released_by="",
                known_epoch=0, known_number=0,
            ))  # fmt: skip
            return Done(None)

        await bench.hub.writer.submit(asked, WAITING)
        await receipt(bench, SECOND, 9)
        assert not doubted(bench)
        await bench.hub.writer.submit(asked, TOLD)

        await bench.hub.writer.submit(marked, (SECOND, SECOND + 10.0))
        await receipt(bench, SECOND, 9)  # it told that, when it was asked
        assert not doubted(bench)
        await bench.hub.writer.submit(claimed, {"gate": now_s - AGAIN_S + 60})
        await receipt(bench, int(now_s) + 5, 1)  # news, but the second of a day: an alarm alone
        assert not doubted(bench)
        with bench.hub.engines.read.connect() as connection:
            raised = connection.execute(select(t.alerts.c.kind)).scalars().all()
        assert "hub_older" in raised
        bench.pass_s(120)
        await receipt(bench, int(now_s) + 5, 1)
        assert doubted(bench)
        assert [type(one) for one in bench.fatal] == [DiskOlder]
        bench.fatal.clear()


async def test_a_policy_of_before_the_question_is_no_news_though_the_clock_was_ahead(
    tmp_path: Path,
) -> None:
    """A machine's clock was eight hours ahead and was set right: its epochs are above it."""
    async with hub_bench(tmp_path) as bench:
        now_s = bench.now.timestamp()
        ahead = int(now_s) + 8 * 3600
        await bench.hub.writer.submit(mark_restored, Restored("r-1", now_s, 0))
        await bench.hub.writer.submit(settle, [ahead, ahead + 1])
        await bench.hub.writer.submit(marked, (ahead + 1, now_s))

        def told(tx: Tx, _nothing: None, now: object) -> Done[None]:
            del now
            tx.execute(update(t.recalls).values(state=TOLD))
            tx.execute(update(t.policies).values(epoch=ahead + 2, number=1))
            return Done(None)

        await bench.hub.writer.submit(told, None)
        assert await receipt(bench, ahead, 50) == ["gate"]  # it is sent what it lacks
        assert not doubted(bench)
        with bench.hub.engines.read.connect() as connection:
            assert connection.execute(select(t.alerts.c.kind)).all() == []


async def test_the_epoch_of_the_question_is_remembered(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.hub.writer.submit(mark_restored, Restored("r-1", bench.now.timestamp(), 0))
        with bench.hub.engines.read.connect() as connection:
            rows = connection.execute(select(t.settings)).all()
        assert dict(map(tuple, rows))[ASKED_IN_KEY] == str(bench.hub.epoch)


async def test_a_question_of_a_clock_that_stood_in_the_future_holds_none_back(
    tmp_path: Path,
) -> None:
    async with hub_bench(tmp_path) as bench:
        now_s = bench.now.timestamp()
        await bench.hub.writer.submit(settle, [FIRST, SECOND])
        await bench.hub.writer.submit(marked, (FIRST, now_s + 3 * 365 * 86_400.0))
        event = Event("1-aa", 1, now_s, ClockQuality.SIGNED, FORGOT,
                      content={"acked": int(now_s) - 60})  # fmt: skip
        await bench.hub.writer.submit(hear, Heard("gate", event, None))
        assert doubted(bench)
        assert [type(one) for one in bench.fatal] == [DiskOlder]
        bench.fatal.clear()


@pytest.mark.parametrize(
    ("acked_s", "older"),
    [
        (None, True),  # it keeps nothing of it any more
        (-60, False),  # before the devices were asked: they told, or staff answered for them
        (60, True),
    ],
)
async def test_what_a_device_was_acknowledged_before_the_question_is_no_news(
    tmp_path: Path, acked_s: int | None, older: bool
) -> None:
    async with hub_bench(tmp_path) as bench:
        asked_s = bench.now.timestamp() - 3 * AGAIN_S
        await bench.hub.writer.submit(settle, [FIRST, SECOND])
        await bench.hub.writer.submit(marked, (FIRST, asked_s))
        content = {} if acked_s is None else {"acked": int(asked_s) + acked_s}
        event = Event("1-aa", 1, bench.now.timestamp(), ClockQuality.SIGNED, FORGOT,
                      content=content)  # fmt: skip
        await bench.hub.writer.submit(hear, Heard("gate", event, None))
        assert doubted(bench) == older
        with bench.hub.engines.read.connect() as connection:
            raised = connection.execute(select(t.alerts.c.kind)).scalars().all()
        assert ("hub_older" in raised) == older
        bench.fatal.clear()


# --------------------------------------------------------------------------- lists of endings


def serial(text: str) -> Revision | None:
    epoch, _, number = text.partition(".")
    return Revision(int(epoch), int(number)) if epoch.isdecimal() and number.isdecimal() else None


def test_a_list_of_a_new_life_stands_beside_the_one_before_until_it_had_its_time() -> None:
    kept = keep("", "1.1", 1, serial)
    kept = keep(kept, "1.2", 1, serial)
    assert kept == "1.2"
    kept = keep(kept, "3.1", 1, serial)
    assert kept == "1.2~3.1"
    assert keep(kept, "2.9", 1, serial) == "1.2~2.9~3.1"
    assert keep(kept, "", 3, serial) == "3.1"
    assert keep(kept, "forged", 1, serial) == kept
    assert keep("3.1", "1.9", 3, serial) == "3.1"  # an older one never replaces a newer


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), max_size=20),
    st.integers(0, 9),
)
def test_the_newest_that_is_believed_is_never_given_up(
    lists: list[tuple[int, int]], heard_in: int
) -> None:
    kept = ""
    for epoch, number in lists:
        kept = keep(kept, f"{epoch}.{number}", heard_in, serial)
    serials = [serial(text) for text in kept.split(BETWEEN) if text]
    assert len(serials) <= KEPT_MOST
    assert serials == sorted(serials, key=lambda one: one or Revision(0, 0))
    believed = [Revision(*one) for one in lists if one[0] <= heard_in]
    if believed:
        assert serials[0] == max(believed)
    if lists:
        assert serials[-1] == max(Revision(*one) for one in lists)
