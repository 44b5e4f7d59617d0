"""The watch list over HTTP: two people with two factors, every look kept, no picture given back."""

import argparse
import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from devices.mistake import Mistake
from hub.faces import verbs
from hub.faces.keystore import NAME, KeyStore
from hub.store import tables as t
from tests.faces.desk import Faces
from tests.faces.test_hub_runs import asks_the_bench
from tests.faces.test_watching import DAY_S, LISTED, SCENE, kept, measured
from tests.faces.walk import OCTETS
from tests.unit.hub_bench import CLIENT, HubBench

WATCH = "/api/v1/faces/watch"
COST = {"passers_a_day": 50, "alarms_a_day": 5.0}
ORDER = {**COST, "authority": "county-psb", "basis": "case-2026-118", "days": 7}


@dataclass
class Desk:
    """Two administrators at one browser; ``turn`` signs the other one in."""

    bench: HubBench
    faces: Faces
    secrets: dict[str, str]
    here: str

    async def turn(self, name: str) -> None:
        await self.bench.http.post("/api/v1/staff/sign-out", headers=CLIENT)
        self.bench.pass_s(30)
        answer = await self.bench.sign_in(self.secrets[name], name=name)
        assert answer.status_code == 200, answer.text
        self.here = name

    def otp(self) -> dict[str, str]:
        """A code that nobody has used yet."""
        self.bench.pass_s(30)
        return {"otp": self.bench.otp(self.secrets[self.here])}

    async def post(self, path: str, body: Any = None) -> Any:
        return await self.bench.http.post(f"{WATCH}{path}", json=body, headers=CLIENT)

    async def enter(self, **other: Any) -> str:
        answer = await self.post("", ORDER | self.otp() | other)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["orders"][0]["id"])

    async def add(self, order: str, picture: bytes = LISTED) -> Any:
        path = f"{WATCH}/{order}/faces"
        return await self.bench.http.post(path, content=picture, headers=OCTETS)

    async def look(self) -> Any:
        return (await self.bench.http.get(WATCH)).json()

    def looks(self) -> list[tuple[str, str]]:
        log = t.access_log.c
        with self.bench.hub.engines.read.connect() as connection:
            rows = connection.execute(select(log.subject, log.object).order_by(log.n)).all()
        return [(row.subject, row.object) for row in rows]


@asynccontextmanager
async def desk(folder: Path, people: int = 100) -> AsyncIterator[Desk]:
    async with measured(folder, people) as (bench, faces):
        two = await bench.administrator("two")
        await bench.http.post("/api/v1/staff/sign-out", headers=CLIENT)
        one = await bench.administrator("one")
        yield Desk(bench, faces, {"one": one, "two": two}, "one")


async def test_one_enters_another_approves_a_hit_is_counted_and_the_end_destroys(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        watching = at.bench.hub.watching
        told = (await at.post("/cost", COST)).json()
        assert 0 < told["expected_a_day"] <= COST["alarms_a_day"]
        assert (await at.look())["orders"] == []
        order = await at.enter()
        (shown,) = (await at.add(order)).json()["orders"]
        assert (shown["state"], shown["mine"], len(shown["faces"])) == ("waiting", True, 1)
        assert shown["expected_a_day"] == pytest.approx(told["expected_a_day"])
        refused = await at.post(f"/{order}/approve", at.otp())
        assert refused.json()["code"] == "face_order"
        await at.turn("two")
        (shown,) = (await at.post(f"/{order}/approve", at.otp())).json()["orders"]
        assert (shown["state"], shown["mine"]) == ("in_force", False)
        assert (shown["entered_by"], shown["approved_by"]) == ("one", "two")
        assert await watching.watch("d-1", "t-1", at.faces.probe(119), SCENE) == "detected"
        incidents = (await at.bench.http.get("/api/v1/incidents")).json()["incidents"]
        assert [one["order"]["basis"] for one in incidents] == ["case-2026-118"]
        assert {one["role"] for one in incidents[0]["pictures"]} == {"scene", "listed"}
        path = f"/api/v1/incidents/{incidents[0]['id']}"
        await at.bench.http.post(f"{path}/take-up", headers=CLIENT)
        (shown,) = (await at.look())["orders"]
        assert (shown["hits"], shown["false_alarms"]) == (1, 0)
        await at.bench.http.post(f"{path}/dismiss", json={"note": "a cousin"}, headers=CLIENT)
        (face,) = (row.id for row in kept(at.bench, t.face_listed))
        (shown,) = (await at.post(f"/{order}/end")).json()["orders"]
        assert (shown["state"], shown["faces"]) == ("ended", [])
        assert (shown["hits"], shown["false_alarms"]) == (1, 1)
        assert face not in KeyStore(tmp_path / NAME).names()
        assert await watching.watch("d-1", "t-2", at.faces.probe(119), SCENE) is None


async def test_only_administrators_know_of_it(tmp_path: Path) -> None:
    """Every operation that its document names; one that is added later is asked as well."""
    async with desk(tmp_path) as at:
        http = at.bench.http
        order = await at.enter()
        paths: dict[str, Any] = at.bench.app.openapi()["paths"]
        asked = [
            (method.upper(), path.replace("{order}", order))
            for path, methods in paths.items()
            for method in methods
            if "/faces/watch" in path
        ]
        assert len(asked) >= 11
        fine = ORDER | {"otp": "123456"}
        await http.post("/api/v1/staff/sign-out", headers=CLIENT)
        for role, told in (("", "signed_out"), ("property_staff", "not_allowed"),
                           ("officer", "not_allowed")):  # fmt: skip
            if role:
                await at.bench.administrator(role, role)
            for method, path in asked:
                answer = await http.request(method, path, json=fine, headers=CLIENT)
                wanted = "not_allowed" if "/operator/" in path else told
                assert answer.json()["code"] == wanted, (role, method, path)
        assert [row.approved_at for row in kept(at.bench, t.face_orders)] == [None]
        assert at.looks() == [(f"staff:{at_one}", "watch_list") for at_one in at_ids(at, "one")]


def at_ids(at: Desk, name: str) -> list[str]:
    with at.bench.hub.engines.read.connect() as connection:
        found = connection.execute(select(t.staff.c.id).where(t.staff.c.name == name))
        return list(found.scalars())


async def test_every_look_is_written_down(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        (me,) = at_ids(at, "one")
        await at.look()
        order = await at.enter()
        await at.add(order)
        await at.post(f"/{order}/end")
        assert at.looks() == [(f"staff:{me}", "watch_list")] * 4
        token = {"Authorization": f"Bearer {at.bench.gate.operator_token}"}
        await at.bench.http.post("/api/v1/operator/faces/watch", headers=token)
        assert at.looks()[4:] == [("operator", "watch_list")]


async def test_a_code_is_good_once_and_a_wrong_one_enters_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        fresh = at.otp()
        assert (await at.post("", ORDER | fresh)).status_code == 201
        again = await at.post("", ORDER | fresh)
        assert again.json()["code"] == "factor_wrong"
        guess = {"otp": "000000" if fresh["otp"] != "000000" else "111111"}
        assert (await at.post("", ORDER | guess)).json()["code"] == "factor_wrong"
        (row,) = kept(at.bench, t.face_orders)
        await at.add(row.id)
        await at.turn("two")
        assert (await at.post(f"/{row.id}/approve", guess)).json()["code"] == "factor_wrong"
        assert kept(at.bench, t.face_orders)[0].approved_at is None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"authority": "The Police"}, "field_wrong"), ({"basis": ""}, "field_wrong"),
        ({"days": 0}, "field_wrong"), ({"days": 32}, "field_wrong"),
        ({"passers_a_day": 0}, "field_wrong"), ({"alarms_a_day": 0}, "field_wrong"),
        ({"alarms_a_day": 1e-6}, "face_order"),  # fewer than the residents can measure
    ],
    ids=str,
)  # fmt: skip
async def test_what_an_order_lacks_is_told(tmp_path: Path, wrong: Any, code: str) -> None:
    async with desk(tmp_path) as at:
        answer = await at.post("", ORDER | at.otp() | wrong)
        assert answer.json()["code"] == code
        assert kept(at.bench, t.face_orders) == []


async def test_among_too_few_nothing_can_be_entered(tmp_path: Path) -> None:
    async with desk(tmp_path, 10) as at:
        assert (await at.look())["refused"] == "face_audit_few"
        assert (await at.post("/cost", COST)).json()["code"] == "face_order"


async def test_no_answer_holds_a_picture_a_template_or_a_threshold(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        order = await at.enter()
        answers = [(await at.add(order)).text]
        await at.turn("two")
        answers += [
            (await at.post(f"/{order}/approve", at.otp())).text,
            json.dumps(await at.look()),
        ]
        (row,), (entered,) = kept(at.bench, t.face_listed), kept(at.bench, t.face_orders)
        for text in answers:
            assert row.picture_sha256 in text  # by which it can be told from another
            assert row.id not in text  # the name of its key
            assert f"{entered.threshold:.5f}"[:7] not in text
            for secret in (LISTED, row.sealed, row.picture):
                assert base64.b64encode(secret)[:16].decode() not in text
        document = json.dumps(at.bench.app.openapi()["paths"][f"{WATCH}/{{order}}/faces"])
        assert list(json.loads(document)) == ["post"]


async def test_an_order_whose_cost_nobody_can_tell_any_more_says_that_it_rests(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as at:
        order = await at.enter()
        await at.add(order)
        await at.turn("two")
        await at.post(f"/{order}/approve", at.otp())
        at.bench.hub.recognising.model = "another-model"
        (shown,) = (await at.look())["orders"]
        assert (shown["state"], shown["faces"][0]["other_model"]) == ("resting", True)
        roll = at.bench.hub.recognising.roll
        assert roll is not None
        at.bench.hub.recognising.model, roll.standing = "dlib-resnet-v1", None
        (shown,) = (await at.look())["orders"]
        assert (shown["state"], shown["expected_now"]) == ("resting", None)


async def test_one_whose_time_is_over_is_shown_as_ended_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        order = await at.enter(days=1)
        await at.add(order)
        at.bench.pass_s(DAY_S)
        await at.turn("two")
        (shown,) = (await at.look())["orders"]
        assert shown["state"] == "ended"
        answer = await at.post(f"/{order}/approve", at.otp())
        assert answer.json()["code"] == "face_order"


async def test_an_order_that_is_not_there(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        for path, body in (("/none/end", None), ("/none/approve", at.otp())):
            assert (await at.post(path, body)).json()["code"] == "not_found"
        assert (await at.add("none")).json()["code"] == "not_found"


# --- the operator's verbs --------------------------------------------------------------------


async def run(*words: str) -> None:
    parser = argparse.ArgumentParser()
    verbs.face(parser)
    told = parser.parse_args(["watch", *words])
    assert threading.current_thread() is threading.main_thread()
    await asyncio.to_thread(told.func, told)


async def test_the_operator_enters_and_ends_and_never_approves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "from-them.jpg"
    picture.write_bytes(LISTED)
    cost = ("--passers", "50", "--alarms", "5")

    def told() -> Any:
        return json.loads(capsys.readouterr().out)

    (tmp_path / "site").mkdir()
    async with desk(tmp_path / "site") as at:
        asks = asks_the_bench(at.bench, asyncio.get_running_loop())
        monkeypatch.setattr(verbs, "answer_of", asks)
        await run("cost", *cost)
        assert 0 < told()["expected_a_day"] <= 5
        await run("enter", *cost, "--authority", "county-psb", "--basis", "case-1", "--days", "7")
        (shown,) = told()["orders"]
        assert (shown["state"], shown["entered_by"]) == ("waiting", "operator")
        await run("face", shown["id"], str(picture))
        assert len(told()["orders"][0]["faces"]) == 1
        with pytest.raises(Mistake, match="cannot be read"):
            await run("face", shown["id"], str(tmp_path / "none.jpg"))
        with pytest.raises(SystemExit):
            await run("approve", shown["id"])
        answer = await at.post(f"/{shown['id']}/approve", at.otp())
        assert answer.json()["orders"][0]["state"] == "in_force"
        await run("end", shown["id"])
        assert told()["orders"][0]["state"] == "ended"
        await run("show")
        assert told()["orders"][0]["approved_by"] == "one"
