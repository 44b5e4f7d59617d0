"""The API's OpenAPI document: what an endpoint takes, gives and refuses, said beside its route.

Many endpoints read and write the very bytes themselves (they are signed), so the framework cannot
know their shapes. They are told here in words that cost a request nothing: schemas are made when
the document is asked for, never while a request is served.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp

from devices.reasons import REASONS
from hub.api.shapes import Problem

Shape = type[BaseModel]
Mode = Literal["validation", "serialization"]
Caller = Literal[
    "anybody", "newcomer", "phone", "kiosk", "staff", "operator", "provider", "camera"
]  # fmt: skip

PROBLEM_TYPE = "application/problem+json"
BODY = ("field_wrong", "oversize")  # what any body can meet
ANY = "*"  # what a door answers: any code of the registry
CHANGE = ("hub_busy", "store_unavailable")  # what any change can meet
_PROOF = ("proof_missing", "proof_form", "proof_forged", "request_altered", "request_stale")
_REFUSED: dict[Caller, tuple[str, ...]] = {
    "anybody": (),
    "newcomer": _PROOF,
    "phone": (*_PROOF, "phone_unknown", "phone_revoked", "phone_paused", "not_allowed", "hub_busy"),
    "kiosk": (*_PROOF, "phone_unknown", "not_allowed", "hub_busy"),
    "staff": ("signed_out", "not_allowed", "client_header"),
    "operator": ("not_allowed",),
    "provider": (),
    "camera": ("not_allowed", "too_many"),
}
_PROVEN = "A compact JWS over method, path, hash of the body and nonce, signed by "
SCHEMES: dict[str, dict[str, str]] = {
    "newcomer": {"type": "apiKey", "in": "header", "name": "Linli-Proof",
                 "description": _PROVEN + "the key that the body introduces (ES256)."},
    "phone": {"type": "apiKey", "in": "header", "name": "Linli-Proof",
              "description": _PROVEN + "an enrolled phone (ES256)."},
    "kiosk": {"type": "apiKey", "in": "header", "name": "Linli-Proof",
              "description": _PROVEN + "an adopted kiosk (EdDSA)."},
    "staff": {"type": "apiKey", "in": "cookie", "name": "linli_session",
              "description": "A session; all but GET also wants the header Linli-Client: console."},
    "operator": {"type": "http", "scheme": "bearer",
                 "description": "The token file of the data folder."},
    "provider": {"type": "apiKey", "in": "header", "name": "Wechatpay-Signature",
                 "description": "WeChat Pay API v3, with its timestamp, nonce and serial."},
    "camera": {"type": "http", "scheme": "bearer",
               "description": "The token in the secret of a camera that pushes its pictures."},
}  # fmt: skip
_SIGNED = ("newcomer", "phone", "kiosk")
_NEXT_NONCE = {"Linli-Nonce": {"description": "The next nonce", "schema": {"type": "string"}}}
_REF = "#/components/schemas/"

_gives: dict[str, Shape] = {}  # one entry for each class that a route names
_takes: dict[str, Shape] = {}  # the same


def told(
    operation: str,
    gives: Shape | None,
    *refuses: str,
    by: Caller = "anybody",
    takes: Shape | None = None,
    status: int = 200,
    problem: Shape = Problem,
) -> dict[str, Any]:
    """A route's documentation; with no ``gives`` the framework knows the answer, or it is empty."""
    answers: dict[int | str, dict[str, Any]] = {}
    signed = by in _SIGNED
    if gives is not None:
        _gives[gives.__name__] = gives
        answers[status] = {"description": "Done", **_content("application/json", gives)}
        if signed:
            answers[status]["headers"] = _NEXT_NONCE
    body = BODY if takes is not None else ("oversize",) if signed else ()
    _gives[problem.__name__] = problem
    answers |= _problems((*refuses, *body, *_REFUSED[by], "internal"), problem)
    extra: dict[str, Any] = {} if by == "anybody" else {"security": [{by: []}]}
    if takes is not None:
        _takes[takes.__name__] = takes
        extra["requestBody"] = {"required": True, **_content("application/json", takes)}
    return {"operation_id": operation, "responses": answers, "openapi_extra": extra}


def _content(media_type: str, shape: Shape) -> dict[str, Any]:
    return {"content": {media_type: {"schema": {"$ref": _REF + shape.__name__}}}}


def _problems(codes: tuple[str, ...], shape: Shape) -> dict[int | str, dict[str, Any]]:
    """Problems by HTTP status, each with the reason codes it may carry."""
    by_status: dict[int, set[str]] = defaultdict(set)
    for code in codes:
        if code != ANY:
            by_status[REASONS[code].http_status].add(code)
    problems: dict[int | str, dict[str, Any]] = {
        status: {"description": ", ".join(sorted(found)), **_content(PROBLEM_TYPE, shape)}
        for status, found in sorted(by_status.items())
    }
    if ANY in codes:
        problems["default"] = {"description": "Any reason", **_content(PROBLEM_TYPE, shape)}
    return problems


class Api(FastAPI):
    """The application; its document also holds what the routes were told.

    ``shell`` goes around all of it, also around the framework's own layers.
    """

    shell: Callable[[ASGIApp], ASGIApp] | None = None

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette: everything between a server and the routes."""
        stack = super().build_middleware_stack()
        return self.shell(stack) if self.shell is not None else stack

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made once."""
        if self.openapi_schema is None:
            components = super().openapi().setdefault("components", {})
            components["securitySchemes"] = SCHEMES
            schemas = components.setdefault("schemas", {})
            schemas |= _schemas(_takes, "validation") | _schemas(_gives, "serialization")
            components["schemas"] = dict(sorted(schemas.items()))
        return super().openapi()


def _schemas(shapes: dict[str, Shape], mode: Mode) -> dict[str, Any]:
    wanted = [(shape, mode) for shape in shapes.values()]
    schemas: dict[str, Any] = models_json_schema(wanted, ref_template=_REF + "{model}")[1]["$defs"]
    return schemas


__all__ = ["ANY", "BODY", "CHANGE", "PROBLEM_TYPE", "SCHEMES", "Api", "Caller", "Shape", "told"]
