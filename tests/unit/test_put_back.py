"""What a receipt says of the hub's own disk, and which lists of endings a device keeps."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from devices.kept_endings import BETWEEN, KEPT_MOST, keep
from devices.messages import Have, Revision
from hub.acts.policies import Receipt
from hub.acts.put_back import AGAIN_S, hear_receipts
from hub.acts.restoring import MARKED_KEY, TOLD, WAITING
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

        def marked(tx: Tx, at_s: float, now: object) -> Done[None]:
            del now
            tx.execute(delete(t.settings).where(t.settings.c.key == MARKED_KEY))
            tx.execute(insert(t.settings).values(key=MARKED_KEY, value=str(at_s)))
            return Done(None)

        await bench.hub.writer.submit(marked, SECOND + 10.0)
        await receipt(bench, SECOND, 9)  # it told that, when it was asked
        assert not doubted(bench)
        await bench.hub.writer.submit(marked, now_s - AGAIN_S + 60)
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
