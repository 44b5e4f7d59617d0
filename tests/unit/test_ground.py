"""The ground the tests stand on: leaks are seen, skips are told, services are real."""

import asyncio
import socket
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from xdist.remote import Producer

from tests import loops, services
from tests.conftest import in_order
from tests.luck import stands_for_all
from tests.together import SHARED, Together

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture
def pair() -> Iterator[socket.socket]:
    one, other = socket.socketpair()
    with one, other:
        yield one


async def lingering_task(_: socket.socket) -> None:
    asyncio.create_task(asyncio.Event().wait()).add_done_callback(lambda _: None)


async def lingering_timer(_: socket.socket) -> None:
    asyncio.get_running_loop().call_later(3600, print)


async def watched_socket(pair: socket.socket) -> None:
    asyncio.get_running_loop().add_reader(pair, print)


async def error_in_a_callback(_: socket.socket) -> None:
    asyncio.get_running_loop().call_soon(lambda: 1 // 0)


async def error_in_a_task(_: socket.socket) -> None:
    async def fails() -> None:
        own = asyncio.current_task()  # held by the frame of the error it will hold: a cycle
        raise ValueError(f"nobody looks at {own is not None}")

    task = asyncio.create_task(fails())
    await asyncio.wait([task])


@pytest.mark.parametrize(
    ("leaves", "told"),
    [
        (lingering_task, "a task still runs"),
        (lingering_timer, "a timer still waits"),
        (watched_socket, "a file is still watched"),
        (error_in_a_callback, "ZeroDivisionError"),
        (error_in_a_task, "nobody looks"),
    ],
)
def test_what_is_left_on_the_loop_is_told(
    leaves: Callable[[socket.socket], Awaitable[None]], told: str, pair: socket.socket
) -> None:
    async def main() -> None:
        await leaves(pair)

    with pytest.raises(loops.LeftBehind, match=told):
        loops.run(main())


def test_a_clean_coroutine_gives_its_result() -> None:
    async def clean(pair: socket.socket) -> bytes:
        loop = asyncio.get_running_loop()
        cancelled = asyncio.create_task(asyncio.sleep(3600))
        await asyncio.sleep(0)
        cancelled.cancel()
        reader, writer = await asyncio.open_connection(sock=pair)
        loop.call_later(3600, print).cancel()
        writer.close()
        return await reader.read()

    one, other = socket.socketpair()
    with other:
        assert loops.run(clean(one)) == b""


async def test_an_async_test_runs_on_our_loop(tmp_path: Path) -> None:
    await asyncio.sleep(0)
    assert tmp_path.is_dir()


SAMPLE = """
import asyncio
import pytest

async def test_leaks():
    asyncio.get_running_loop().call_later(3600, print)

@pytest.mark.skip(reason="needs a tram")
def test_tram():
    pass

@pytest.mark.skip(reason="needs a tram")
def test_tram_again():
    pass

def test_passes():
    pass
"""


@pytest.fixture
def own_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A run of its own under our conftest, with the plug-ins that ours needs and no other."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin,pytest_timeout")
    monkeypatch.delenv("LINLI_NOTHING_LEFT_OUT", raising=False)  # where a run may leave things out
    pytester.makeconftest("from tests.conftest import *")
    return pytester


@pytest.mark.parametrize("strict", [False, True])
def test_a_skip_is_told_and_in_strict_mode_fails(
    own_run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, strict: bool
) -> None:
    monkeypatch.setenv("LINLI_NOTHING_LEFT_OUT", "1" if strict else "")
    own_run.makepyfile(SAMPLE)
    own_run.makepyfile(test_module="import pytest\npytest.importorskip('no_such_thing')")
    options = ("--import-mode=importlib", "--continue-on-collection-errors")
    ran = own_run.runpytest_subprocess(*options)
    if strict:
        ran.assert_outcomes(failed=1, passed=1, errors=3)
        ran.stdout.fnmatch_lines(["*left out, where nothing may be left out: needs a tram*"])
    else:
        ran.assert_outcomes(failed=1, passed=1, skipped=3)
        ran.stdout.fnmatch_lines(["*= NOT RUN =*", "2 tests: needs a tram", "1 test: *no_such*"])
    ran.stdout.fnmatch_lines(["*a timer still waits*"])


def test_a_hang_fails_its_test_and_the_run_goes_on(own_run: pytest.Pytester) -> None:
    own_run.makepyfile("""
        import asyncio
        async def test_hangs():
            await asyncio.Event().wait()
        def test_passes():
            pass
    """)
    method = PROJECT["tool"]["pytest"]["ini_options"]["timeout_method"]
    options = ("--timeout=1", f"--timeout-method={method}")
    ran = own_run.runpytest_subprocess("--import-mode=importlib", *options)
    ran.assert_outcomes(failed=1, passed=1)


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_program_left_running_fails_the_run(
    own_run: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    own_run.makepyfile("""
        import subprocess
        LEFT = []
        def test_starts():
            LEFT.append(subprocess.Popen(["sleep", "4"]))
    """)
    ran = own_run.runpytest_subprocess("--import-mode=importlib", *workers)
    ran.assert_outcomes(passed=1)
    assert ran.ret == pytest.ExitCode.TESTS_FAILED
    ran.stdout.fnmatch_lines(["*= LEFT RUNNING =*", "* sleep 4"])


class Worker:
    """What a scheduler knows of a worker."""

    shutting_down = False
    gateway = SimpleNamespace(id="gw")

    def __init__(self) -> None:
        self.given: list[int] = []
        self.ever: list[int] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += indices
        self.ever += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def dealer(root: Path) -> Together:
    told = {"tx": ["popen", "popen"]}
    config = SimpleNamespace(rootpath=root, option=SimpleNamespace(), getvalue=told.get)
    return Together(config, Producer("deal", enabled=False))


def test_a_module_with_something_shared_stays_whole_and_a_crash_costs_one_test(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_town.py").write_text(f"@pytest.fixture({SHARED})", encoding="utf-8")
    (tmp_path / "test_each.py").write_text("", encoding="utf-8")
    (tmp_path / "test_more.py").write_text('xdist_group("town")', encoding="utf-8")
    whole = [f"test_town.py::test_{n}" for n in range(5)]
    single = [f"test_each.py::test_{n}" for n in range(6)]
    dealt, one, two, three = dealer(tmp_path), Worker(), Worker(), Worker()
    assert dealt._split_scope("test_more.py::test_1") == "town"

    def ready(worker: Any) -> None:
        dealt.add_node(worker)
        dealt.add_node_collection(worker, [*whole, *single])
        dealt.schedule()

    def done(worker: Any, count: int) -> None:
        for index in list(worker.given[:count]):
            worker.given.remove(index)
            dealt.mark_test_complete(worker, index)

    for worker in (one, two):
        dealt.add_node(worker)
        dealt.add_node_collection(worker, [*whole, *single])
    dealt.schedule()
    assert one.given == [0, 1, 2, 3, 4]
    assert two.given[0] == 5
    done(one, 2)
    assert dealt.remove_node(one) == whole[2]
    ready(three)
    for _ in range(20):
        done(two, 1)
        done(three, 1)
    assert dealt.tests_finished
    assert dealt.remove_node(two) is None
    every = [*one.ever, *two.ever, *three.ever]
    assert sorted({*every}) == [*range(11)]
    assert [every.count(index) for index in (0, 1, 2, 3, 4)] == [1, 1, 1, 2, 2]


class Found:
    """What collection knows of a test."""

    def __init__(self, path: Path, patience_s: float | None = None, *words: str) -> None:
        self.path, self.patience_s = path, patience_s
        self.fixturenames = words

    def get_closest_marker(self, name: str) -> Any:
        assert name == "timeout"
        return self.patience_s and SimpleNamespace(args=(self.patience_s,))


def test_what_takes_long_is_begun_first_and_pages_last(tmp_path: Path) -> None:
    whole = tmp_path / "test_whole.py"
    whole.write_text(f"@pytest.fixture({SHARED})", encoding="utf-8")
    page = Found(tmp_path / "browser" / "test_page.py", 600)
    quick, other = Found(tmp_path / "test_quick.py"), Found(tmp_path / "test_other.py")
    patient = [Found(tmp_path / "test_patient.py"), Found(tmp_path / "test_patient.py", 300)]
    shared = [Found(whole), Found(whole)]
    looks = Found(tmp_path / "test_looks.py", None, "chromium_path")
    films = Found(tmp_path / "test_films.py", None, "whole_chromium_path")
    items: Any = [films, looks, page, quick, *patient, other, *shared]
    in_order(items)
    assert items == [*shared, *patient, quick, other, page, films, looks]


def test_postgresql_is_real_and_each_database_is_new(postgres_url: str) -> None:
    address = postgres_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE seen (n int)")
        found = connection.execute("SELECT count(*) FROM seen").fetchone()
    assert found == (0,)


def test_found_programs_are_there(
    mosquitto_path: Path, chromium_path: Path, whole_chromium_path: Path
) -> None:
    assert mosquitto_path.is_file()
    assert chromium_path.is_file()
    assert whole_chromium_path.is_file()


WHOLE, SHELL = "chromium", "chromium-headless-shell"


@pytest.fixture
def browsers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Make a machine that has these browsers and no other; where they are."""
    monkeypatch.delenv("LINLI_CHROMIUM", raising=False)

    def has(*names: str) -> Path:
        folder = tmp_path / "machine"
        folder.mkdir()
        monkeypatch.setenv("PATH", str(folder))
        for name in names:
            (folder / name).write_text("#!/bin/sh\n", encoding="utf-8")
            (folder / name).chmod(0o755)
        return folder

    return has


def found(find: Callable[[], Path]) -> str | None:
    try:
        return find().name
    except services.Absent:
        return None


@pytest.mark.parametrize(
    ("has", "named", "pages", "whole"),
    [
        ((WHOLE, SHELL), None, SHELL, WHOLE),
        ((WHOLE,), None, WHOLE, WHOLE),
        ((SHELL,), None, SHELL, None),
        (("google-chrome", "chrome-headless-shell"), "", "chrome-headless-shell", "google-chrome"),
        ((), None, None, None),
        ((WHOLE, SHELL), WHOLE, WHOLE, WHOLE),
        ((WHOLE, SHELL), SHELL, SHELL, WHOLE),
        ((WHOLE, SHELL, "other"), "other", "other", "other"),
        ((WHOLE, SHELL), "other", None, None),
    ],
)
def test_pages_are_shown_by_the_shell_and_sensors_felt_by_chromium_itself(
    browsers: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    has: tuple[str, ...],
    named: str | None,
    pages: str | None,
    whole: str | None,
) -> None:
    browsers(*has)
    if named is not None:
        monkeypatch.setenv("LINLI_CHROMIUM", named)
    assert (found(services.chromium), found(services.whole_chromium)) == (pages, whole)


def test_a_browser_that_is_named_and_not_there_is_told_by_its_name(
    browsers: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    browsers(WHOLE, SHELL)
    monkeypatch.setenv("LINLI_CHROMIUM", "/opt/other")
    with pytest.raises(services.Absent, match=r"LINLI_CHROMIUM names \(/opt/other\)"):
        services.chromium()


def test_where_only_the_shell_is_what_needs_more_is_left_out_aloud(
    own_run: pytest.Pytester, browsers: Callable[..., Path]
) -> None:
    browsers(SHELL)
    own_run.makepyfile("""
        def test_page(chromium_path):
            pass
        def test_camera(whole_chromium_path):
            pass
    """)
    ran = own_run.runpytest_subprocess("--import-mode=importlib")
    ran.assert_outcomes(passed=1, skipped=1)
    ran.stdout.fnmatch_lines(["*pages: here, chromium itself: absent*"])
    ran.stdout.fnmatch_lines(
        ["*= NOT RUN =*", "1 test: needs chromium itself*apt install chromium*"]
    )


@pytest.mark.parametrize("counts", [(3, 4), (3, 2), (3, 4, 2), (1, 3), (2, 2)])
def test_a_plain_run_sees_each_language_and_each_size_once(counts: tuple[int, ...]) -> None:
    axes = dict(zip(("language", "view", "elder"), counts, strict=False))
    every = [dict(zip(axes, at, strict=True)) for at in product(*(range(n) for n in axes.values()))]
    kept = [at for at in every if stands_for_all(at, axes)]
    assert len(kept) == max(counts)
    for axis, count in axes.items():
        assert {at[axis] for at in kept} == set(range(count))


def test_other_parameters_are_never_left_out() -> None:
    assert stands_for_all({"language": 2, "reason": 5}, {"language": 3, "reason": 9})
    assert stands_for_all({"seed": 4, "person": 1}, {"seed": 9, "person": 2})
