"""What every test stands on: real services, our loop, and no skip that goes unnoticed."""

import os
import resource
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import loops, services
from tests.luck import WHOLE, stands_for_all
from tests.together import Together, is_whole

# Set where nothing may be left out (CI): a skip is then a failure.
STRICT = os.environ.get("LINLI_NOTHING_LEFT_OUT") == "1"

# How fast the machine is says nothing about what is right.
settings.register_profile("linli", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("linli")

# A machine's HTTP proxy has no business between two ends on loopback.
os.environ["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1,localhost"]))


# --- services --------------------------------------------------------------------------------


def _present(find: Callable[[], Path]) -> Path:
    try:
        return find()
    except services.Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def mosquitto_path() -> Path:
    """The Mosquitto broker's program."""
    return _present(services.mosquitto)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """What shows pages, for `services.browser`: Chromium's headless shell where there is one."""
    return _present(services.chromium)


@pytest.fixture(scope="session")
def whole_chromium_path() -> Path:
    """Chromium itself, for the pages that ask it for sensors or a camera."""
    return _present(services.whole_chromium)


@pytest.fixture(scope="session")
def shared_file() -> Callable[[str], Path]:
    """A function from a name such as "faces/obama.jpg" to the file in ../shared/data."""
    return lambda name: _present(lambda: services.shared_file(name))


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[services.PostgresCluster]:
    """A private PostgreSQL for the whole run."""
    try:
        with services.postgres() as cluster:
            yield cluster
    except services.Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture
def postgres_url(postgres_cluster: services.PostgresCluster) -> str:
    """SQLAlchemy's address of an empty database of this test's own."""
    return postgres_cluster.new_database()


# --- coroutines ------------------------------------------------------------------------------


def _wants_a_browser(item: pytest.Item) -> bool:
    wanted = {"chromium_path", "whole_chromium_path"}
    return "browser" in item.path.parts or not wanted.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests on a loop that must be empty afterwards."""
    if not loops.is_async(pyfuncitem.obj):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames
    loops.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


def _leave_to_the_whole_run(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What a plain run leaves out; pytest says how many."""
    axes: dict[object, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        for axis, value in _params(item).items():
            seen = axes[_function(item)][axis]
            if repr(value) not in seen:
                seen.append(repr(value))
    gone = set()
    for item in items:
        of = axes[_function(item)]
        indices = {axis: of[axis].index(repr(value)) for axis, value in _params(item).items()}
        counts = {axis: len(values) for axis, values in of.items()}
        if item.get_closest_marker("whole") or not stands_for_all(indices, counts):
            gone.add(item)
    config.hook.pytest_deselected(items=[item for item in items if item in gone])
    items[:] = [item for item in items if item not in gone]


def _params(item: pytest.Item) -> dict[str, Any]:
    spec = getattr(item, "callspec", None)
    return dict(spec.params) if spec is not None else {}


def _function(item: pytest.Item) -> object:
    return item.path, getattr(item, "originalname", item.name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A plain run leaves out what the whole one has; what is asked for by name is run."""
    if not WHOLE and not any(".py" in arg for arg in config.args):
        _leave_to_the_whole_run(config, items)
    in_order(items)


def in_order(items: list[pytest.Item]) -> None:
    """Pages last: Playwright keeps a loop of its own running, beside which no other may run.

    What stays whole in one worker comes first, and of all that is alike the modules with the most
    patience: a long piece that is begun last leaves the other workers idle.
    """
    patience_s = _patience_of_modules(items)
    items.sort(
        key=lambda item: (
            _wants_a_browser(item), not is_whole(item.path), -patience_s[item.path],
        )
    )  # fmt: skip


def _patience_of_modules(items: list[pytest.Item]) -> dict[Path, float]:
    """How long the most patient test of each module may take; nought where none says so."""
    found: dict[Path, float] = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        found[item.path] = max(found.get(item.path, 0.0), float(mark.args[0]) if mark else 0.0)
    return found


# --- nothing left out silently ---------------------------------------------------------------


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"left out, where nothing may be left out: {_why(report)}"


def _why(report: pytest.TestReport | pytest.CollectReport) -> str:
    told = report.longrepr
    reason = told[2] if isinstance(told, tuple) else str(told)
    return reason.removeprefix("Skipped: ")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where nothing may be left out."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for whole modules."""
    report = yield
    _refuse_skip(report)
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how much memory it took; name what did not run and what the machine lacks for it."""
    peaks = PEAKS or {"alone": peak_mib()}
    held = ", ".join(f"{who} {most or '?'} MiB" for who, most in sorted(peaks.items()))
    terminalreporter.line(f"memory at most: {held}")
    skipped = terminalreporter.getreports("skipped")
    if not skipped:
        return
    terminalreporter.section("NOT RUN", sep="=", yellow=True)
    for why, count in Counter(_why(report) for report in skipped).most_common():
        terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'}: {why}")


LEFT_IN_WORKERS: list[str] = []
PEAKS: dict[str, int] = {}  # bounded by the workers of one run


def peak_mib() -> int:
    """The most memory this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Programs that a test started and nobody stopped fail the run."""
    services.stop_playwright()
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left"] = services.children()
        session.config.workeroutput["peak_mib"] = peak_mib()
        return
    workers = session.config.getoption("numprocesses", None)
    left = LEFT_IN_WORKERS if workers else services.children()
    if left:
        told = session.config.get_terminal_writer()
        told.sep("=", "LEFT RUNNING", red=True)
        told.line("\n".join(left))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal in our way, unless another was asked for."""
    if config.getvalue("dist") not in ("load", "loadgroup"):
        return None
    return Together(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker found running, and how large it grew; one that crashed tells nothing."""
    told = getattr(node, "workeroutput", {})
    LEFT_IN_WORKERS.extend(told.get("left", []))
    PEAKS[node.gateway.id] = told.get("peak_mib", 0)


def pytest_report_header() -> str:
    """One line: which services the machine has."""
    found = []
    for name, find in (
        ("mosquitto", services.mosquitto),
        ("postgresql", services.initdb),
        ("pages", services.chromium),
        ("chromium itself", services.whole_chromium),
        ("test data", lambda: services.shared_file("README.md")),
    ):
        try:
            find()
            found.append(f"{name}: here")
        except services.Absent:
            found.append(f"{name}: absent")
    return ", ".join(found)
