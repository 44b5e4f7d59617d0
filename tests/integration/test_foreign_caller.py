"""Schemathesis, which nobody here wrote, calls a hub by its document alone, over real sockets."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import threading
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import pytest

from devices.identity import Identity
from devices.jws import b64
from hub.api.typescript import document
from hub.core.limits import Limiter
from simulators.phone import Phone
from tests.luck import WHOLE, examples
from tests.unit.hub_bench import CLIENT
from tests.unit.test_api import door_answers
from tests.unit.test_edge import served
from tests.unit.test_payments_store import MoneyBench, money_bench

if TYPE_CHECKING:
    import requests

EXAMPLES = examples(2, 8)  # of each operation, beside those that follow from its document
WAIT_S = 60.0
CALLERS = ["operator", "staff", "phone", "kiosk", "anybody"]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
ENDS = {"leavePhone", "signOut"}  # what the caller itself ends
Result = TypeVar("Result")


class Here:
    """A hub that serves on a loop in a thread of its own, and everybody who may call it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, money: MoneyBench, port: int) -> None:
        self._loop = loop
        self._bench = money.bench
        self._kiosk = Identity.load(money.bench.folder / "kiosk-1").signer
        self.url = f"http://127.0.0.1:{port}"
        self.phone: Phone | None = None
        self._secret = ""

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Let the hub's own loop do something."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    def enter(self) -> None:
        """Introduce the phone unless it is known, sign the administrator in."""
        if self.phone is None:
            self.phone = self.run(self._bench.phone())
        self._bench.http.cookies.clear()
        if self._secret:
            self._bench.pass_s(60)  # a one-time password opens one session
            assert self.run(self._bench.sign_in(self._secret)).is_success
        else:
            self._secret = self.run(self._bench.administrator())

    def hear(self, done: str) -> None:
        """After what ends the caller itself, come in again."""
        if done == "leavePhone":
            self.phone = None
        if done in ENDS:
            self.enter()

    def sign(self, by: str, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """What a caller of a kind shows with its request."""
        if by in ("phone", "kiosk", "newcomer"):
            request.headers["Linli-Proof"] = self._proof(by, request)
        elif by == "staff":
            cookie = self._bench.http.cookies["linli_session"]
            request.headers.update(CLIENT | {"Cookie": f"linli_session={cookie}"})
        elif by == "operator":
            request.headers["Authorization"] = f"Bearer {self._bench.gate.operator_token}"
        return request

    def _proof(self, by: str, request: requests.PreparedRequest) -> str:
        assert self.phone is not None
        assert request.url is not None
        address = urlsplit(request.url)
        path = address.path + (f"?{address.query}" if address.query else "")
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        assert isinstance(raw, bytes)
        assert request.method is not None
        if by == "kiosk":
            nonce = self._bench.gate.nonce(self._kiosk.kid)[0]
            digest = b64(hashlib.sha256(raw).digest())
            claims = {"htm": request.method, "htu": path, "bh": digest, "nonce": nonce}
            return self._kiosk.sign("linli-proof+jwt", claims).decode()
        nonce = self._bench.gate.nonce(self.phone.kid)[0]
        return self.phone._proof(request.method, path, raw, nonce)


@asynccontextmanager
async def a_hub(folder: Path) -> AsyncIterator[tuple[MoneyBench, int]]:
    async with money_bench(folder) as money, served(money.bench) as port:
        door_answers(money.bench)
        yield money, port


@contextmanager
def in_a_thread(folder: Path) -> Iterator[Here]:
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        stack = AsyncExitStack()
        money, port = runner.run(stack.enter_async_context(a_hub(folder)))
        serving = threading.Thread(target=loop.run_forever)
        serving.start()
        try:
            yield Here(loop, money, port)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            serving.join()
            runner.run(stack.aclose())


class Foreign:
    """Schemathesis with one caller's credentials, and what it found by operation and kind."""

    def __init__(self, here: Here, caller: str) -> None:
        import requests  # noqa: PLC0415 - these two cost seconds, and only here
        import schemathesis  # noqa: PLC0415

        self._here, self._caller = here, caller
        self._session = requests.Session()
        self._session.trust_env = False
        self._schema = schemathesis.openapi.from_dict(document())
        checks = importlib.import_module("schemathesis.checks")
        checks.load_all_checks()
        self._checks = [getattr(checks, name) for name in CHECKS]
        self._rejected = checks.negative_data_rejection
        self.faults: dict[str, str] = {}
        self.heard: Counter[int] = Counter()

    def close(self) -> None:
        self._session.close()

    def operations(self) -> list[Any]:
        """What this caller may do; a phone that introduces itself signs as one that is known."""
        mine = {self._caller, "newcomer"} if self._caller == "phone" else {self._caller}
        every: Any = self._schema.get_all_operations()
        found = [each.ok() for each in every]
        return [each for each in found if by(each) in mine]

    def call_all(self, operation: Any) -> None:
        """Everything that follows from the document, then a few examples of what fits."""
        from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415
        from schemathesis.generation import GenerationMode  # noqa: PLC0415

        every = self._schema.iter_coverage_cases(
            operation,
            generation_modes=list(GenerationMode),
            generation_config=self._schema.config.generation,
        )
        for case in every:
            self.call(case)

        @settings(
            max_examples=EXAMPLES, database=None, derandomize=True, deadline=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def fits(case: Any) -> None:
            self.call(case)

        fits()

    def call(self, case: Any) -> None:
        """One request; what is not as documented is kept with the request that shows it."""
        from schemathesis.core.failures import FailureGroup  # noqa: PLC0415

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            return self._here.sign(by(case.operation), request)

        answer = case.call(self._here.url, session=self._session, auth=sign, timeout=WAIT_S)
        self.heard[answer.status_code] += 1
        wanted = [*self._checks, self._rejected] if _spoilt(case) else self._checks
        if answer.status_code == 503:  # a refusal, and its document is checked like any other's
            wanted = [check for check in wanted if check.__name__ != "not_a_server_error"]
        try:
            case.validate_response(answer, checks=wanted)
        except FailureGroup as found:
            for fault in found.exceptions:
                self.faults.setdefault(
                    f"{case.operation.label}: {type(fault).__name__}", str(found)
                )
        if answer.status_code < 300:
            self._here.hear(case.operation.definition.raw["operationId"])


def by(operation: Any) -> str:
    """Whose credentials an operation asks for."""
    (scheme,) = operation.definition.raw.get("security", [{"anybody": []}])[0]
    return str(scheme)


def _spoilt(case: Any) -> bool:
    """Whether more is wrong with a request than its credentials, which ours overwrite."""
    if case.meta is None:
        return False
    wrong = {where.value for where, part in case.meta.components.items() if part.mode.is_negative}
    return bool(wrong - {"header", "cookie"})


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """One hub for all callers; nothing here guesses, so nobody slows them down."""
    with pytest.MonkeyPatch.context() as patch, in_a_thread(tmp_path_factory.mktemp("hub")) as hub:
        patch.setattr(Limiter, "take", lambda self, key, now_s: True)
        yield hub


@pytest.mark.luck
@pytest.mark.timeout(600)
@pytest.mark.parametrize("caller", CALLERS if WHOLE else CALLERS[2:])
def test_a_foreign_caller_finds_the_hub_as_documented(here: Here, caller: str) -> None:
    here.enter()
    foreign = Foreign(here, caller)
    for operation in foreign.operations():
        foreign.call_all(operation)
    foreign.close()
    assert foreign.faults == {}
    assert {200, 405, 422} <= foreign.heard.keys()  # done, refused by method, refused by form
