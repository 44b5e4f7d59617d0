"""The pages' words: the reasons are the registry's, and no language can be forgotten."""

import subprocess
from pathlib import Path

import pytest

from devices.reasons import as_typescript

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "devices" / "web"
TSC = ROOT / "node_modules" / ".bin" / "tsc"


def test_the_pages_reasons_are_those_of_the_registry() -> None:
    made = (WEB / "reasons.gen.ts").read_text(encoding="utf-8")
    assert made == as_typescript(), "run: python -m devices.reasons > devices/web/reasons.gen.ts"


def complaints(tmp_path: Path, body: str) -> str:
    if not TSC.exists():
        pytest.skip("needs the pages' tools: npm ci")
    source = tmp_path / "words.ts"
    source.write_text(
        f'import {{ dictionary, say }} from "{WEB}/i18n";\n{body}\n', encoding="utf-8"
    )
    settings = tmp_path / "tsconfig.json"
    settings.write_text(
        f'{{"extends": "{ROOT}/tsconfig.base.json", "compilerOptions": {{"types": []}},'
        f' "files": ["{source}"]}}',
        encoding="utf-8",
    )
    done = subprocess.run([TSC, "-p", settings], capture_output=True, text=True, check=False)
    return done.stdout


LEFT = '"zh-Hans": "还有{n}分钟", "zh-Hant": "還有{n}分鐘", en: "{n} minutes left"'


def test_a_whole_entry_compiles(tmp_path: Path) -> None:
    body = f"const w = dictionary({{ left: {{ {LEFT} }} }});\nsay(w.left, {{ n: 3 }});"
    assert complaints(tmp_path, body) == ""


@pytest.mark.parametrize(
    "body",
    [
        'dictionary({ left: { "zh-Hans": "好", "zh-Hant": "好" } });',
        'dictionary({ left: { "zh-Hans": "好", en: "OK" } });',
        f"dictionary({{ left: {{ {LEFT.replace('還有{n}', '還有')} }} }});",
        f"const w = dictionary({{ left: {{ {LEFT} }} }});\nsay(w.left);",
        f"const w = dictionary({{ left: {{ {LEFT} }} }});\nsay(w.left, {{ m: 3 }});",
    ],
    ids=["no English", "no zh-Hant", "slot lost in translation", "slot not filled", "wrong slot"],
)
def test_a_gap_does_not_compile(tmp_path: Path, body: str) -> None:
    assert "error TS" in complaints(tmp_path, body)
