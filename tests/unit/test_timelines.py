"""Timelines: complete, in order, each look at a person written down; and why a door refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from devices import wire
from devices.messages import Have, Life, Outcome, Revision, StateNote
from hub.acts.policies import Receipt, note_haves
from hub.core.states import CURES, states_of
from hub.store import tables as t
from tests.unit.door_bench import Bench
from tests.unit.hub_bench import HubBench, hub_bench
from tests.unit.test_api import is_problem
from tests.unit.test_ingest import Ear


def log_of(bench: HubBench) -> list[tuple[str, str]]:
    with bench.hub.engines.read.connect() as connection:
        rows = connection.execute(select(t.access_log).order_by(t.access_log.c.n)).all()
    assert [row.n for row in rows] == list(range(1, len(rows) + 1))
    assert all(row.subject.startswith("staff:") for row in rows)
    return [(row.verb, row.object) for row in rows]


async def a_week(bench: HubBench) -> Ear:
    ear = Ear(bench)
    await ear.hear(
        ear.event(1),
        ear.event(2, door=2),
        ear.event(3, person="p-2", outcome=Outcome.REFUSED, reason="schedule_closed"),
        ear.event(4, outcome=Outcome.REFUSED, reason="credential_blocked"),
        ear.event(5, person=None, outcome=Outcome.REFUSED, reason="credential_unknown"),
    )
    return ear


async def test_a_doors_and_a_persons_timeline(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await a_week(bench)
        door = (await bench.http.get("/api/v1/doors/d-1/timeline")).json()
        assert [event["reason"] for event in door["events"]] == [
            "credential_unknown", "credential_blocked", "schedule_closed", "granted",
        ]  # fmt: skip
        assert [event["person_name"] for event in door["events"]] == [
            None, "沈桂芳", "陈静", "沈桂芳",
        ]  # fmt: skip
        page = (await bench.http.get("/api/v1/people/p-1/timeline?limit=2")).json()
        assert [event["reason"] for event in page["events"]] == ["credential_blocked", "granted"]
        rest = await bench.http.get(f"/api/v1/people/p-1/timeline?limit=2&before={page['next']}")
        assert [event["door"] for event in rest.json()["events"]] == ["d-1"]
        assert rest.json()["next"] is None
        assert log_of(bench) == [
            ("read", "door:d-1"), ("read", "person:p-1"), ("read", "person:p-1"),
        ]  # fmt: skip


@pytest.mark.parametrize("path", ["doors/x/timeline", "people/x/timeline", "events/9999/why"])
async def test_what_is_not_there_is_not_found_and_not_logged(tmp_path: Path, path: str) -> None:
    async with hub_bench(tmp_path) as bench:
        assert (await bench.http.get(f"/api/v1/{path}")).status_code == 401
        await bench.administrator()
        assert (await bench.http.get(f"/api/v1/{path}")).status_code == 404
        assert log_of(bench) == []


async def test_who_may_not_read_people_sees_no_timeline(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        with bench.hub.engines.write.begin() as connection:
            connection.execute(update(t.grants).values(role="operator"))
        for path in ("doors/d-1/timeline", "people/p-1/timeline", "events/1/why"):
            assert (await bench.http.get(f"/api/v1/{path}")).status_code == 403, path
        assert log_of(bench) == []


async def why(bench: HubBench, reason: str) -> Any:
    with bench.hub.engines.read.connect() as connection:
        n = connection.execute(select(t.events.c.n).where(t.events.c.reason == reason)).scalar()
    answer = await bench.http.get(f"/api/v1/events/{n}/why")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_why_a_door_refused(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        for device, number in (("gate", 3), ("hall", 9), ("gate", 4)):
            have = Have(Revision(2, number), "ab", 1, 1.0)
            with bench.hub.engines.write.begin() as connection:
                known = connection.execute(
                    select(t.policies).where(t.policies.c.device_id == device)
                ).first()
                if known is None:
                    row = {
                        "epoch": 2, "number": 9, "head": "", "count": 0, "made_at": 1.0,
                        "base_epoch": 2, "base_number": 9, "base_head": "", "sha256": "",
                        "size_bytes": 0, "sealed_to": b"",
                        "have_epoch": 0, "have_number": 0,
                    }  # fmt: skip
                    connection.execute(t.policies.insert().values(device_id=device, **row))
            await bench.hub.writer.submit(note_haves, [Receipt(device, have)])
        bench.pass_s(60)
        ear = Ear(bench)
        at_s = bench.now.timestamp()
        refused = ear.event(1, at_s=at_s, outcome=Outcome.REFUSED, via="phone", person="p-2")
        await ear.hear(
            replace(refused, door=2, reason="person_unknown"),
            replace(refused, seq=2, reason="schedule_closed"),
        )
        told = await why(bench, "person_unknown")
        assert told["policy"] == "2.4"
        assert told["rules"] == []  # building 1's door, and she lives in building 2
        assert told["now"] == "person_unknown"
        assert told["cure"]
        assert told["words"]["en"].startswith("This phone cannot")
        told = await why(bench, "schedule_closed")
        assert [rule["id"] for rule in told["rules"]] == ["r-1"]
        assert told["now"] == "granted"  # by the way of today's rules
        assert told["event"]["person_name"] == "陈静"
        assert log_of(bench) == [("read", "person:p-2")] * 2


async def test_a_resident_reads_why_in_plain_words_and_only_their_own(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone("p-1")
        await a_week(bench)
        reply = await phone.send("GET", "/api/v1/me/history", None)
        assert [event["outcome"] for event in reply.body["events"]] == [
            "refused", "opened", "opened",
        ]  # fmt: skip
        assert "Press call" in reply.body["events"][0]["words"]["en"]
        assert "p-2" not in json.dumps(reply.body)
        reply = await phone.send("DELETE", "/api/v1/me/phone", None)
        is_problem(await phone.send("GET", "/api/v1/me/history", None), 401, "phone_revoked")


async def test_an_event_of_a_phone_names_the_opening_that_it_is_of(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone("p-1")
        ear = Ear(bench)
        usual = replace(
            ear.event(1, at_s=bench.now.timestamp(), outcome=Outcome.REFUSED, person="p-1"),
            via="phone", reason="face_awaited", command="o-1",
        )  # fmt: skip
        seen = replace(usual, seq=2, reason="face_not_matched", command="f-1")
        await ear.hear(
            usual,
            replace(seen, content={"ask": "a-1", "opening": "o-1"}),
            replace(seen, seq=3, via="card", content={"ask": "a-2", "opening": "o-2"}),
        )
        reply = await phone.send("GET", "/api/v1/me/history", None)
        told = [(one["reason"], one["opening"]) for one in reply.body["events"]]
        assert told == [
            ("face_not_matched", None), ("face_not_matched", "o-1"), ("face_awaited", "o-1"),
        ]  # fmt: skip


# --------------------------------------------------------------------------- named states


@given(
    st.sampled_from([None, *Life]),
    st.lists(st.sampled_from([*CURES, "strange"])),
    st.sampled_from([None, "unsupported", "storage_fault", "form"]),
    st.booleans(),
    st.booleans(),
)
def test_states_are_named_ordered_and_have_a_cure(
    life: Life | None, trouble: list[str], refused: str | None, recalled: bool, behind: bool
) -> None:
    have = Revision(1, 1) if behind else Revision(1, 2)
    found = states_of(life, trouble, refused, recalled=recalled, want=Revision(1, 2), have=have)
    assert found == [code for code in CURES if code in found]
    assert ("device_silent" in found) == (life in (Life.LOST, Life.DISCONNECTED)) or (
        life is Life.READY and "device_silent" in trouble
    )
    if life is None:
        assert not {"clock_unsigned", "policy_stale", "policy_behind"} & set(found)
    if behind and not recalled and life is not None:
        assert {"policy_behind", "policy_stale"} & set(found)


async def test_a_door_says_that_its_clock_is_unsigned_and_when_it_is_well(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.device.hail()
    bench.device.connected(bench.bus)
    bench.device._say_ready()
    assert last_state(bench).trouble == ("clock_unsigned",)
    bench.tell_time()
    assert last_state(bench).trouble == ()
    await bench.close()


async def test_a_full_disk_is_told_and_leaving_works(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.ready()
    bench.device.journal._db.execute("pragma query_only=on")
    await bench.send(bench.command())
    assert last_state(bench).trouble == ("storage_fault",)
    assert bench.strike.pulses == []
    bench.device.journal._db.execute("pragma query_only=off")
    bench.device._ask_time()
    bench.time_s += 1
    bench.tell_time()
    assert last_state(bench).trouble == ()
    await bench.close()


def last_state(bench: Bench) -> StateNote:
    note = wire.decode_state(bench.bus.heard(wire.STATE)[-1])
    assert isinstance(note, StateNote)
    assert note.life is Life.READY
    return note


async def test_the_console_and_the_operator_see_the_states(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        gate = bench.hub.memory.devices["gate"]
        gate.want, gate.have = Revision(2, 2), Revision(2, 1)
        note = StateNote(Life.READY, "b", "c", 1.0, ("clock_unsigned",))
        ear = Ear(bench)
        bench.hub.ingest.on_message(ear.topics.of(wire.STATE), wire.encode_state(note))
        have = wire.sign_have(Have(Revision(2, 1), "", 1, 1.0, "unsupported"), ear.topics,
                              ear.gate.signer)  # fmt: skip
        bench.hub.ingest.on_message(ear.topics.of(wire.POLICY_HAVE), have)
        devices = (await bench.http.get("/api/v1/console")).json()["devices"]
        states = {device["id"]: device["states"] for device in devices}
        assert states["gate"] == ["feature_missing", "policy_behind", "clock_unsigned"]
        assert states["hall"] == []
        head = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        told = (await bench.http.post("/api/v1/operator/states", headers=head)).json()
        assert [one["state"] for one in told["states"]] == states["gate"]
        assert all(one["cure"] for one in told["states"])
