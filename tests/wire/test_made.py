"""What is made from the code is as the code says."""

from pathlib import Path

import pytest

from devices import asyncapi, cures, reasons, wire
from hub.api import typescript

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    ("path", "made", "command"),
    [
        ("docs/asyncapi.json", asyncapi.text, "python -m devices.asyncapi"),
        ("devices/web/reasons.gen.ts", reasons.as_typescript, "python -m devices.reasons"),
        ("hub/web/console/cures.gen.ts", cures.as_typescript, "python -m devices.cures"),
        ("devices/web/api.gen.ts", typescript.as_typescript, "python -m hub.api.typescript"),
    ],
)
def test_made_files_are_fresh(path: str, made: object, command: str) -> None:
    assert callable(made)
    assert (ROOT / path).read_text(encoding="utf-8") == made(), f"run: {command} > {path}"


def test_every_leaf_of_the_wire_is_documented() -> None:
    leaves = {
        value
        for name, value in vars(wire).items()
        if name.isupper() and isinstance(value, str) and name != "ROOT"
    }
    documented = {channel.leaf.removesuffix("/{k}") for channel in asyncapi.CHANNELS}
    assert leaves <= documented


def test_no_language_is_missing() -> None:
    for entry in reasons.REASONS.values():
        assert all(entry.words.as_dict().values()), entry.code
        cure = cures.cure_of(entry.code)
        assert (cure is not None) == bool(entry.cure), f"devices/cures.py: {entry.code}"
        assert cure is None or all(cure.as_dict().values()), entry.code
    assert set(cures._CHINESE) <= set(reasons.REASONS)
