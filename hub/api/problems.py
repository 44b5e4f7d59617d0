"""One table from reason codes to HTTP: problem+json with the field and the cure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from devices.reasons import reason
from hub.core.errors import DomainError
from hub.store.writer import Faulted, InboxFull, StoreUnavailable

RETRY_AFTER_S = "2"
METHOD_WRONG = 405
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_STATUS = {404: "not_found", METHOD_WRONG: "method_wrong", 413: "oversize", 422: "field_wrong"}


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def body_of(code: str, detail: str = "", field: str | None = None, **more: Any) -> dict[str, Any]:
    """The members of a problem; ``more`` are members of the endpoint's own answer."""
    entry = reason(code)
    body: dict[str, Any] = {
        "type": f"urn:linli:reason:{code}",
        "title": entry.words.en,
        "status": entry.http_status,
        "detail": detail,
        "code": code,
        "words": entry.words.as_dict(),
        "cure": entry.cure,
    }
    if field is not None:
        body["field"] = field
    return {**body, **more}


def problem(
    code: str,
    detail: str = "",
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A problem+json answer for a reason code."""
    body = body_of(code, detail, field, **more)
    extra = dict(headers or {})
    if body["status"] in (429, 503):
        extra["Retry-After"] = RETRY_AFTER_S
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Response(raw, body["status"], extra, "application/problem+json")


def next_nonce(request: Request) -> dict[str, str]:
    """The header with the next nonce of a signed request; made as late as its answer."""
    make = getattr(request.state, "next_nonce", None)
    return make() if make is not None else {}


def reply(body: object, request: Request, status: int = 200) -> Response:
    """A JSON answer; the next nonce of a signed request rides on it."""
    headers = next_nonce(request)
    raw = _JSON.encode(body).encode()
    return Response(raw, status, headers, "application/json")


async def on_domain(request: Request, fault: Exception) -> Response:
    """The caller's fault; a signed request still gets its next nonce."""
    assert isinstance(fault, DomainError)
    headers = next_nonce(request)
    return problem(fault.code, fault.detail, fault.field, headers)


async def on_http(request: Request, fault: Exception) -> Response:
    """Starlette's own refusals in our words; a wrong method is told which are right (RFC 9110)."""
    assert isinstance(fault, HTTPException)
    headers = {"Allow": ", ".join(allowed(request))} if fault.status_code == METHOD_WRONG else {}
    return problem(_STATUS.get(fault.status_code, "field_wrong"), str(fault.detail), None, headers)


def allowed(request: Request) -> list[str]:
    """The methods that an address takes, by all of its routes; the framework names only one's."""

    def taken(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(each.matches(scope)[0] is Match.FULL for each in request.app.routes)

    return [method for method in METHODS if taken(method)]


async def on_form(request: Request, fault: Exception) -> Response:
    """A body that pydantic refused: name the first field and what it should be; never its value."""
    del request
    errors: list[dict[str, Any]] = getattr(fault, "errors", list)()
    first = errors[0] if errors else {"loc": ("body",), "msg": "is not of the expected form"}
    field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    return problem("field_wrong", f"{field or 'body'}: {first['msg']}", field or "body")


async def on_full(request: Request, fault: Exception) -> Response:
    """Too much waits; nothing was done."""
    del request, fault
    return problem("hub_busy")


async def on_store(request: Request, fault: Exception) -> Response:
    """The commit did not happen; nothing was spoken."""
    del request, fault
    return problem("store_unavailable")


async def on_fault(request: Request, fault: Exception) -> Response:
    """Our fault: rolled back and kept; the caller gets its number and nothing of its inside."""
    del request
    number = fault.quarantine_id if isinstance(fault, Faulted) else ""
    return problem("internal", f"recorded as {number}" if number else "")


EXPECTED: dict[Any, Any] = {
    DomainError: on_domain,
    RequestValidationError: on_form,
    ValidationError: on_form,
    HTTPException: on_http,
    InboxFull: on_full,
    StoreUnavailable: on_store,
    OperationalError: on_store,
    Faulted: on_fault,
}
HANDLERS: dict[Any, Any] = {**EXPECTED, Exception: on_fault}
