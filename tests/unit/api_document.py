"""The API's own document as a judge: does an answer fit what its operation says?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from devices.reasons import REASONS

PROBLEM_TYPE = "application/problem+json"
_KINDS: dict[str, tuple[Any, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str
    said: dict[str, Any]

    @property
    def by(self) -> str:
        (scheme,) = self.said.get("security", [{"anybody": []}])[0]
        return str(scheme)

    @property
    def body(self) -> dict[str, Any] | None:
        content = self.said.get("requestBody", {}).get("content", {})
        schema: dict[str, Any] | None = content.get("application/json", {}).get("schema")
        return schema

    def parameters(self, where: str) -> list[dict[str, Any]]:
        return [each for each in self.said.get("parameters", []) if each["in"] == where]


class Document:
    """An OpenAPI document."""

    def __init__(self, whole: dict[str, Any]) -> None:
        self._schemas = whole["components"]["schemas"]
        found = [
            Operation(said["operationId"], method.upper(), path, said)
            for path, methods in whole["paths"].items()
            for method, said in methods.items()
        ]
        self.operations = {operation.id: operation for operation in found}
        assert len(self.operations) == len(found), "an operation id stands twice"

    def find(self, method: str, path: str) -> Operation | None:
        for operation in self.operations.values():
            wanted = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path))
            if operation.method == method and re.fullmatch(wanted, path):
                return operation
        return None

    def resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def judge(self, operation: Operation, answer: httpx.Response) -> list[str]:
        """What an answer has that its operation does not say, or lacks."""
        responses = operation.said["responses"]
        said = responses.get(str(answer.status_code)) or responses.get("default")
        if said is None:
            return [f"{answer.status_code} is not documented: {answer.text[:300]}"]
        if answer.is_success:
            if "content" not in said:
                return ["a body that is not documented"] if answer.content else []
            schema = said["content"]["application/json"]["schema"]
            return [*self.faults(schema, answer.json(), "body")]
        if answer.headers["content-type"] != PROBLEM_TYPE:
            return [f"{answer.headers['content-type']} is no problem"]
        body = answer.json()
        known = REASONS if "default" in responses else said["description"].split(", ")
        if body["code"] not in REASONS or body["code"] not in known:
            return [f"{body['code']} is not documented: {body['detail']}"]
        return [*self.faults(said["content"][PROBLEM_TYPE]["schema"], body, "problem")]

    def faults(self, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
        """Where a value does not fit; a member that nobody documented does not fit either."""
        schema = self.resolve(schema)
        if "anyOf" in schema:
            found = [[*self.faults(part, value, at)] for part in schema["anyOf"]]
            if all(found):
                yield from min(found, key=len)
            return
        if "const" in schema or "enum" in schema:
            if value not in schema.get("enum", [schema.get("const")]):
                yield f"{at} is {value!r}"
            return
        kind = schema.get("type")
        if kind is None:
            return
        fits = type(value) in _KINDS[kind]  # not isinstance: True is no integer
        if not fits:
            yield f"{at} is no {kind}: {value!r}"
        elif kind == "array":
            for index, item in enumerate(value):
                yield from self.faults(schema.get("items", {}), item, f"{at}[{index}]")
        elif kind == "object":
            yield from self._members(schema, value, at)

    def _members(self, schema: dict[str, Any], value: dict[str, Any], at: str) -> Iterator[str]:
        known = schema.get("properties", {})
        more = schema.get("additionalProperties", not known)
        for name in schema.get("required", []):
            if name not in value:
                yield f"{at} lacks {name}"
        for name, member in value.items():
            if name in known:
                yield from self.faults(known[name], member, f"{at}.{name}")
            elif more is False:
                yield f"{at} has {name}"
            elif isinstance(more, dict):
                yield from self.faults(more, member, f"{at}.{name}")


class Listener:
    """Judges every answer that passes; remembers which operations succeeded."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        app = http._transport.app  # type: ignore[attr-defined]
        self.document = Document(app.openapi())
        self.done: set[str] = set()
        self.faults: list[str] = []
        http.event_hooks["response"].append(self._hear)

    async def _hear(self, answer: httpx.Response) -> None:
        await answer.aread()
        operation = self.document.find(answer.request.method, answer.request.url.path)
        if operation is None:
            return
        if answer.is_success:
            self.done.add(operation.id)
        found = self.document.judge(operation, answer)
        self.faults += [f"{operation.id}: {fault}" for fault in found]
