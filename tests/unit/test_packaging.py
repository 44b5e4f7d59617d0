"""What a newcomer gets: locks, entry points, the command, setup's steps and mirrors, the wheel."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import bootstrap
from devices import cli
from devices.mistake import Mistake

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PARTS = ("", "-dev", "-node", "-setup", "-faces", "-fuzz")
LOCKS = tuple(f"requirements{part}.lock" for part in PARTS)


# --- locks -----------------------------------------------------------------------------------


def locked(name: str) -> dict[str, str]:
    """Package -> version of a lock."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pinned = [re.match(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)", line) for line in lines]
    return {found[1]: found[2] for found in pinned if found}


@pytest.mark.parametrize("name", LOCKS)
def test_each_locked_package_has_a_hash_and_nothing_names_an_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z])", text.strip())
    assert len(blocks) == len(locked(name)) > 0
    assert all("--hash=sha256:" in block for block in blocks)
    assert "http" not in re.sub(r"(?m)^httpx?(core|tools)?==", "", text)


def test_one_installation_serves_both_locks() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=~! ;]", requirement)[0].lower()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    runtime = project["dependencies"] + project["optional-dependencies"]["demo"] + groups["build"]
    assert {name_of(one) for one in runtime} <= locked("requirements.lock").keys()
    assert {name_of(one) for one in groups["dev"]} <= locked("requirements-dev.lock").keys()
    assert {name_of(one) for one in groups["fuzz"]} == locked("requirements-fuzz.lock").keys()
    assert "face-recognition" not in locked("requirements-dev.lock")


def test_faces_are_locked_and_nothing_of_them_compiles() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    held, dev = locked("requirements-faces.lock"), locked("requirements-dev.lock")
    assert {name_of(one) for one in extras["faces"]} <= held.keys() & dev.keys()
    assert {"face-recognition", "dlib-bin"} <= held.keys()
    assert {name: held[name] for name in held.keys() & dev.keys()}.items() <= dev.items()
    text = (ROOT / "requirements-faces.lock").read_text(encoding="utf-8")
    assert re.search(r"^dlib==\S+ ; sys_platform == 'never'", text, re.MULTILINE)  # for nobody
    assert not {"face-recognition", "dlib-bin", "numpy"} & locked("requirements.lock").keys()


WITHOUT_FACES = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('numpy', 'dlib', 'onnxruntime', 'av'):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import hub.api.server, hub.app, hub.doctor, hub.verbs, hub.verbs_day_two, hub.faces.verbs
print('runs')
"""


def test_the_hub_runs_without_faces() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_FACES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stdout == "runs\n", ran.stderr


def test_the_pages_lock_knows_every_workspace_and_no_address() -> None:
    manifest = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert packages[""]["workspaces"] == manifest["workspaces"]
    for workspace in manifest["workspaces"]:
        own = json.loads((ROOT / workspace / "package.json").read_text(encoding="utf-8"))
        wanted = own.get("dependencies", {}) | own.get("devDependencies", {})
        held = packages[workspace]
        assert held.get("dependencies", {}) | held.get("devDependencies", {}) == wanted
    foreign = [told for name, told in packages.items() if name.startswith("node_modules/")]
    assert all("integrity" in told for told in foreign if not told.get("link"))
    assert not any("resolved" in told for told in foreign if not told.get("link"))


# --- the command -----------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["linli.verbs", "linli.benchmarks"])
def test_every_entry_point_is_there(group: str) -> None:
    entries = entry_points(group=group)
    assert {entry.name for entry in entries} == PROJECT["project"]["entry-points"][group].keys()
    assert all(callable(entry.load()) for entry in entries)


def linli(*words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    told = f"import sys; from devices import cli; {code}\nsys.exit(cli.main())"
    return subprocess.run(
        [sys.executable, "-c", told, *words], capture_output=True, text=True, check=False
    )


EACH_ALONE = """
import io, json, os, sys
import asyncio, cryptography, fastapi, httpx, pydantic
import sqlalchemy, sqlalchemy.orm, starlette, uvicorn
from devices import cli
assert not {'hub', 'kiosk', 'simulators'} & set(sys.modules)
def alone(verb):
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.dup2(writing, 1)
        sys.argv = ['linli', verb, '--help']
        code = 70
        try:
            code = cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.stdout.flush()
            os._exit(code)
    os.close(writing)
    with open(reading, encoding='utf-8') as said:
        told = said.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told
print(json.dumps({verb: alone(verb) for verb in sys.argv[1:]}))
"""


def test_every_verb_helps() -> None:
    """Each in a process that has loaded nothing of ours but the command: a copy of one for all."""
    verbs = [entry.name for entry in entry_points(group="linli.verbs")]
    words = [sys.executable, "-c", EACH_ALONE, *verbs]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    told: dict[str, tuple[int, str]] = json.loads(ran.stdout)
    assert told.keys() == {*verbs}
    for verb, (code, said) in told.items():
        assert code == 0, ran.stderr
        assert said.startswith(f"usage: linli {verb}")


def test_an_unknown_verb_is_told_in_one_line() -> None:
    ran = linli("opne")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert re.fullmatch(r"linli: there is no verb 'opne', only: .*\bdemo\b.*\n", ran.stderr)


def test_the_command_without_words_says_what_there_is() -> None:
    ran = linli()
    assert ran.returncode == 2
    assert "  audit     verify the log" in ran.stdout


def test_starting_imports_no_verb() -> None:
    code = "import atexit; atexit.register(lambda: print(*sorted(sys.modules)))"
    loaded = set(linli("--help", code=code).stdout.splitlines()[-1].split())
    assert "devices.cli" in loaded
    assert not {"asyncio", "cryptography", "fastapi", "hub", "simulators", "sqlalchemy"} & loaded


ABSENT = (
    "from importlib.metadata import EntryPoint as E;"
    "cli.entry_points = lambda group: [E('door', '{value}', group)]"
)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("devices.no_verbs:door", "door needs the module devices.no_verbs, which is missing"),
        ("devices.mistake:door", "door should be devices.mistake:door, which is missing"),
    ],
)
def test_a_missing_verb_is_told_in_one_line(value: str, told: str) -> None:
    ran = linli("door", code=ABSENT.format(value=value))
    assert (ran.returncode, ran.stderr) == (2, f"linli: {told}\n")


@pytest.fixture
def own_umask() -> Iterator[None]:
    """The command narrows the process's umask; the tests after it keep theirs."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("own_umask")
@pytest.mark.parametrize(
    ("raised", "code"), [(Mistake("no such door"), 2), (KeyboardInterrupt, 130)]
)
def test_mistakes_and_interrupts_end_quietly(
    raised: type[BaseException] | BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(_: list[str]) -> int:
        raise raised

    monkeypatch.setattr(cli, "_run", fails)
    assert cli.main([]) == code
    assert capsys.readouterr().err == ("linli: no such door\n" if code == 2 else "")


def test_a_benchmark_ends_with_one_line_of_json() -> None:
    code = (
        "from importlib.metadata import EntryPoint as E;"
        "cli.entry_points = lambda group: [E('taps', 'types:SimpleNamespace', group)];"
        "cli._load = lambda _: (lambda quick: (print('half way'),"
        " {'results': [quick], 'detail': {}})[1])"
    )
    ran = linli("bench", "taps", "--quick", code=code)
    assert ran.stderr == "half way\n"
    assert ran.stdout.count("\n") == 1
    told = json.loads(ran.stdout)
    assert (told["bench"], told["results"]) == ("taps", [True])
    assert {"python", "platform", "cores"} <= told["machine"].keys()


# --- setup -----------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that bootstrap takes for its own."""
    venv = tmp_path / ".venv"
    venv.mkdir()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "STAMPS", venv / "stamps.json")
    return tmp_path


def test_a_step_is_done_once_and_again_when_its_source_changes(checkout: Path) -> None:
    done: list[str] = []
    source = checkout / "lock"
    for content in ("one", "one", "two"):
        source.write_text(content, encoding="utf-8")
        bootstrap.step("x", {"lock": bootstrap.digest(source)}, lambda: done.append("x"))
    assert done == ["x", "x"]
    bootstrap.forget("lock")
    assert bootstrap.step("x", {"lock": bootstrap.digest(source)}, lambda: None)


def test_an_interrupted_step_is_not_stamped(checkout: Path) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert bootstrap.step("x", {"before": "1"}, lambda: None)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.step("y", {"lock": "1"}, interrupted)
    assert bootstrap.stamps() == {"before": "1"}
    (checkout / ".venv" / "stamps.json").write_text('{"bef', encoding="utf-8")
    assert bootstrap.stamps() == {}


def test_a_digest_sees_names_and_content_but_no_tools(checkout: Path) -> None:
    web = checkout / "web"
    (web / "node_modules").mkdir(parents=True)
    (web / "a.ts").write_text("1", encoding="utf-8")
    before = bootstrap.digest(web)
    (web / "node_modules" / "x").write_text("1", encoding="utf-8")
    assert bootstrap.digest(web) == before
    (web / "a.ts").rename(web / "b.ts")
    moved = bootstrap.digest(web)
    (web / "b.ts").write_text("2", encoding="utf-8")
    assert len({before, moved, bootstrap.digest(web)}) == 3


def test_the_pages_stamp_covers_every_workspace() -> None:
    manifest = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert set(manifest["workspaces"]) <= {*bootstrap.PAGES, *bootstrap.PAGES_COMMON}


@pytest.mark.parametrize(
    ("version", "fit"),
    [
        ("v20.19.0", True), ("v20.20.2\n", True), ("v22.12.0", True), ("v24.19.0", True),
        ("v20.18.9", False), ("v18.20.0", False), ("v21.7.0", False), ("v22.11.0", False),
        ("", False), ("24", False),
    ],
)  # fmt: skip
def test_node_is_fit_from_20_19(version: str, fit: bool) -> None:
    assert bootstrap.node_is_fit(version) is fit


def test_a_too_old_node_on_the_path_is_passed_over(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, version in (("old", "v18.19.0"), ("fit", "v22.20.0")):
        (checkout / folder).mkdir()
        for program in ("node", "npm"):
            file = checkout / folder / program
            file.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
            file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{checkout / 'old'}:{checkout / 'fit'}")
    assert bootstrap.present_node() == checkout / "fit"
    monkeypatch.setenv("PATH", str(checkout / "old"))
    assert bootstrap.present_node() is None


# --- mirrors ---------------------------------------------------------------------------------

OWN, MORE = "https://mirror.example/simple", "https://more.example/simple"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "etc")}


def write(home: dict[str, str], name: str, text: str) -> None:
    file = Path(home["HOME"]) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.fixture(autouse=True)
def no_machine_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's /etc/pip.conf out of the tests."""
    real = bootstrap.pip_config_files
    etc = Path("/etc")
    monkeypatch.setattr(
        bootstrap,
        "pip_config_files",
        lambda environ: [file for file in real(environ) if etc not in file.parents],
    )


def test_pips_mirror_reaches_uv(home: dict[str, str]) -> None:
    write(
        home,
        ".config/pip/pip.conf",
        f"[global]\nindex-url = {OWN}\nextra_index_url = {MORE}\n  {OWN}\n",
    )
    told = bootstrap.uv_environment(home | {"PIP_CERT": "/ca.pem", "PIP_DEFAULT_TIMEOUT": "90"})
    assert told["UV_DEFAULT_INDEX"] == OWN
    assert told["UV_INDEX"] == f"{MORE} {OWN}"
    assert told["SSL_CERT_FILE"] == "/ca.pem"
    assert told["UV_HTTP_TIMEOUT"] == "90"
    assert told["UV_INDEX_STRATEGY"] == "unsafe-best-match"


def test_variables_beat_files_and_install_beats_global(home: dict[str, str]) -> None:
    write(
        home,
        ".config/pip/pip.conf",
        f"[global]\nindex-url = {OWN}\n[install]\nindex-url = {MORE}\n",
    )
    assert bootstrap.uv_environment(home)["UV_DEFAULT_INDEX"] == MORE
    told = bootstrap.uv_environment(home | {"PIP_INDEX_URL": OWN})
    assert told["UV_DEFAULT_INDEX"] == OWN
    named = bootstrap.uv_environment(home | {"PIP_CONFIG_FILE": os.devnull})
    assert "UV_DEFAULT_INDEX" not in named


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL"])
def test_uvs_own_word_is_never_overwritten(home: dict[str, str], name: str) -> None:
    environ = home | {"PIP_INDEX_URL": OWN, "PIP_EXTRA_INDEX_URL": OWN, name: MORE}
    told = bootstrap.uv_environment(environ)
    names = bootstrap.UV_INDEX_NAMES | {"UV_FIND_LINKS", "UV_INDEX_STRATEGY"}
    assert {key: value for key, value in told.items() if key in names} == {name: MORE}


@pytest.mark.parametrize("text", [f'[[index]]\nurl = "{MORE}"', f'[pip]\nindex-url = "{MORE}"'])
def test_uvs_own_file_is_never_overruled(home: dict[str, str], text: str) -> None:
    write(home, ".config/uv/uv.toml", text)
    assert "UV_DEFAULT_INDEX" not in bootstrap.uv_environment(home | {"PIP_INDEX_URL": OWN})
    write(home, ".config/uv/uv.toml", "offline = false")
    assert "UV_DEFAULT_INDEX" in bootstrap.uv_environment(home | {"PIP_INDEX_URL": OWN})


def test_uvs_mirror_reaches_pip_where_pip_has_none(home: dict[str, str]) -> None:
    environ = home | {"UV_DEFAULT_INDEX": OWN, "UV_INDEX": f"more={MORE}"}
    told = bootstrap.pip_environment(environ)
    assert (told["PIP_INDEX_URL"], told["PIP_EXTRA_INDEX_URL"]) == (OWN, MORE)
    kept = bootstrap.pip_environment(environ | {"PIP_INDEX_URL": MORE})
    assert kept["PIP_INDEX_URL"] == MORE


def test_the_machines_npm_file_is_read_by_a_node_of_our_own(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "npmrc").touch()
    monkeypatch.setattr(bootstrap, "MACHINE_NPMRC", ("/absent", str(checkout / "npmrc")))
    monkeypatch.delenv("npm_config_globalconfig", raising=False)
    own = checkout / ".venv" / "bin"
    _, env = bootstrap.npm_words(own, "ci")
    assert env["npm_config_globalconfig"] == str(checkout / "npmrc")
    assert env["PATH"].startswith(f"{own}:")
    monkeypatch.setenv("npm_config_globalconfig", "/mine")
    assert bootstrap.npm_words(own, "ci")[1]["npm_config_globalconfig"] == "/mine"
    monkeypatch.delenv("npm_config_globalconfig")
    assert "npm_config_globalconfig" not in bootstrap.npm_words(Path("/usr/bin"), "ci")[1]


# --- bootstrap.sh ----------------------------------------------------------------------------


def test_no_python_is_told_in_one_line(tmp_path: Path) -> None:
    for program in ("sh", "dirname"):
        (tmp_path / program).symlink_to(
            f"/bin/{program}" if program == "sh" else "/usr/bin/dirname"
        )
    copy = tmp_path / "bootstrap.sh"
    copy.write_bytes((ROOT / "bootstrap.sh").read_bytes())
    ran = subprocess.run(
        [tmp_path / "sh", copy],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "needs Python >= 3.11" in ran.stderr


# --- the wheel -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built from what git knows, by the very hook a user's pip runs."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, told.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    # The checkout's own node, where the machine has none.
    path = f"{os.environ['PATH']}{os.pathsep}{ROOT / '.venv' / 'bin'}"
    env = os.environ | {"PATH": path}
    ran = subprocess.run(build, cwd=copy, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (made,) = out.glob("*.whl")
    return zipfile.ZipFile(made)


@pytest.mark.whole  # a build from the sources, with every page
def test_the_wheel_carries_code_pages_and_licence(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    hubs = ("hub/static/phone", "hub/static/console", "hub/static/visit")
    for page in (*hubs, "kiosk/static", "simulators/static"):
        assert any(re.fullmatch(rf"{page}(/panel)?/index\.html", name) for name in names), page
    assert {"devices/cli.py", "drivers/link.py", "hub/app.py"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.whole
def test_the_wheel_carries_no_sources_of_pages_and_no_tests(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops - {"drivers", "devices", "hub", "kiosk", "simulators"} == {
        f"linli-{PROJECT['project']['version']}.dist-info"
    }
    assert not [name for name in wheel.namelist() if "/web/" in name or "node_modules" in name]
