"""What was ended is told to devices and file: sealed, newest first, once, and never while blind."""

import secrets
from pathlib import Path

import pytest
from sqlalchemy import update

from devices.kept_endings import BETWEEN, KEPT_MOST
from devices.messages import Revision
from devices.wire_endings import ENDINGS, SEALED_BYTES_MAX, Endings, sign_endings
from hub import keys
from hub.acts.phones import Revocation, revoke
from hub.acts.restoring import Ended
from hub.endings import seal, unseal, unseal_each
from hub.store import tables as t
from tests.unit.hub_bench import SITE, hub_bench
from tests.unit.test_ingest import Ear


@pytest.fixture
def own(tmp_path: Path) -> keys.HubKeys:
    keys.make(tmp_path, SITE, 1.8e9)
    return keys.load(tmp_path)


def signed(own: keys.HubKeys, sealed: bytes, site: str = SITE) -> bytes:
    return sign_endings(Endings(site, Revision(1, 1), sealed), own.signers["audit"])


def ids(count: int) -> tuple[str, ...]:
    return tuple(secrets.token_hex(8) for _ in range(count))


def test_the_list_fits_a_message_and_only_its_hub_reads_it(
    own: keys.HubKeys, tmp_path: Path
) -> None:
    ended = Ended(ids(350), ids(100), ids(350))
    raw = signed(own, seal(own, ended))
    assert len(raw) <= 16_384
    assert unseal(own, SITE, raw) == ended
    assert ended.phones[0].encode() not in raw
    assert unseal(own, "elsewhere", raw) is None
    assert unseal(own, SITE, raw[:-2]) is None
    assert unseal(own, SITE, signed(own, b"x" * 40)) is None
    (tmp_path / "other").mkdir()
    keys.make(tmp_path / "other", SITE, 1.8e9)
    assert unseal(keys.load(tmp_path / "other"), SITE, raw) is None


def test_of_a_device_as_many_lists_are_read_as_an_honest_one_keeps(own: keys.HubKeys) -> None:
    lists = [Ended((name,), (), ()) for name in "abcdef"]
    raws = [signed(own, seal(own, one)) for one in lists]
    between = BETWEEN.encode()
    assert unseal_each(own, SITE, between.join(raws)) == lists[:KEPT_MOST]
    assert unseal_each(own, SITE, between.join([raws[0], b"", b"x", raws[1]])) == lists[:2]
    assert unseal_each(own, SITE, between * KEPT_MOST + raws[0]) == []


def test_where_there_is_too_much_the_oldest_are_left_out(own: keys.HubKeys) -> None:
    ended = Ended(ids(1_500), ids(100), ids(1_500))
    sealed = seal(own, ended)
    assert len(sealed) <= SEALED_BYTES_MAX
    kept = unseal(own, SITE, signed(own, sealed))
    assert kept is not None
    assert 200 < len(kept.phones) < 1_500
    assert kept.phones == ended.phones[: len(kept.phones)]
    assert kept.cards == ended.cards[: len(kept.cards)]


async def test_devices_hear_of_it_once_for_each_change_and_connection(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        tell, hub = bench.hub.endings, bench.hub
        await bench.phone("p-1")
        ear = Ear(bench)
        topic = ear.topics.of(ENDINGS).replace("/gate/", "/hub-1/")

        def said() -> list[bytes]:
            tell.keep()
            tell.publish()
            tell.publish()
            return [raw for name, raw, retain in ear.bus.said if name == topic and retain]

        assert len(said()) == 1
        assert len(said()) == 1
        with hub.engines.read.connect() as connection:
            phone = connection.execute(t.phones.select()).one()
        await hub.writer.submit(revoke, Revocation(phone.id, "test"))
        assert len(said()) == 2
        ended = unseal(hub.keys, SITE, said()[-1])
        assert ended == Ended(phones=(phone.id,))
        assert (tmp_path / "endings.sealed").read_bytes() == said()[-1]
        hub.ingest.hail()
        hub.ingest.connected(ear.bus)
        assert len(said()) == 3


async def test_a_blind_hub_replaces_nothing(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        bench.hub.recalls.blind = True
        bench.hub.endings.keep()
        bench.hub.endings.publish()
        assert not [name for name, _, _ in ear.bus.said if name.endswith(ENDINGS)]
        assert not (tmp_path / "endings.sealed").exists()


async def test_a_member_who_left_is_on_the_list(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        with bench.hub.engines.write.begin() as connection:
            connection.execute(update(t.staff).values(ended_at=5.0))
        bench.hub.endings.keep()
        raw = (tmp_path / "endings.sealed").read_bytes()
        ended = unseal(bench.hub.keys, SITE, raw)
        assert ended is not None
        assert (len(ended.staff), ended.phones, ended.cards) == (1, (), ())
