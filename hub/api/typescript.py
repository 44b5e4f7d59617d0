"""The pages' types of the hub's API, made from its OpenAPI document.

``python -m hub.api.typescript > devices/web/api.gen.ts``: an interface for each schema, and one map
of the operations: method, address, what goes up, what comes back.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any, cast

from hub.api.server import make_app
from hub.parts import Hub

_HEAD = (
    "// Made from the hub's OpenAPI document by `python -m hub.api.typescript`; do not edit.\n\n"
)
_OPERATIONS = "/** Every operation of the API by its id: `body` goes up, `answer` comes back. */"
_PLAIN = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
_NAME = re.compile(r"[A-Za-z_]\w*")


class _NoHub:
    """Stands where routes are drawn up and none is ever served."""

    def __getattr__(self, name: str) -> _NoHub:
        return _NoHub()

    def __getitem__(self, key: object) -> _NoHub:
        return _NoHub()

    def __len__(self) -> int:
        return 16  # of a key


def document() -> dict[str, Any]:
    """The OpenAPI document of a hub with every part."""
    app, _ = make_app(cast(Hub, _NoHub()))
    return app.openapi()


def type_of(schema: dict[str, Any] | bool) -> str:
    """A JSON schema as a TypeScript type."""
    if isinstance(schema, bool) or not schema:
        return "unknown"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(type_of(part) for part in schema["anyOf"])
    kind = schema.get("type")
    if kind == "array":
        item = type_of(schema.get("items", True))
        return f"({item})[]" if "|" in item else f"{item}[]"
    if kind == "object":
        return _object(schema)
    return _PLAIN.get(str(kind), "unknown")


def _object(schema: dict[str, Any]) -> str:
    if "properties" in schema:
        return "{ " + "; ".join(text for _, text in _members(schema)) + " }"
    return f"Record<string, {type_of(schema.get('additionalProperties', True))}>"


def _members(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """(what is said of it, the member) for each member of an object."""
    required = schema.get("required", [])
    found = []
    for name, member in schema["properties"].items():
        key = name if _NAME.fullmatch(name) else json.dumps(name)
        mark = "" if name in required else "?"
        found.append((member.get("description", ""), f"{key}{mark}: {type_of(member)}"))
    return found


def _interface(name: str, schema: dict[str, Any]) -> str:
    head = _comment(schema.get("description", ""), "")
    if "properties" not in schema:
        return f"{head}export type {name} = {type_of(schema)};\n"
    lines = [_comment(said, "  ") + f"  {member};\n" for said, member in _members(schema)]
    return f"{head}export interface {name} {{\n{''.join(lines)}}}\n"


def _comment(said: str, indent: str) -> str:
    return f"{indent}/** {' '.join(said.replace('``', '`').split())} */\n" if said else ""


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    said = operation["responses"]
    good = next(answer for status, answer in said.items() if status.startswith("2"))
    body = _content(operation.get("requestBody"))
    return (
        f"  {operation['operationId']}: {{\n"
        f'    method: "{method.upper()}";\n'
        f"    path: {_address(path, operation)};\n"
        f"    body: {body or 'undefined'};\n"
        f"    answer: {_content(good) or 'null'};\n"
        "  };\n"
    )


def _address(path: str, operation: dict[str, Any]) -> str:
    """The address as a type: its slots are any text, and so is its query."""
    open_path = re.sub(r"\{\w+\}", "${string}", path)
    bare = f"`{open_path}`" if "$" in open_path else f'"{open_path}"'
    queries = [at for at in operation.get("parameters", []) if at["in"] == "query"]
    asked = f"`{open_path}?${{string}}`"
    if any(query["required"] for query in queries):
        return asked
    return f"{bare} | {asked}" if queries else bare


def _content(told: dict[str, Any] | None) -> str:
    content = (told or {}).get("content", {}).get("application/json")
    return type_of(content["schema"]) if content else ""


def as_typescript() -> str:
    """The TypeScript module; the same bytes for the same API."""
    whole = document()
    schemas = whole["components"]["schemas"].items()
    operations = [
        (operation["operationId"], _operation(method, path, operation))
        for path, methods in whole["paths"].items()
        for method, operation in methods.items()
    ]
    shapes = "\n".join(_interface(name, schema) for name, schema in sorted(schemas))
    table = "".join(text for _, text in sorted(operations))
    return f"{_HEAD}{shapes}\n{_OPERATIONS}\nexport interface Operations {{\n{table}}}\n"


if __name__ == "__main__":
    sys.stdout.write(as_typescript())
