"""The stand-in's faces: a site that assessed, a resident who consents, photos that are numbers."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.browser.stub_routes import _signed_in as signed_in
from tests.browser.stub_routes import at
from tests.browser.stubs import DOORS, Json, Refusal, StubHub, now, stamp

DAY = "2026-11-26"
NOTICE = {
    "version": "1",
    "parts": [
        {"title": "谁负责", "text": "物业服务中心。"},
        {"title": "您的权利", "text": "不同意也一样进门，随时可以撤回。"},
    ],
}
PLOT = {
    "strangers": [{"at": 300 + 10 * n, "share": n / 60} for n in range(61)],
    "genuine": [{"at": 8 * n, "share": n / 60} for n in range(61)],
    "threshold": 290,
}
AUDIT = {
    "made_at": "2026-11-26T03:20:00.000Z", "model": "dlib-resnet-v1", "people": 212, "judged": 180,
    "search": {"refused": "face_audit_poor", "predicted": 0.01, "missed": 0.12, "wrong": 0.004},
    "claim": {"refused": None, "predicted": 0.001, "missed": 0.006, "wrong": None},
    "look_alikes": [{"one": {"name": "沈桂芳"}, "other": {"name": "沈桂兰"}}],
    "plot": PLOT,
}  # fmt: skip
ASSESSMENT = {
    "controller": "物业服务中心", "contact": "1 幢服务台", "purpose": "提着东西也能进门",
    "necessity": "卡和手机照旧", "measures": "只存加密模板", "assessed_by": "陈书记",
    "assessed_at": "2026-11-20T03:20:00.000Z", "strangers": 0.01, "claims": 0.001, "misses": 0.05,
}  # fmt: skip


def a_door(at: int, **more: Any) -> Json:
    usual = {
        "door": DOORS[at]["id"], "name": DOORS[at]["name"], "mode": "off", "zone": "entrance",
        "purpose": "", "turn": True, "ways": ["card", "phone"], "alone": "", "reason": None,
        "people": None,
    }  # fmt: skip
    return {**usual, **more}


def a_camera(name: str, **more: Any) -> Json:
    usual = {
        "name": name, "door": DOORS[0]["id"], "door_name": DOORS[0]["name"], "state": "looking",
        "reason": None,
    }  # fmt: skip
    return {**usual, **more}


def some_faces(**more: Any) -> Json:
    """A site in use."""
    filing = {"people": 212, "state": "below", "near_from": 80_000, "due_from": 100_000,
              "working_days": 30}  # fmt: skip
    usual: Json = {
        "state": "ready", "missing": [], "assessment": ASSESSMENT, "enrolled": 212,
        "consents": 230, "other_model": 0, "incomplete": 14, "filing": filing, "audit": AUDIT,
        "doors": [a_door(0, mode="claim"), a_door(1, mode="alone", alone="allowed", people=40),
                  a_door(2, ways=[])],
        "cameras": [a_camera("hall"), a_camera("yard", door="d-9", door_name=None,
                                               state="door_unknown")],
        "zones": ["entrance"],
    }  # fmt: skip
    return {**usual, **more}


def a_face(**more: Any) -> Json:
    """A resident of whom nothing is kept."""
    usual: Json = {"person": {"name": "沈桂芳"}, "state": "ready", "consent": None, "photos": [],
                   "missing": [], "other_model": False, "matches": []}  # fmt: skip
    return {**usual, **more}


CONSENT = {"given_at": "2026-11-26T03:20:00.000Z", "notice": "1", "guardian": None,
           "turns_14_on": None, "purpose": "提着东西也能进门"}  # fmt: skip


class Faces:
    """What the stand-in keeps; a test changes it."""

    def __init__(self) -> None:
        self.shown = some_faces()
        self.one = a_face(state="off")  # phones of other tests see nothing of it
        self.refuses: str | None = None
        self.asked: list[Json] = []
        self.photos: list[int] = []
        self.newest = b""  # of the photos


def of(hub: StubHub) -> Faces:
    """The faces of a stand-in."""
    if not hasattr(hub, "faces"):
        hub.faces = Faces()  # type: ignore[attr-defined]
    found: Faces = hub.faces  # type: ignore[attr-defined]
    return found


@at("GET", "/api/v1/faces")
async def _faces(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    return JSONResponse(of(hub).shown)


@at("PUT", "/api/v1/faces/assessment")
async def _assess(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    told = of(hub)
    told.asked.append(json.loads(body))
    told.shown = some_faces(
        assessment={**json.loads(body), "assessed_at": stamp(now())}, audit=None, consents=0
    )
    return JSONResponse(told.shown)


@at("PUT", "/api/v1/faces/doors/{door}")
async def _door(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    said = json.loads(body)
    for door in of(hub).shown["doors"]:
        if door["door"] == request.path_params["door"]:
            door |= {"mode": said["mode"], "alone": "waiting" if said["mode"] == "alone" else ""}
    return JSONResponse(of(hub).shown)


@at("GET", "/api/v1/faces/notice/{language}")
async def _notice(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    return JSONResponse(NOTICE)


@at("GET", "/api/v1/people/{person}/face")
async def _face(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    return JSONResponse(of(hub).one)


def _agree(hub: StubHub, body: bytes) -> Json:
    of(hub).asked.append(json.loads(body))
    of(hub).one = a_face(consent=CONSENT, missing=["photos", "days"])
    return of(hub).one


@at("POST", "/api/v1/people/{person}/face/consent")
async def _consent(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    return JSONResponse(_agree(hub, body))


@at("POST", "/api/v1/people/{person}/face/photos")
async def _photo(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    told = of(hub)
    if told.refuses:
        raise Refusal(told.refuses)
    told.photos.append(len(body))
    told.newest = body
    told.one["photos"] = [*told.one["photos"], {"day": DAY, "quality": "clear"}]
    return JSONResponse(told.one)


@at("POST", "/api/v1/people/{person}/face/forget")
async def _forget(hub: StubHub, request: Request, body: bytes) -> Response:
    signed_in(hub, request)
    of(hub).asked.append(json.loads(body))
    of(hub).one = a_face()
    return JSONResponse(of(hub).one)


@at("GET", "/api/v1/me/face")
async def _mine(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    return JSONResponse(of(hub).one, 200, {"Linli-Nonce": hub.new_nonce()})


@at("GET", "/api/v1/me/face/notice/{language}")
async def _my_notice(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    return JSONResponse(NOTICE, 200, {"Linli-Nonce": hub.new_nonce()})


@at("POST", "/api/v1/me/face/consent")
async def _my_consent(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    return JSONResponse(_agree(hub, body), 200, {"Linli-Nonce": hub.new_nonce()})


@at("DELETE", "/api/v1/me/face")
async def _my_end(hub: StubHub, request: Request, body: bytes) -> Response:
    hub.proven(request, body)
    of(hub).one = a_face()
    return Response(status_code=204, headers={"Linli-Nonce": hub.new_nonce()})
