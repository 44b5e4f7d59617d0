"""Faces over HTTP: how they stand, consents and photos at the desk, and one's own on the phone.

A photo is read, becomes an embedding or a reason, and is dropped; no score leaves the hub.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from hub.acts.faces import Assessment, FaceDoor, assess, set_door
from hub.acts.reading import Reading, note_page, note_reading
from hub.api import face_papers, face_reading
from hub.api.documents import BODY, CHANGE, told
from hub.api.face_shapes import (
    AssessmentAsked,
    ConsentAsked,
    DeskConsentAsked,
    FaceDoorAsked,
    FaceEndAsked,
    FaceLog,
    FaceNotice,
    FaceShown,
    FacesShown,
    Language,
    PaperAsked,
)
from hub.api.gate import Gate
from hub.api.phone import read_body
from hub.api.problems import next_nonce, reply
from hub.core import face_words
from hub.core.errors import DomainError
from hub.recognising import Asked
from hub.store import tables as t

PICTURE_PATH: Final = re.compile(
    r"/api/v1/((operator/)?(people/[^/]{1,32}/face/photos|faces/watch/[^/]{1,32}/faces)"
    r"|cameras/[^/]{1,32}/picture)"
)
PHOTO_BYTES_MAX: Final = 15_000_000  # hub/faces/photo.py takes no more; it is not loaded for this
OCTETS: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
OFF = ("faces_absent", "face_assessment", "face_keys_elsewhere", "face_starting")
_CONSENT = (
    *OFF, "face_guardian", "face_own_consent", "face_moved", "face_notice_old", "not_found",
    "too_many",
)  # fmt: skip
PHOTO = (
    *OFF, "face_no_consent", "face_photos_many", "face_model_other", "photo_large",
    "photo_broken", "face_none", "face_several", "face_small", "face_blurred", "face_dark",
    "face_bright", "face_turned", "face_unclear", "too_many", "not_found", "oversize",
)  # fmt: skip

ENROLS = (*PHOTO, "face_copied", "field_wrong")


def routes(gate: Gate) -> APIRouter:
    """The router of faces."""
    router = APIRouter(prefix="/api/v1", tags=["faces"])
    _site(router, gate)
    _papers(router, gate)
    _desk(router, gate)
    _phone(router, gate)
    _operator(router, gate)
    _cameras(router, gate)
    return router


def _site(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get("/faces", **told("readFaces", FacesShown, *CHANGE, by="staff"))
    async def faces(request: Request) -> Response:
        member = gate.member(request, "read", "faces")
        return await _overview(gate, request, f"staff:{member.id}")

    @router.get("/faces/log", **told("readFaceLog", FaceLog, *CHANGE, by="staff"))
    async def log(request: Request) -> Response:
        member = gate.member(request, "set", "faces")
        await hub.writer.submit(note_reading, Reading(f"staff:{member.id}", "faces"))
        return reply({"matches": face_reading.log_of(hub)}, request)

    assesses = told("assessFaces", FacesShown, "faces_absent", "face_keys_elsewhere",
                    *BODY, *CHANGE, by="staff")  # fmt: skip

    @router.put("/faces/assessment", **assesses)
    async def assessment(asked: AssessmentAsked, request: Request) -> Response:
        member = gate.member(request, "set", "faces")
        keys = await hub.recognising.keys_id()
        told = Assessment(**asked.model_dump(), by=f"staff:{member.id}", keys=keys)
        await hub.writer.submit(assess, told)
        await hub.recognising.settle()
        return await _overview(gate, request, f"staff:{member.id}")

    sets = told("setFaceDoor", FacesShown, "face_assessment", "face_only", "face_zone",
                "door_unknown", *BODY, *CHANGE, by="staff")  # fmt: skip

    @router.put("/faces/doors/{door}", **sets)
    async def door(door: str, asked: FaceDoorAsked, request: Request) -> Response:
        member = gate.member(request, "set", "faces")
        mode = None if asked.mode == "off" else asked.mode
        wish = FaceDoor(door, mode, asked.zone, asked.purpose, asked.turn, f"staff:{member.id}")
        await hub.writer.submit(set_door, wish)
        return await _overview(gate, request, f"staff:{member.id}")

    shows = told("readFaceNotice", FaceNotice, "face_assessment", "field_wrong", by="staff")

    @router.get("/faces/notice/{language}", **shows)
    def notice(language: Language, request: Request) -> Response:
        gate.member(request, "enrol", "face")
        return reply(_shown(_notice(gate, language)), request)


def _papers(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.post("/faces/report", include_in_schema=False)
    async def report(asked: PaperAsked, request: Request) -> Response:
        gate.member(request, "set", "faces")
        return _pdf(await face_papers.report(hub, asked.language), "linli-faces.pdf")

    @router.post("/faces/signs", include_in_schema=False)
    async def signs(asked: PaperAsked, request: Request) -> Response:
        gate.member(request, "set", "faces")
        return _pdf(await face_papers.signs(hub, asked.language), "linli-signs.pdf")


def _pdf(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, 200, headers, "application/pdf")


def _desk(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub
    reads = told("readFace", FaceShown, "not_found", "field_wrong", *CHANGE, by="staff")

    @router.get("/people/{person}/face", **reads)
    async def read(person: str, request: Request) -> Response:
        member = gate.member(request, "read", "face")
        shown = _of(gate, person)
        await hub.writer.submit(note_reading, Reading(f"staff:{member.id}", f"face:{person}"))
        return reply(shown, request)

    consents = told("consentFace", FaceShown, *_CONSENT, *BODY, *CHANGE, by="staff")

    @router.post("/people/{person}/face/consent", **consents)
    async def consent(person: str, asked: DeskConsentAsked, request: Request) -> Response:
        member = gate.member(request, "enrol", "face")
        await _consent(gate, person, asked, f"staff:{member.id}", asked.guardian or person,
                       asked.turns_14_on)  # fmt: skip
        return reply(_of(gate, person), request)

    adds = told("addFacePhoto", FaceShown, *ENROLS, *CHANGE, by="staff")
    adds["openapi_extra"] |= OCTETS

    @router.post("/people/{person}/face/photos", **adds)
    async def photos(person: str, request: Request) -> Response:
        member = gate.member(request, "enrol", "face")
        gate.guard(gate.faces, member.id)
        await hub.recognising.photo(person, await request.body(), f"staff:{member.id}")
        return reply(_of(gate, person), request)

    ends = told("forgetFace", FaceShown, "not_found", *BODY, *CHANGE, by="staff")

    @router.post("/people/{person}/face/forget", **ends)
    async def forget(person: str, asked: FaceEndAsked, request: Request) -> Response:
        member = gate.member(request, "forget", "face")
        await hub.recognising.withdraw(person, f"staff:{member.id}", asked.reason)
        return reply(_of(gate, person), request)


def _phone(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.get("/me/face", **told("readMyFace", FaceShown, by="phone"))
    async def read(request: Request) -> Response:
        phone, _ = await gate.phone(request, "read", "own_face")
        return reply(_of(gate, phone.person), request)

    shows = told("readMyFaceNotice", FaceNotice, "face_assessment", "field_wrong", by="phone")

    @router.get("/me/face/notice/{language}", **shows)
    async def notice(language: Language, request: Request) -> Response:
        await gate.phone(request, "consent", "own_face")
        return reply(_shown(_notice(gate, language)), request)

    consents = told("consentMyFace", FaceShown, *_CONSENT, *CHANGE, by="phone",
                    takes=ConsentAsked)  # fmt: skip

    @router.post("/me/face/consent", **consents)
    async def consent(request: Request) -> Response:
        phone, signed = await gate.phone(request, "consent", "own_face")
        gate.guard(gate.own_face, phone.person)
        asked = ConsentAsked.model_validate(read_body(signed.body))
        await _consent(gate, phone.person, asked, f"phone:{phone.id}", phone.person, None)
        return reply(_of(gate, phone.person), request)

    @router.delete("/me/face", status_code=204, **told("forgetMyFace", None, *CHANGE, by="phone"))
    async def forget(request: Request) -> Response:
        phone, _ = await gate.phone(request, "forget", "own_face")
        await hub.recognising.withdraw(phone.person, f"phone:{phone.id}")
        return Response(status_code=204, headers=next_nonce(request))


def _operator(router: APIRouter, gate: Gate) -> None:
    hub = gate.hub

    @router.post(
        "/operator/faces", **told("readFacesByOperator", FacesShown, *CHANGE, by="operator")
    )
    async def faces(request: Request) -> Response:
        gate.operator(request)
        return await _overview(gate, request, "operator")

    audits = told("auditFaces", FacesShown, *OFF, *CHANGE, by="operator")

    @router.post("/operator/faces/audit", **audits)
    async def audit(request: Request) -> Response:
        gate.operator(request)
        await hub.recognising.audit_now()
        return await _overview(gate, request, "operator")

    renews = told("renewFaces", FacesShown, "face_assessment", *CHANGE, by="operator")

    @router.post("/operator/faces/renew", **renews)
    async def renew(request: Request) -> Response:
        gate.operator(request)
        await hub.recognising.renew("operator")
        await hub.recognising.settle()
        return await _overview(gate, request, "operator")

    adds = told("addFacePhotoByOperator", FaceShown, *ENROLS, *CHANGE, by="operator")
    adds["openapi_extra"] |= OCTETS

    @router.post("/operator/people/{person}/face/photos", **adds)
    async def photos(person: str, request: Request) -> Response:
        gate.operator(request)
        await hub.recognising.photo(person, await request.body(), "operator")
        return reply(_of(gate, person), request)

    ends = told("forgetFaceByOperator", FaceShown, "not_found", *BODY, *CHANGE, by="operator")

    @router.post("/operator/people/{person}/face/forget", **ends)
    async def forget(person: str, asked: FaceEndAsked, request: Request) -> Response:
        gate.operator(request)
        await hub.recognising.withdraw(person, "operator", asked.reason)
        return reply(_of(gate, person), request)


def _cameras(router: APIRouter, gate: Gate) -> None:
    pushes = told("pushPicture", None, "face_off", "not_found", "hub_busy", "photo_large",
                  "field_wrong", "oversize", by="camera", status=204)  # fmt: skip
    pushes["openapi_extra"] |= OCTETS

    @router.put("/cameras/{camera}/picture", status_code=204, **pushes)
    async def picture(camera: str, request: Request) -> Response:
        gate.camera(request, camera)
        why = gate.hub.face_doors.push(camera, await request.body())
        if why is not None:
            raise DomainError(why)
        return Response(status_code=204)


# --------------------------------------------------------------------------- shared


async def _overview(gate: Gate, request: Request, by: str) -> Response:
    """The page Faces. Whom the machine takes for whom is personal: that look is written down."""
    shown = await asyncio.to_thread(face_reading.overview, gate.hub)
    if shown["audit"] is not None and shown["audit"]["look_alikes"]:
        await gate.hub.writer.submit(note_page, Reading(by, "face_pairs"))
    return reply(shown, request)


def _of(gate: Gate, person: str) -> dict[str, Any]:
    shown = face_reading.of_person(gate.hub, person)
    if shown is None:
        raise DomainError("not_found", "no such person", "person")
    return shown


def _notice(gate: Gate, language: str) -> face_words.Notice:
    with gate.hub.engines.read.connect() as connection:
        site = connection.execute(select(t.face_site)).first()
        if site is None:
            raise DomainError("face_assessment")
        days = face_reading.kept_days(connection)
    return face_words.notice(language, site.controller, site.contact, site.purpose, days)


def _shown(notice: face_words.Notice) -> dict[str, Any]:
    parts = [{"title": title, "text": text} for title, text in notice.parts]
    return {"version": notice.version, "parts": parts}


async def _consent(
    gate: Gate, person: str, asked: ConsentAsked, by: str, giver: str, turns_14_on: str | None
) -> None:
    """Record a consent to the notice as it reads now; an older one was another question."""
    notice = _notice(gate, asked.language)
    if asked.notice != notice.version:
        raise DomainError("face_notice_old")
    told = Asked(person, giver, turns_14_on, notice.version, notice.sha256, asked.language, by)
    await gate.hub.recognising.give(told)
