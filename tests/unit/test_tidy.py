"""The house's law, held by a test: each rule reads the sources, and each is shown to bite."""

import ast
import gc
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]

FUNCTION_LINES = 60
LINE_CHARACTERS = 100  # counted as characters: ruff would count a Chinese one twice
PAGE_CHARACTERS = 120  # markup and words in three languages
MODULE_LINES = 500

# Modules that may be longer, with the reason: one honest big table reads better than three.
LONG_MODULES: dict[str, str] = {
    "hub/store/tables.py": "the schema: one honest list of tables",
}

LONG_LINES = {
    "devices/reasons.py": "a table: one row says one thing in three languages",
}
SVG_PATH = re.compile(r"""\bd=|\bpoints=|<path|<circle|<rect|["'`]M-?\d""")

FOLDERS = {".ci", "devices", "docs", "drivers", "hub", "kiosk", "simulators", "tests"}
PYTHON = {".py"}
PAGES = {".css", ".html", ".svg", ".ts", ".tsx", ".webmanifest"}
BINARY = {".gz", ".ico", ".jpg", ".png", ".wav", ".webp", ".woff2"}

HERE = "test_tidy.py"  # shows by bad samples that the rules bite
MARKS = re.compile(r"\b(TODO|FIXME|XXX)\b")
HOSTS = re.compile(r"registry\.npm\w+\.|pypi\.org|pythonhosted\.org|index-url *[ =] *http")
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f]")
EMPTY_WORDS = {"base", "data", "helper", "helpers", "info", "manager", "service", "util", "utils"}
NOT_OURS = {"data_received"}  # asyncio.Protocol's own name

TIME_WORDS = {"age", "backoff", "delay", "duration", "interval", "latency", "period", "timeout"}
MONEY_WORDS = {"amount", "balance", "fee", "price"}
MEASURED = re.compile(r"^(elapsed|took|latency)(_(ns|us|ms|s))?$")
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"}


@dataclass(frozen=True)
class Source:
    """One file of the repository, its path relative to the root."""

    path: PurePosixPath
    text: str

    @property
    def tree(self) -> ast.Module:
        """The file as Python."""
        return parsed(self.text)

    @property
    def product(self) -> bool:
        """Whether it is ours to ship, not a test."""
        return self.path.parts[0] != "tests"


@cache
def parsed(text: str) -> ast.Module:
    """The tree of a text; the collector rests: early 3.11s miscount when it runs meanwhile."""
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        gc.enable()


Rule = Callable[[Source], Iterator[str]]


# --- rules on text ---------------------------------------------------------------------------


def short_lines(source: Source) -> Iterator[str]:
    if str(source.path) in LONG_LINES or is_made(source):
        return
    most = {".py": LINE_CHARACTERS, ".ts": PAGE_CHARACTERS, ".tsx": PAGE_CHARACTERS}
    for number, line in enumerate(source.text.splitlines(), 1):
        drawn = source.path.suffix == ".tsx" and SVG_PATH.search(line)
        if not drawn and len(line) > most.get(source.path.suffix, len(line)):
            yield f"line {number} has {len(line)} characters"


def is_made(source: Source) -> bool:
    """Whether another file of ours writes this one."""
    return ".gen" in source.path.suffixes


def short_modules(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    held = source.path.suffix in PYTHON | {".ts", ".tsx"} and not is_made(source)
    if held and lines > MODULE_LINES and str(source.path) not in LONG_MODULES:
        yield f"has {lines} lines"


def nothing_unfinished(source: Source) -> Iterator[str]:
    if source.path.name == HERE:
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        if MARKS.search(line):
            yield f"line {number} leaves something to do"


def no_registry_host(source: Source) -> Iterator[str]:
    if source.path.name == HERE:
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        if HOSTS.search(line):
            yield f"line {number} names a package registry: {line.strip()[:60]}"
    if source.path.suffix == ".lock" and "://" in source.text:
        yield "a lock names an address"
    if source.path.name == "package-lock.json":
        packages = json.loads(source.text)["packages"]
        yield from (f"{name} is resolved" for name, told in packages.items() if bound(told))


def bound(package: dict[str, object]) -> bool:
    """Whether a package of the lock names where it came from; links name our own folders."""
    return "resolved" in package and not package.get("link")


def no_emoji(source: Source) -> Iterator[str]:
    if source.path.suffix in PAGES:
        for number, line in enumerate(source.text.splitlines(), 1):
            if found := EMOJI.search(line):
                yield f"line {number} has U+{ord(found[0]):04X}, an empty box on many machines"


def known_folder(source: Source) -> Iterator[str]:
    if len(source.path.parts) > 1 and source.path.parts[0] not in FOLDERS:
        yield f"{source.path.parts[0]}/ is no folder of the house"


# --- rules on Python -------------------------------------------------------------------------


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def short_functions(source: Source) -> Iterator[str]:
    for node in functions(source.tree):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES:
            yield f"{node.name} has {lines} lines"


def words_of(name: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return set(spaced.lower().split("_"))


def names_that_say_something(source: Source) -> Iterator[str]:
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    named = [node.name for node in ast.walk(source.tree) if isinstance(node, kinds)]
    for name in [source.path.stem, *named]:
        empty = words_of(name) & EMPTY_WORDS
        if empty and name not in NOT_OURS and not name.startswith("test_"):
            yield f"{name} says nothing by {', '.join(sorted(empty))}"


def name_of(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def is_none_or_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in (None, 0)


def limit_of(node: ast.Call, keyword: str, position: int) -> ast.expr | None:
    for given in node.keywords:
        if given.arg == keyword:
            return given.value
    return node.args[position] if len(node.args) > position else None


def bounded(source: Source) -> Iterator[str]:
    if not source.product:
        return
    lines = source.text.splitlines()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            if name in {"Queue", "LifoQueue", "PriorityQueue"}:
                limit = limit_of(node, "maxsize", 0)
            elif name == "deque":
                limit = limit_of(node, "maxlen", 1)
            elif name == "lru_cache":
                limit = limit_of(node, "maxsize", 0) or ast.Constant(128)
            else:
                continue
            by_hand = "# bounded by " in lines[node.lineno - 1]
            if (limit is None or is_none_or_zero(limit)) and not by_hand:
                yield f"line {node.lineno}: {name} has no bound, nor '# bounded by NAME' beside it"
        elif isinstance(node, ast.Attribute) and node.attr == "SimpleQueue":
            yield f"line {node.lineno}: SimpleQueue has no bound"


def aware_times(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name, owner = node.func.attr, ast.unparse(node.func.value)
        of_datetime = owner.split(".")[-1] in {"datetime", "date"}
        naive = (name in {"utcnow", "utcfromtimestamp", "today"} and of_datetime) or (
            name == "now" and of_datetime and not node.args and not node.keywords
        )
        if name == "fromtimestamp" and of_datetime:
            naive = len(node.args) + len(node.keywords) < 2
        if naive:
            yield f"line {node.lineno}: {owner}.{name} knows no zone"


def no_asserted_time(source: Source) -> Iterator[str]:
    if source.product:
        return
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare)):
            continue
        ordered = any(isinstance(how, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for how in node.test.ops)
        if ordered and any(is_measured(part) for part in ast.walk(node.test)):
            yield f"line {node.lineno}: asserts how long something took"


def is_measured(node: ast.AST) -> bool:
    return bool(MEASURED.match(name_of(node))) or name_of(node) in CLOCKS


def named_values(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Line, name and type (as written or as seen in the value) of parameters and fields."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name, annotation=annotation) if annotation is not None:
                yield node.lineno, name, ast.unparse(annotation)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                yield node.lineno, name, ast.unparse(annotation)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                yield node.lineno, name, type(value).__name__
            case _:
                pass


def units_in_names(source: Source) -> Iterator[str]:
    if not source.product:
        return
    for line, name, kind in named_values(source.tree):
        last = name.lower().split("_")[-1]
        number = bool({"int", "float"} & set(re.findall(r"\w+", kind)))
        if number and last in TIME_WORDS:
            yield f"line {line}: {name} in which unit?"
        if number and last in MONEY_WORDS:
            yield f"line {line}: {name} in which money?"
        if last == "fen" and "float" in kind:
            yield f"line {line}: {name} is money and no float"


ON_TEXT: list[Rule] = [
    short_lines,
    short_modules,
    nothing_unfinished,
    no_registry_host,
    no_emoji,
    known_folder,
]
ON_PYTHON: list[Rule] = [
    short_functions,
    names_that_say_something,
    bounded,
    aware_times,
    no_asserted_time,
    units_in_names,
]


@cache
def sources() -> list[Source]:
    """Every text file that git knows and that is still there."""
    words = ["git", "ls-files", "-z"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [PurePosixPath(name) for name in told.split("\0") if name]
    return [
        Source(path, (ROOT / path).read_text(encoding="utf-8"))
        for path in paths
        if path.suffix not in BINARY and (ROOT / path).is_file()
    ]


@pytest.fixture(scope="module", autouse=True)
def _nothing_kept() -> Iterator[None]:
    """The trees of all files are large; nobody after these tests wants them."""
    yield
    parsed.cache_clear()
    sources.cache_clear()


def hold(rule: Rule, looked_at: list[Source]) -> None:
    broken = [f"{source.path}: {what}" for source in looked_at for what in rule(source)]
    if broken:
        pytest.fail("\n".join([f"{rule.__name__} is broken:", *broken]), pytrace=False)


@pytest.mark.parametrize("rule", ON_TEXT)
def test_every_file_keeps(rule: Rule) -> None:
    hold(rule, sources())


@pytest.mark.parametrize("rule", ON_PYTHON)
def test_every_python_file_keeps(rule: Rule) -> None:
    hold(rule, [one for one in sources() if one.path.suffix in PYTHON])


def test_the_walk_sees_the_house() -> None:
    seen = {source.path.parts[0] for source in sources()}
    assert {"devices", "drivers", "hub", "tests", "pyproject.toml"} <= seen
    assert ROOT.joinpath("tests/unit/test_tidy.py") in [ROOT / one.path for one in sources()]


def test_long_modules_are_still_long() -> None:
    for name, why in LONG_MODULES.items():
        assert why
        assert (ROOT / name).read_text(encoding="utf-8").count("\n") > MODULE_LINES


BAD: list[tuple[Rule, str, str]] = [
    (short_lines, "hub/a.py", "x = 1  # " + "x" * LINE_CHARACTERS),
    (short_lines, "hub/web/a.tsx", "//" + "x" * PAGE_CHARACTERS),
    (short_modules, "hub/a.py", "\n" * (MODULE_LINES + 1)),
    (nothing_unfinished, "hub/a.py", "# TODO later"),
    (nothing_unfinished, "hub/web/a.ts", "// FIXME"),
    (no_registry_host, "README.md", "see https://registry.npmjs.org"),
    (no_registry_host, "Makefile", "pip install -i https://pypi.org/simple x"),
    (no_registry_host, "requirements.lock", "x @ https://example.com/x.whl"),
    (no_registry_host, "package-lock.json", '{"packages": {"a": {"resolved": "https://x"}}}'),
    (no_emoji, "kiosk/web/a.tsx", "<b>\U0001f600</b>"),
    (no_emoji, "hub/web/a.css", "content: '\u2714'"),
    (known_folder, "scripts/run.py", ""),
    (short_functions, "hub/a.py", "def f():\n" + "    x = 1\n" * FUNCTION_LINES),
    (short_functions, "hub/a.py", "class A:\n async def f(s):\n" + "  x = 1\n" * FUNCTION_LINES),
    (names_that_say_something, "hub/door_utils.py", ""),
    (names_that_say_something, "hub/a.py", "class DoorManager: pass"),
    (names_that_say_something, "hub/a.py", "def get_info(): pass"),
    (bounded, "hub/a.py", "import asyncio\nq = asyncio.Queue()"),
    (bounded, "hub/a.py", "q = Queue(maxsize=0)"),
    (bounded, "hub/a.py", "from collections import deque\nd = deque([1])"),
    (bounded, "hub/a.py", "d = collections.deque(maxlen=None)"),
    (bounded, "hub/a.py", "@lru_cache(maxsize=None)\ndef f(): pass"),
    (bounded, "hub/a.py", "q = queue.SimpleQueue()"),
    (aware_times, "hub/a.py", "datetime.utcnow()"),
    (aware_times, "hub/a.py", "datetime.datetime.now()"),
    (aware_times, "hub/a.py", "date.today()"),
    (aware_times, "hub/a.py", "datetime.fromtimestamp(0)"),
    (no_asserted_time, "tests/a.py", "assert time.monotonic() - began < 1"),
    (no_asserted_time, "tests/a.py", "assert elapsed_ms < 50"),
    (no_asserted_time, "tests/a.py", "assert 1 <= run.took_s < 5"),
    (units_in_names, "hub/a.py", "def f(timeout: float | None = None): pass"),
    (units_in_names, "hub/a.py", "RETRY_DELAY = 5"),
    (units_in_names, "hub/a.py", "class A:\n    amount: int"),
    (units_in_names, "hub/a.py", "def f(amount_fen: float): pass"),
]

GOOD: list[tuple[Rule, str, str]] = [
    (short_lines, "hub/a.py", "门" * LINE_CHARACTERS),
    (short_lines, "devices/reasons.py", "x" * 200),
    (short_lines, "hub/web/a.tsx", "<path d='" + "M0 0" * PAGE_CHARACTERS),
    (bounded, "hub/a.py", "d = deque()  # bounded by WINDOW_MESSAGES"),
    (short_modules, "hub/a.py", "\n" * MODULE_LINES),
    (no_registry_host, "package-lock.json", '{"packages": {"a": {"resolved": "x", "link": true}}}'),
    (no_emoji, "kiosk/web/a.tsx", "<b>门开了,请进 → ¥106.80</b>"),
    (known_folder, "Makefile", ""),
    (short_functions, "hub/a.py", "def f():\n" + "    x = 1\n" * (FUNCTION_LINES - 1)),
    (names_that_say_something, "hub/a.py", "class Database:\n    def data_received(self): pass"),
    (bounded, "hub/a.py", "q = asyncio.Queue(MOST)\nd = deque((), 9)\n@lru_cache\ndef f(): pass"),
    (aware_times, "hub/a.py", "datetime.now(UTC)\ndatetime.fromtimestamp(0, UTC)\nclock.now()"),
    (no_asserted_time, "tests/a.py", "assert 0 < pulse.duration_ms <= 500\nassert count < 5"),
    (
        units_in_names,
        "hub/a.py",
        "def f(timeout_s: float, amount_fen: int, delay: timedelta): pass",
    ),
]


@pytest.mark.parametrize(("rule", "path", "text"), BAD)
def test_each_rule_bites(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(PurePosixPath(path), text)))


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_no_rule_bites_the_innocent(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(PurePosixPath(path), text))) == []


def test_every_rule_is_shown_to_bite() -> None:
    assert {rule for rule, _, _ in BAD} == {*ON_TEXT, *ON_PYTHON}
