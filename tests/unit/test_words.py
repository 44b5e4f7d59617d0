"""Words of every page and message: zh-Hans is Simplified, zh-Hant Traditional, and none is mixed.

The two old character sets know it: GB 2312 holds what is written in Simplified Chinese, Big 5 what
is written in Traditional. A few characters stand in both and mean something else in each.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("devices", "hub", "kiosk", "simulators")
HAN = re.compile(r"[\u3400-\u9fff]")
TYPED = re.compile(r'"(zh-Hans|zh-Hant)":\s*"((?:[^"\\]|\\.)*)"')
CHARSETS = {"zh-Hans": "gb2312", "zh-Hant": "big5"}
# They stand in Big 5, too, but in Traditional they mean something else, except in these words.
BORROWED = re.compile("[里后几云于与丑冲么万号虫准]")
RARE = b"\xc9\x40"  # from here on Big 5 keeps old and rare forms, some of them Simplified today
OWN = re.compile("鄰里|公里|皇后|茶几|准許|批准|核准")


class Said(NamedTuple):
    """A text of one language, and where it stands."""

    where: str
    language: str
    text: str


def of_typescript(where: str, source: str) -> Iterator[Said]:
    for language, text in TYPED.findall(source):
        yield Said(where, language, text)


def of_python(where: str, source: str) -> Iterator[Said]:
    """Texts keyed by language, and two or three literals in a row of which two are Chinese."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                texts = [each.value for each in (key, value) if isinstance(each, ast.Constant)]
                if len(texts) == 2 and texts[0] in CHARSETS:
                    yield Said(where, str(texts[0]), str(texts[1]))
        row = node.args if isinstance(node, ast.Call) else getattr(node, "elts", [])
        texts = [each.value for each in row if isinstance(each, ast.Constant)]
        if len(texts) != len(row) or not all(isinstance(text, str) for text in texts):
            continue
        chinese = [bool(HAN.search(str(text))) for text in texts]
        if chinese in ([True, True], [True, True, False]):
            yield Said(where, "zh-Hans", str(texts[0]))
            yield Said(where, "zh-Hant", str(texts[1]))


def said() -> list[Said]:
    found: list[Said] = []
    for folder in SOURCES:
        for file in sorted((ROOT / folder).rglob("*")):
            where = str(file.relative_to(ROOT))
            if "node_modules" in where or "/static/" in where:
                continue
            if file.suffix in (".ts", ".tsx"):
                found += of_typescript(where, file.read_text(encoding="utf-8"))
            elif file.suffix == ".py":
                found += of_python(where, file.read_text(encoding="utf-8"))
    return found


def strange(language: str, text: str) -> str:
    """The characters that this language does not write."""
    wrong = []
    for sign in HAN.findall(text):
        try:
            code = sign.encode(CHARSETS[language])
        except UnicodeEncodeError:
            wrong.append(sign)
            continue
        if language == "zh-Hant" and code >= RARE:
            wrong.append(sign)
    if language == "zh-Hant":
        wrong += BORROWED.findall(OWN.sub("", text))
    return "".join(wrong)


def test_no_text_mixes_simplified_and_traditional_characters() -> None:
    texts = said()
    for language in CHARSETS:  # the pages' and the programs' own, or it looked in the wrong place
        told = [each.where for each in texts if each.language == language]
        assert sum(where.endswith(".ts") for where in told) > 500
        assert sum(where.endswith(".py") for where in told) > 500
    assert [(*each, wrong) for each in texts if (wrong := strange(each.language, each.text))] == []


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [
        ("zh-Hant", "請看看网路", "网"),
        ("zh-Hant", "門在您后面", "后"),
        ("zh-Hant", "家里的卡片", "里"),
        ("zh-Hant", "還有几張", "几"),
        ("zh-Hans", "请看看網络", "網"),
        ("zh-Hans", "家裡的卡", "裡"),
        ("zh-Hant", "鄰里服務台，准許，茶几，皇后大道", ""),
        ("zh-Hans", "邻里服务台，准许", ""),
    ],
)
def test_what_is_mixed_is_seen(language: str, text: str, wrong: str) -> None:
    assert strange(language, text) == wrong
