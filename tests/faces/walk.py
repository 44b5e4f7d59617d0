"""A walk through every endpoint of faces: at the desk, on a phone, by the operator."""

from dataclasses import replace
from typing import Any, cast

from hub.core.cameras import CameraSettings
from hub.faces.calibration import Tail
from simulators.phone import Phone
from tests.faces.desk import MODEL, Faces, judge_here
from tests.unit.hub_bench import CLIENT, HubBench

ASSESSED: dict[str, Any] = {
    "controller": "Liuxi property office", "contact": "desk, building 1",
    "purpose": "open the gate with both hands full", "necessity": "cards stay an equal way",
    "measures": "templates only, sealed, on this hub", "assessed_by": "Chen, officer",
    "strangers": 0.02, "claims": 0.002, "misses": 0.2,
}  # fmt: skip
AGREED = {"notice": "1", "language": "en"}
OCTETS = {**CLIENT, "Content-Type": "application/octet-stream"}


async def prepare(bench: HubBench, faces: Faces | None = None) -> None:
    """Assess over HTTP (an administrator is signed in) and make the face process up."""
    desk = bench.hub.recognising
    desk.judge, desk.model = judge_here, MODEL
    answer = await bench.http.put("/api/v1/faces/assessment", json=ASSESSED, headers=CLIENT)
    assert answer.status_code == 200, answer.text
    desk.portraits = (faces or Faces()).portraits


async def answer_faces(bench: HubBench, phone: Phone) -> None:
    """Ask everything once; an administrator is signed in, the phone is that of p-1."""
    http = bench.http

    async def ask(method: str, path: str, body: Any = None) -> Any:
        answer = await http.request(method, f"/api/v1/{path}", json=body, headers=CLIENT)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    await prepare(bench)
    assert (await ask("GET", "faces"))["state"] == "ready"
    notice = await ask("GET", "faces/notice/en")
    assert len(notice["parts"]) == 7
    await ask("POST", "people/p-2/face/consent", AGREED)
    added = await http.post("/api/v1/people/p-2/face/photos", content=b"1", headers=OCTETS)
    assert added.status_code == 200, added.text
    assert (await ask("GET", "people/p-2/face"))["photos"] == added.json()["photos"]
    await ask("PUT", "faces/doors/d-1", {"mode": "alone", "purpose": "hands full"})
    await ask("GET", "faces/log")
    operator = {"Authorization": f"Bearer {bench.gate.operator_token}"}
    await answer_watch(bench, operator)
    for path in ("", "/audit", "/renew"):
        told = await http.post(f"/api/v1/operator/faces{path}", headers=operator)
        assert told.status_code == 200, told.text
    await by_a_phone(phone)
    await by_a_camera(bench)
    more = await http.post(
        "/api/v1/operator/people/p-1/face/photos", content=b"1", headers={**OCTETS, **operator}
    )
    assert more.status_code == 200, more.text
    gone = await http.post(
        "/api/v1/operator/people/p-1/face/forget", json={"reason": "died"}, headers=operator
    )
    assert gone.json()["consent"] is None
    await ask("POST", "people/p-2/face/forget", {})


async def answer_watch(bench: HubBench, operator: dict[str, str]) -> None:
    """The watch list, by two administrators and the operator; what it costs is made up."""
    desk, faces, http = bench.hub.recognising, Faces(), bench.http

    async def portraits(content: bytes) -> Any:
        return await faces.portraits(content.rpartition(b" ")[2])

    async def ask(path: str, head: dict[str, str], body: Any = None) -> Any:
        sent: Any = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = await http.post(f"/api/v1/{path}", headers=head, **sent)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    await desk.audit()
    assert desk.roll is not None
    assert desk.roll.standing is not None
    desk.roll.standing = replace(desk.roll.standing, watch=Tail(((0.2, 1e-6), (0.4, 1e-2))))
    shown, desk.portraits = desk.portraits, portraits
    picture, watch = b"\xff\xd8\xff of 7", "faces/watch"
    cost = {"passers_a_day": 50, "alarms_a_day": 5.0}
    wish = cost | {"authority": "county-psb", "basis": "case-1", "days": 7}
    first = await bench.administrator("watch-1")
    bench.pass_s(30)
    assert (await ask(f"{watch}/cost", CLIENT, cost))["faces"] == 20
    made = await ask(watch, CLIENT, wish | {"otp": bench.otp(first)})
    order = f"{watch}/{made['orders'][0]['id']}"
    await ask(f"{order}/faces", OCTETS, picture)
    second = await bench.administrator("watch-2")
    bench.pass_s(30)
    told = await ask(f"{order}/approve", CLIENT, {"otp": bench.otp(second)})
    assert told["orders"][0]["state"] == "in_force"
    assert (await http.get(f"/api/v1/{watch}")).is_success
    await ask(f"{order}/end", CLIENT)
    await ask("operator/faces/watch", operator)
    await ask("operator/faces/watch/cost", operator, cost)
    made = await ask("operator/faces/watch/orders", operator, wish)
    order = f"operator/{watch}/{made['orders'][0]['id']}"
    await ask(f"{order}/faces", {**OCTETS, **operator}, picture)
    await ask(f"{order}/end", operator)
    desk.portraits = shown


class Eyes:
    """A face process that takes pictures and sees nobody."""

    def add(self, camera: str, source: Any) -> bool:
        del camera, source
        return True

    def push(self, camera: str, content: bytes, at_s: float) -> str | None:
        del camera, content, at_s
        return None


async def by_a_camera(bench: HubBench) -> None:
    """A camera of a door that takes faces pushes a picture."""
    token, hub = "0123456789abcdef01234567", bench.hub
    hub.settings.cameras["hall"] = CameraSettings("d-1", "pushed", token=token)
    hub.recognising.process = cast("Any", Eyes())
    hub.face_doors.settle()
    head = {"Authorization": f"Bearer {token}"}
    path = "/api/v1/cameras/hall/picture"
    answer = await bench.http.put(path, content=b"jpeg", headers=head)
    assert answer.status_code == 204, answer.text
    assert (await bench.http.get("/api/v1/faces")).json()["cameras"][0]["state"] == "looking"
    hub.recognising.process = None


async def by_a_phone(phone: Phone) -> None:
    """The resident's own page, ending with a consent that holds."""
    for method, path, body, status in (
        ("GET", "", None, 200), ("GET", "/notice/zh-Hant", None, 200),
        ("POST", "/consent", AGREED, 200), ("DELETE", "", None, 204),
        ("POST", "/consent", AGREED, 200),
    ):  # fmt: skip
        reply = await phone.send(method, f"/api/v1/me/face{path}", body)
        assert reply.status == status, reply.body
