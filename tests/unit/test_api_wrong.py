"""Whatever is sent to a documented operation, by whoever may: a known reason, never our fault."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from devices.identity import Identity
from devices.jws import b64
from drivers.wechatpay import SigningKey, load_private_key, signed_headers
from hub.acts import billing, roster
from hub.api.phone import read_body
from hub.core.errors import DomainError
from hub.core.limits import Limiter
from simulators.phone import Phone
from tests.luck import examples, share
from tests.unit.api_document import Document, Operation
from tests.unit.hub_bench import CLIENT
from tests.unit.test_api import door_answers
from tests.unit.test_payments_store import MoneyBench, money_bench, papers

EXAMPLES = examples(share(1, 3), 20)  # for each operation, on each database
LAST = ("loadRoster",)  # changes what the others know by name
ROSTER = {kind: names for kind, (_, names) in roster._COLUMNS.items()} | {"bills": billing._FIELDS}

# Words that mean something to this hub lead deeper than noise.
KNOWN = ["d-1", "p-1", "h-1", "b-1", "1-1-101", "7302", "gate", "kiosk-1", "admin", "people",
         "doors", "rules", "bills", "schedules", "households", "building", "everyone"]  # fmt: skip
MEMBERS = sorted({name for names in ROSTER.values() for name in names})

# Deferred, so that what is drawn from them is named and not spelt out at length.
TEXT: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(KNOWN), st.text(max_size=20), st.text("\ud800\x00%_'\u202e", max_size=5)
    )
)
WHOLE = st.one_of(st.integers(-2, 3), st.integers(-(10**30), 10**30), st.just(2**63))
JSON: st.SearchStrategy[Any] = st.deferred(
    lambda: st.recursive(
        st.one_of(st.none(), st.booleans(), WHOLE, st.floats(), TEXT),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.one_of(st.sampled_from(MEMBERS), TEXT), inner, max_size=4),
        ),
        max_leaves=8,
    )
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def rows_of(kind: str) -> st.SearchStrategy[Any]:
    """A part of a roster whose members have the right names, and any content."""
    members = {
        name: st.one_of(st.sampled_from(KNOWN), JSON) for name in ROSTER[kind] if name != "id"
    }
    row = st.fixed_dictionaries({"id": st.sampled_from(["x", "d-1"])}, optional=members)
    return st.fixed_dictionaries(
        {"kind": st.just(kind), "rows": st.lists(row, min_size=1, max_size=2)}
    )


class Wrong:
    """Draws values that fit a schema, nearly fit it, or do not."""

    def __init__(self, document: Document, named: dict[str, list[Any]]) -> None:
        self._document = document
        self._named = named  # members by name, with values that mean something to this hub

    def body(self, schema: dict[str, Any]) -> st.SearchStrategy[bytes]:
        """The bytes of a body."""
        values = st.one_of(self.fitting(schema), self.nearly(schema), self.nearly(schema), JSON)
        if schema["$ref"].endswith("/RosterAsked"):
            values = st.one_of(values, *map(rows_of, ROSTER))
        ascii_only = st.builds(json.dumps, values)
        plain = st.builds(lambda value: json.dumps(value, ensure_ascii=False), values)
        texts = st.one_of(ascii_only, plain).map(lambda text: text.encode("utf-8", "surrogatepass"))
        return st.one_of(texts, texts, texts, st.binary(max_size=64))

    def fitting(self, schema: dict[str, Any], name: str = "") -> st.SearchStrategy[Any]:
        """Values that fit."""
        schema = self._document.resolve(schema)
        own = self._fitting(schema)
        return st.one_of(st.sampled_from(self._named[name]), own) if name in self._named else own

    def _fitting(self, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
        if "anyOf" in schema:
            return st.one_of([self.fitting(part) for part in schema["anyOf"]])
        if "const" in schema or "enum" in schema:
            return st.sampled_from(schema.get("enum", [schema.get("const")]))
        match schema.get("type"):
            case "string" if "pattern" in schema:
                most = schema.get("maxLength", 100)
                texts = st.from_regex(schema["pattern"], fullmatch=True)
                return texts.map(lambda text: text[:most])
            case "string":
                least, most = schema.get("minLength", 0), schema.get("maxLength", 40)
                fits = [text for text in KNOWN if least <= len(text) <= most]
                return st.one_of(st.sampled_from(fits), st.text(min_size=least, max_size=most))
            case "boolean":
                return st.booleans()
            case "null":
                return st.none()
            case "integer":
                return st.integers(schema.get("minimum", -3), schema.get("maximum", 2**63))
            case "number":
                return st.floats(schema.get("minimum", -3), schema.get("maximum", 2**40))
            case "array":
                return st.lists(self.fitting(schema["items"]), max_size=3)
            case "object" if "properties" in schema:
                members = {n: self.fitting(m, n) for n, m in schema["properties"].items()}
                return st.fixed_dictionaries(members)
            case "object":
                return st.dictionaries(TEXT, JSON, max_size=3)
            case kind:
                raise NotImplementedError(kind)

    def nearly(self, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
        """A value that fits but for one member: gone, something else, or one too many."""

        def spoilt(value: Any, name: str, by: Any, how: str) -> Any:
            if not isinstance(value, dict):
                return by
            name = name if how == "more" or not value else sorted(value)[len(name) % len(value)]
            left = {each: held for each, held in value.items() if each != name}
            return left if how == "gone" else {**left, name: by}

        return st.builds(
            spoilt, self.fitting(schema), TEXT, JSON, st.sampled_from(["gone", "other", "more"])
        )

    def address(self, operation: Operation) -> st.SearchStrategy[str]:
        """The operation's path with anything in its slots and its query."""

        def filled(slots: list[str], queries: dict[str, str]) -> str:
            path = operation.path
            for parameter, slot in zip(operation.parameters("path"), slots, strict=True):
                path = path.replace(f"{{{parameter['name']}}}", slot)
            query = "&".join(f"{name}={value}" for name, value in queries.items())
            return f"{path}?{query}" if query else path

        known = self._named["slot"]
        slots = [st.one_of(st.sampled_from(known), _quoted()) for _ in operation.parameters("path")]
        queries = {
            each["name"]: st.one_of(
                _quoted(),
                self.fitting(each["schema"]).map(
                    lambda v: quote(str(v).encode("utf-8", "replace"))
                ),
            )
            for each in operation.parameters("query")
        }
        return st.builds(
            filled, st.tuples(*slots).map(list), st.fixed_dictionaries({}, optional=queries)
        )


def _quoted() -> st.SearchStrategy[str]:
    texts = st.one_of(st.binary(min_size=1, max_size=12), WHOLE.map(lambda n: str(n).encode()))
    inside = texts.map(lambda raw: raw.replace(b"/", b"|"))  # a slash is another address
    return inside.map(lambda raw: quote(raw, safe="")).filter(lambda text: set(text) - {"."})


class Callers:
    """Everybody who may call, with the right credentials in hand."""

    def __init__(self, money: MoneyBench) -> None:
        self.money = money
        self.http = money.bench.http
        self.signer = Identity.load(money.bench.folder / "kiosk-1").signer
        self.phone: Phone | None = None
        self.secret = ""

    async def enrol(self) -> None:
        self.phone = await self.money.bench.phone()

    async def sign_in(self) -> None:
        bench = self.money.bench
        self.http.cookies.clear()
        if self.secret:
            bench.pass_s(60)  # a one-time password opens one session
            assert (await bench.sign_in(self.secret)).is_success
        else:
            self.secret = await bench.administrator()

    async def send(self, operation: Operation, path: str, raw: bytes | None) -> httpx.Response:
        body = raw or b""
        headers = {"Content-Type": "application/json"}
        if operation.by in {"phone", "newcomer"}:
            assert self.phone is not None
            nonce = self.money.bench.gate.nonce(self.phone.kid)[0]
            headers["Linli-Proof"] = self.phone._proof(operation.method, path, body, nonce)
        elif operation.by == "kiosk":
            headers["Linli-Proof"] = self._proof(operation.method, path, body)
        elif operation.by == "staff":
            headers |= CLIENT
        elif operation.by == "operator":
            headers["Authorization"] = f"Bearer {self.money.bench.gate.operator_token}"
        elif operation.by == "provider":
            headers |= self._sealed(body)
        return await self.http.request(operation.method, path, content=body, headers=headers)

    def _proof(self, method: str, path: str, body: bytes) -> str:
        nonce = self.money.bench.gate.nonce(self.signer.kid)[0]
        digest = b64(hashlib.sha256(body).digest())
        claims = {"htm": method, "htu": path, "bh": digest, "nonce": nonce}
        return self.signer.sign("linli-proof+jwt", claims).decode()

    def _sealed(self, body: bytes) -> dict[str, str]:
        own = papers()
        signer = SigningKey(own.provider_serial, load_private_key(own.provider_private_pem))
        return signed_headers(signer, body, int(self.money.bench.now.timestamp()), "n" * 32)


@contextmanager
def callers(folder: Path, database: str, runner: asyncio.Runner) -> Iterator[Callers]:
    async def open_all() -> tuple[Callers, AsyncExitStack]:
        stack = AsyncExitStack()
        made = Callers(await stack.enter_async_context(money_bench(folder, database)))
        door_answers(made.money.bench)
        await made.enrol()
        await made.sign_in()
        return made, stack

    made, stack = runner.run(open_all())
    try:
        yield made
    finally:
        runner.run(stack.aclose())


@pytest.mark.luck
def test_wrong_input_gets_a_known_reason(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limiter, "take", lambda self, key, now_s, cost=1: True)
    with asyncio.Runner() as runner, callers(tmp_path, database, runner) as here:
        document = Document(here.http._transport.app.openapi())  # type: ignore[attr-defined]
        operations = document.operations
        for name in sorted(operations, key=lambda name: (name in LAST, name)):
            _try(operations[name], document, here, runner)


def _try(operation: Operation, document: Document, here: Callers, runner: asyncio.Runner) -> None:
    assert here.phone is not None
    now_s = here.money.bench.now.timestamp()
    visit = here.money.bench.gate.card_sessions.issue("kiosk-1", "h-1", "p-1", now_s)
    named: dict[str, list[Any]] = {
        "jwk": [here.phone.jwk], "door": ["d-1", "d-2"], "card_session": [visit],
        "lookup": [here.money.lookup()], "bill": ["b-1"], "house": ["1-1-101"],
        "phone_last4": ["7302"], "kind": KNOWN, "slot": ["p-1", "0" * 32],
    }  # fmt: skip
    wrong = Wrong(document, named)
    if operation.body is not None:
        bodies: st.SearchStrategy[bytes | None] = wrong.body(operation.body)
    else:
        bodies = st.one_of(
            st.none(), st.binary(max_size=64), st.builds(json.dumps, JSON).map(str.encode)
        )

    @settings(max_examples=EXAMPLES, database=None)
    @given(path=wrong.address(operation), raw=bodies)
    def once(path: str, raw: bytes | None) -> None:
        answer = runner.run(here.send(operation, path, raw))
        event(f"{operation.id}: {answer.status_code}")
        is_refusal = answer.status_code == 503  # in the words that its document names, or not
        assert answer.status_code < 500 or is_refusal, (operation.id, answer.text)
        assert document.judge(operation, answer) == [], operation.id
        if operation.id == "leavePhone":
            runner.run(here.enrol())
        elif operation.id == "signOut":
            runner.run(here.sign_in())

    once()


@pytest.mark.parametrize(
    ("operation", "path", "raw"),
    [
        ("challengeCard", "", b'{"uid":"000000000","challenge":"%s"}' % (b"0" * 32)),
        ("issueCard", "", b'{"uid":"04aabbccdd","person":"nobody"}'),
        ("listEvents", "/api/v1/events?before=9223372036854775808", None),
        ("keepLog", "", b'{"scope":"","days":false}'),
        ("loadRoster", "", b'{"kind":"households","rows":[{"id":"x"}]}'),
        ("loadRoster", "", b'{"kind":"people","rows":[{"id":"x","\\ud800":1}]}'),
        ("findPeople", "/api/v1/people?query=%00", None),
        ("issuePhoneCode", "/api/v1/people/%00/phone-codes", None),
        ("addFacePhotoByOperator", "/api/v1/operator/people/%00/face/photos", None),
        ("lookUpBills", "", b'{"house":"\\u0000","phone_last4":"0000"}'),
    ],
)
async def test_what_was_found_stays_told(
    tmp_path: Path, database: str, operation: str, path: str, raw: bytes | None
) -> None:
    async with money_bench(tmp_path, database) as money:
        here = Callers(money)
        await here.sign_in()
        document = Document(here.http._transport.app.openapi())  # type: ignore[attr-defined]
        asked = document.operations[operation]
        answer = await here.send(asked, path or asked.path, raw)
        assert (answer.status_code, answer.json()["code"]) == (422, "field_wrong"), answer.text
        assert document.judge(asked, answer) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b'"a"',
        b"\xff",
        b'{"a":NaN}',
        b'{"card_session":"\\ud800"}',
        b'{"a":"\\u0000"}',
    ],
)
def test_a_signed_body_is_an_object_of_whole_texts(raw: bytes) -> None:
    """Half a character passes JSON and then no wire, no store and no hash."""
    with pytest.raises(DomainError) as told:
        read_body(raw)
    assert told.value.code == "field_wrong"
