"""Group robots and webhooks: signatures against an independent calculation, answers as documented.

The vendors' pages give the recipe but no worked example; the expected marks were made with
`openssl dgst -sha256` from the recipe, for the instant and secret below.
"""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import dingtalk, feishu, webhook, wecom
from drivers.webhook import Verdict, Words, cut

NOW_S = 1_795_000_000.0
SECRET = "SEC-simulated"
DINGTALK_MARK = "JcQpQM9QQoDz3fjm0nssZWOVO/+Fuyiyv8LZaVlayZ4="
FEISHU_MARK = "mrrE/EOKPjlfqwZblYiP2IPtb3l01EAieEeC24m0sdk="
WEBHOOK_MARK = "dd72d7852eb6335d00743082dd3735c16581f4024cd0fdabc8a41df965c1c4db"
WORDS = Words("b-1-0-desk", "【柳溪】南门：门被强行打开", "从 23:41 起\n去看门和锁")
URL = "https://robot.invalid/send?access_token=t0ken"


def test_the_signatures_are_the_vendors() -> None:
    assert dingtalk.signature(SECRET, int(NOW_S * 1_000)) == DINGTALK_MARK
    assert feishu.signature(SECRET, int(NOW_S)) == FEISHU_MARK
    assert webhook.signature(SECRET, int(NOW_S), b'{"a":1}') == f"t={int(NOW_S)},v1={WEBHOOK_MARK}"


def test_dingtalk_carries_milliseconds_and_mark_in_the_address() -> None:
    post = dingtalk.post(URL, SECRET, WORDS, NOW_S)
    query = parse_qs(urlsplit(post.url).query)
    assert query == {
        "access_token": ["t0ken"], "timestamp": ["1795000000000"], "sign": [DINGTALK_MARK],
    }  # fmt: skip
    assert "%2F%2B" in post.url  # a bare plus would be read as a space
    body = json.loads(post.body)
    assert body == {"msgtype": "text", "text": {"content": f"{WORDS.title}\n{WORDS.text}"}}
    assert dingtalk.post(URL, "", WORDS, NOW_S).url == URL


def test_feishu_carries_seconds_and_mark_in_the_body() -> None:
    post = feishu.post("https://robot.invalid/hook/x", SECRET, WORDS, NOW_S)
    body = json.loads(post.body)
    assert (body["timestamp"], body["sign"]) == ("1795000000", FEISHU_MARK)
    assert body["content"] == {"text": f"{WORDS.title}\n{WORDS.text}"}
    assert "sign" not in json.loads(feishu.post(URL, "", WORDS, NOW_S).body)


def test_wecom_keeps_to_what_the_robot_takes() -> None:
    long = Words("k", "标题", "门" * 2_000)
    text = json.loads(wecom.post(URL, "", long, NOW_S).body)["text"]["content"]
    assert len(text.encode()) <= wecom.TEXT_BYTES_MAX
    assert text.endswith("门…")


@given(st.text(max_size=60), st.integers(4, 80))
def test_a_cut_text_fits_and_holds_whole_characters(text: str, most: int) -> None:
    short = cut(text, most)
    assert len(short.encode()) <= most
    assert short == text or text.startswith(short[:-1])


GOOD, OWN_WORD = b'{"errcode":0,"errmsg":"ok"}', b'{"errcode":310000}'
ANSWERS = [
    (dingtalk, 200, GOOD, Verdict(True)),
    (dingtalk, 200, OWN_WORD, Verdict(False, "code 310000")),
    (dingtalk, 200, b'{"errcode":130101}', Verdict(False, "code 130101", again=True)),
    (wecom, 200, GOOD, Verdict(True)),
    (wecom, 200, b'{"errcode":93000}', Verdict(False, "code 93000")),
    (wecom, 200, b'{"errcode":45009}', Verdict(False, "code 45009", again=True)),
    (feishu, 200, b'{"code":0,"msg":"success"}', Verdict(True)),
    (feishu, 200, b'{"StatusCode":0,"StatusMessage":"success"}', Verdict(True)),
    (feishu, 200, b'{"code":19021}', Verdict(False, "code 19021")),
    (feishu, 200, b'{"code":11232}', Verdict(False, "code 11232", again=True)),
    (dingtalk, 200, b"<html>portal</html>", Verdict(False, "garbled", again=True)),
    (dingtalk, 200, b'{"errcode":true}', Verdict(False, "garbled", again=True)),
    (feishu, 200, b"[0]", Verdict(False, "garbled", again=True)),
    (wecom, 502, GOOD, Verdict(False, "http 502", again=True)),
    (wecom, 429, b"", Verdict(False, "http 429", again=True)),
    (wecom, 302, b"", Verdict(False, "http 302")),
    (webhook, 204, b"", Verdict(True)),
    (webhook, 401, b"", Verdict(False, "http 401")),
]


@pytest.mark.parametrize(("robot", "status", "raw", "verdict"), ANSWERS)
def test_answers_mean_what_the_vendors_say(
    robot: object, status: int, raw: bytes, verdict: Verdict
) -> None:
    assert robot.judge(status, raw) == verdict  # type: ignore[attr-defined]


def test_an_address_is_never_shown() -> None:
    for robot in (dingtalk, feishu, wecom, webhook):
        post = robot.post(URL, SECRET, WORDS, NOW_S)
        assert "t0ken" not in repr(post)
        assert SECRET not in repr(post)
