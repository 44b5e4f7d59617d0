"""Sets up a checkout: .venv, locked packages, built pages. Needs nothing but Python >= 3.11.

Every step is stamped with the hash of what it was made from, so a second run is quick and an
interrupted one goes on where it stopped. Mirrors set for pip, uv and npm are used as they stand.
"""

import configparser
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "linli-setup.json"
PAGES = {
    "hub/web": "hub/static",
    "kiosk/web": "kiosk/static",
    "simulators/panel/web": "simulators/static",
}
PAGES_COMMON = ("devices/web", "package.json", "package-lock.json", "tsconfig.base.json")
OWN = ("hub", "devices", "drivers", "kiosk", "simulators")
LOCKS = ("requirements.lock", "requirements-dev.lock")
FACES_LOCK = "requirements-faces.lock"
HASHED = ("--quiet", "--require-hashes", "--requirement")
NOT_SOURCE = {"node_modules", "dist", "__pycache__"}

# pip's name of a setting, uv's name of it, and what separates its values there.
FROM_PIP_TO_UV = (
    ("index-url", "UV_DEFAULT_INDEX", " "),
    ("extra-index-url", "UV_INDEX", " "),
    ("find-links", "UV_FIND_LINKS", ","),
    ("trusted-host", "UV_INSECURE_HOST", " "),
    ("cert", "SSL_CERT_FILE", " "),
    ("proxy", "ALL_PROXY", " "),
    ("timeout", "UV_HTTP_TIMEOUT", " "),
)
MACHINE_NPMRC = ("/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc")
NPMRC = {"npm_config_globalconfig", "NPM_CONFIG_GLOBALCONFIG"}
FROM_UV_TO_PIP = {
    "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "extra-index-url": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
}
UV_INDEX_NAMES = {name for names in FROM_UV_TO_PIP.values() for name in names}
UV_INDEX_KEYS = {"index", "index-url", "extra-index-url", "find-links", "no-index"}


class SetupStopped(Exception):
    """Why setup cannot go on and what to do about it, in one line."""


# --- mirrors ---------------------------------------------------------------------------------


def pip_config_files(environ: Mapping[str, str]) -> list[Path]:
    """The files pip reads, weakest first."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = Path(environ.get("HOME", "/"))
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    system = [Path(part) for part in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if part]
    files = [*(folder / "pip" / "pip.conf" for folder in system), Path("/etc/pip.conf")]
    files += [home / ".pip" / "pip.conf", home / "Library/Application Support/pip/pip.conf"]
    return [*files, user / "pip" / "pip.conf", *([Path(named)] if named else [])]


def pip_settings(environ: Mapping[str, str], files: Iterable[Path]) -> dict[str, list[str]]:
    """What pip was told: each setting's values; variables beat files, [install] beats [global]."""
    found: dict[str, list[str]] = {}
    parser = configparser.RawConfigParser()
    parser.read(files, encoding="utf-8")
    for section in ("global", "install"):
        for key, value in parser.items(section) if parser.has_section(section) else ():
            found[key.replace("_", "-")] = value.split()
    for name, value in environ.items():
        if name.startswith("PIP_") and value:
            found[name.removeprefix("PIP_").lower().replace("_", "-")] = value.split()
    if "default-timeout" in found:
        found.setdefault("timeout", found["default-timeout"])
    return found


def uv_names_an_index(environ: Mapping[str, str]) -> bool:
    """Whether uv has its own word on where packages come from; then pip's is not passed on."""
    if UV_INDEX_NAMES & environ.keys():
        return True
    user = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/")) / ".config")
    named = environ.get("UV_CONFIG_FILE")
    for file in [Path(named)] if named else [user / "uv/uv.toml", Path("/etc/uv/uv.toml")]:
        if file.is_file():
            told = tomllib.loads(file.read_text(encoding="utf-8"))
            if UV_INDEX_KEYS & (told.keys() | told.get("pip", {}).keys()):
                return True
    return False


def uv_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: the given one, and pip's settings where uv has none of its own."""
    result = {"UV_NO_PROGRESS": "1", **environ}
    told = pip_settings(environ, pip_config_files(environ))
    own_index = uv_names_an_index(environ)
    for pip_name, uv_name, separator in FROM_PIP_TO_UV:
        about_index = pip_name in UV_INDEX_KEYS
        if told.get(pip_name) and uv_name not in environ and not (about_index and own_index):
            result[uv_name] = separator.join(told[pip_name])
    if not own_index:
        # pip looks at every index for the best version; with hashes that is safe.
        result.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return result


def pip_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for pip: the given one, and uv's variables where pip has none of its own."""
    result = dict(environ)
    told = pip_settings(environ, pip_config_files(environ))
    for pip_name, uv_names in FROM_UV_TO_PIP.items():
        named = next((environ[name] for name in uv_names if environ.get(name)), None)
        if named and pip_name not in told:
            # uv writes an index as url or as name=url.
            urls = [re.sub(r"^[\w-]+=(?=[a-z]+:)", "", one) for one in named.split()]
            result[f"PIP_{pip_name.upper().replace('-', '_')}"] = " ".join(urls)
    return result


# --- steps -----------------------------------------------------------------------------------


def say(text: str) -> None:
    """One line of progress."""
    print(f"linli: {text}", file=sys.stderr, flush=True)


def run(words: Sequence[str | Path], why: str, env: Mapping[str, str] | None = None) -> None:
    """Run a program to its end; its output only when it fails, then SetupStopped(why)."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stdout.strip()
        short = said if len(said) < 3000 else f"{said[:1500]}\n ...\n{said[-1500:]}"
        print(short, file=sys.stderr)
        raise SetupStopped(why)


def runs(*words: str | Path) -> bool:
    """Whether a program starts and ends well."""
    env = pip_environment(os.environ)
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=True, env=env, check=False)
    except OSError:
        return False
    return not done.returncode


def digest(*paths: Path, also: str = "") -> str:
    """Hash of files' names and content (folders: every source file below) and of a text."""
    total = hashlib.sha256(also.encode())
    for path in paths:
        below = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in below:
            if file.is_file() and not NOT_SOURCE & set(file.relative_to(ROOT).parts):
                total.update(f"\0{file.relative_to(ROOT)}\0".encode())
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def stamps() -> dict[str, str]:
    """What was made from what, as far as it was finished."""
    try:
        told = json.loads(STAMPS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in told.items()}


def write_stamps(told: Mapping[str, str]) -> None:
    """Replace all stamps at once."""
    after = STAMPS.with_suffix(".new")
    after.write_text(json.dumps(dict(told), indent=1), encoding="utf-8")
    after.replace(STAMPS)


def step(title: str, made_from: Mapping[str, str], make: Callable[[], None]) -> bool:
    """Make something unless every stamp of it stands; stamped only when finished."""
    if made_from.items() <= stamps().items():
        return False
    say(f"{title} ...")
    began = time.monotonic()
    make()
    write_stamps(stamps() | dict(made_from))
    say(f"{title}: done in {time.monotonic() - began:.1f} s")
    return True


def forget(*keys: str) -> None:
    """Drop stamps whose product is gone."""
    write_stamps({key: value for key, value in stamps().items() if key not in keys})


# --- Python ----------------------------------------------------------------------------------


def make_venv() -> None:
    """Make .venv with this Python: by uv, by venv, or by venv without pip where that is cut out."""
    base = str(getattr(sys, "_base_executable", sys.executable))
    shutil.rmtree(VENV, ignore_errors=True)
    uv = shutil.which("uv")
    if uv and runs(uv, "venv", "--quiet", "--python", base, VENV):
        return
    if runs(base, "-m", "venv", VENV):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if runs(base, "-m", "venv", "--without-pip", VENV) and runs(
        base, "-m", "pip", "--python", PYTHON, "install", *HASHED, "requirements-setup.lock"
    ):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    raise SetupStopped(
        f"{base} cannot make an environment. On Debian and Ubuntu 'apt install python3-venv' mends"
        " that, as does uv on the PATH; then try again"
    )


def installer() -> list[str | Path]:
    """The words before what to install: uv's if it is there or can be had, else pip's."""
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
    own = VENV / "bin" / "uv"
    on_path = shutil.which("uv")
    if "no-index" in pip_settings(os.environ, pip_config_files(os.environ)):
        return pip
    if on_path is None and not own.exists():
        runs(PYTHON, "-m", "ensurepip")  # an environment that a uv now gone made has no pip
        runs(*pip, *HASHED, "requirements-setup.lock")
    uv = on_path or own
    return [uv, "pip", "install", "--python", PYTHON] if runs(uv, "--version") else pip


def install(why: str, *what: str) -> None:
    """Install by the best installer; where uv fails (a proxy's own ways), by pip."""
    words = installer()
    if words[0] == PYTHON:
        run([*words, *what], why, pip_environment(os.environ))
        return
    try:
        run([*words, *what], why, uv_environment(os.environ))
    except SetupStopped:
        # Not where only uv knows the mirror: pip would go past it.
        if uv_names_an_index(os.environ) or not runs(PYTHON, "-m", "pip", "--version"):
            raise
        say("uv could not; trying pip")
        run([PYTHON, "-m", "pip", "install", *what], why)


def install_locked(lock: str, *options: str) -> None:
    """Install what a lock names, each file checked against its hash."""
    why = (
        f"could not install {lock}. Is a package index reachable? A mirror set in PIP_INDEX_URL,"
        " pip.conf, UV_DEFAULT_INDEX or uv.toml is used as it stands"
    )
    install(why, *options, *HASHED, lock)


def install_checkout() -> None:
    """Put this checkout's packages and its command into .venv, to be edited in place."""
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--editable", ".")
    install("could not install this checkout into .venv", *options)


def compile_ahead() -> None:
    """Compile every module once.

    uv leaves that to the first start; where the environment forbids writing bytecode each start
    would do it again, and the hub's would take twice as long.
    """
    folders = [*VENV.glob("lib/python3.*/site-packages"), *(ROOT / name for name in OWN)]
    runs(PYTHON, "-m", "compileall", "-q", "-q", "-j", "0", *folders)


def python_side(*, dev: bool) -> bool:
    """.venv with the locked packages and this checkout; whether anything had to be made."""
    version = ".".join(map(str, sys.version_info[:2]))
    # A folder that was moved, or whose Python was replaced below it, is made anew.
    where = {"venv": f"{VENV} {version}"}
    if not (where.items() <= stamps().items() and runs(PYTHON, "-c", "import sys")):
        STAMPS.unlink(missing_ok=True)
    made = step(f"environment with Python {version}", where, make_venv)
    # The lock for development holds every line of the other: one installation serves both.
    locks = {lock: digest(ROOT / lock) for lock in LOCKS[: 2 if dev else 1]}
    made |= step("Python packages", locks, lambda: install_locked(list(locks)[-1]))
    own = {"linli": digest(ROOT / "pyproject.toml", also=str(ROOT))}
    made |= step("the linli command", own, install_checkout)
    modules = {"modules": digest(*(ROOT / lock for lock in locks), also=f"{VENV} {version}")}
    return made | step("modules", modules, compile_ahead)


def faces_side() -> bool:
    """The extra for faces, beside what is there; whether anything had to be made.

    Without dependencies: the lock holds them all, and one of them names dlib, which has no wheels;
    dlib-bin stands in for it.
    """
    lock = {FACES_LOCK: digest(ROOT / FACES_LOCK)}
    return step("faces", lock, lambda: install_locked(FACES_LOCK, "--no-deps"))


# --- pages -----------------------------------------------------------------------------------


def node_is_fit(version: str) -> bool:
    """Whether Vite 8 runs on this node: 20.19 and later 20s, 22.12 and later."""
    parts = re.fullmatch(r"v(\d+)\.(\d+)\.\d+\S*", version.strip())
    if parts is None:
        return False
    major, minor = int(parts[1]), int(parts[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def present_node() -> Path | None:
    """The folder of a fit node and its npm, on the PATH or in .venv; None when there is neither."""
    path = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{VENV / 'bin'}"
    for folder in map(Path, path.split(os.pathsep)):
        if (folder / "node").is_file() and (folder / "npm").exists():
            node = str(folder / "node")
            said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
            if node_is_fit(said.stdout):
                return folder
    return None


def node_folder() -> Path:
    """Where node and npm are: present, or those of the package index, put into .venv."""
    there = present_node()
    if there is not None:
        return there
    lock = "requirements-node.lock"
    forget(lock)
    step("node for the pages", {lock: digest(ROOT / lock)}, lambda: install_locked(lock))
    return VENV / "bin"


def npm_words(node: Path, *words: str) -> tuple[list[str | Path], dict[str, str]]:
    """npm's command line, and the environment in which that node comes first."""
    path = f"{node}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # A proxy's certificate that the machine trusts is good enough for npm too.
    env = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
    own_file = next((file for file in MACHINE_NPMRC if Path(file).is_file()), None)
    if node == VENV / "bin" and own_file and not NPMRC & env.keys():
        # Otherwise npm's machine-wide file would be one in .venv, where nobody sets a mirror.
        env["npm_config_globalconfig"] = own_file
    return [node / "npm", *words], env


def install_page_tools(node: Path) -> None:
    """node_modules, exactly as locked."""
    command, env = npm_words(node, "ci")
    why = (
        "could not install the pages' tools. Is a package registry for npm reachable? A mirror set"
        " in .npmrc or npm_config_registry is used as it stands"
    )
    run(command, why, env)


def build_pages(node: Path) -> None:
    """Every page, into the static folder of its package."""
    command, env = npm_words(node, "run", "build")
    run(command, "the pages could not be built", env)


def pages_side(node: Path) -> bool:
    """node_modules from the lock and every page built; whether anything had to be made."""
    if not (ROOT / "node_modules").is_dir():
        forget("tools")
    if not all((ROOT / static).is_dir() for static in PAGES.values()):
        forget("pages")
    manifests = [ROOT / web / "package.json" for web in ("", "devices/web", *PAGES)]
    tools = {"tools": digest(ROOT / "package-lock.json", *manifests)}
    made = step("tools of the pages", tools, lambda: install_page_tools(node))
    sources = digest(*(ROOT / name for name in (*PAGES_COMMON, *PAGES)))
    return made | step("pages", {"pages": sources}, lambda: build_pages(node))


# --- the command -----------------------------------------------------------------------------


def main(words: Sequence[str]) -> int:
    """setup: a town; dev: the tests as well; faces: setup and that extra; npm ...: npm as there."""
    verb = words[0] if words else "setup"
    if verb not in {"setup", "dev", "faces", "npm"}:
        print(f"usage: bootstrap.sh [setup|dev|faces|npm ...], not {verb}", file=sys.stderr)
        return 2
    with (ROOT / ".setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another setup is at work here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        made = python_side(dev=verb not in {"setup", "faces"})
        made |= verb == "faces" and faces_side()
        node = node_folder()
        # npm by hand may be what mends the lock that the pages need.
        made |= verb != "npm" and pages_side(node)
    if verb == "npm":
        command, env = npm_words(node, *words[1:])
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    if made:
        say("ready: .venv/bin/linli")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupStopped as stopped:
        print(f"linli: {stopped}", file=sys.stderr)
        sys.exit(1)
    except OSError as trouble:
        print(f"linli: {trouble}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("linli: interrupted; the same command goes on from here", file=sys.stderr)
        sys.exit(130)
