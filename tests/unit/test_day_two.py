"""Services, support and updates: nobody in the bundle, units that systemd takes, a way back."""

import asyncio
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy import update as sql_update

from devices.cli import main
from devices.identity import KINDS
from devices.mistake import Mistake
from hub import keys, sealed, updating
from hub.doctor import look_at_machine
from hub.sealed import Passphrase
from hub.services import UNITS, Place, units
from hub.store import tables as t
from hub.store.engine import Engines, open_engines
from hub.support import Scrub, bundle
from hub.updating import Failed, Steps, name_of, update
from hub.verbs_day_two import _Site
from tests.unit.hub_bench import hub_bench
from tests.unit.test_backup import note, site

# --------------------------------------------------------------------------- services


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    root, data = tmp_path / "opt", tmp_path / "var"
    program = root / "current" / "bin" / "linli"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    made = units(Place(root, data, "root"), list(UNITS), port=443, backup_key="/etc/linli.pub")
    assert set(made) == {
        "linli-hub.service", "linli-door@.service", "linli-point@.service", "linli-kiosk@.service",
        "linli-meter@.service", "linli-desk@.service", "linli-backup.service",
        "linli-backup.timer",
    }  # fmt: skip
    folder = tmp_path / "units"
    folder.mkdir()
    for name, text in made.items():
        (folder / name).write_text(text)
        for line in text.splitlines():
            assert not line.endswith(" "), (name, line)
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is absent: units are not verified")
    names = [str(folder / name.replace("@.", "@gate.")) for name in made]
    for name in made:
        if "@" in name:
            (folder / name.replace("@.", "@gate.")).write_text(made[name])
    done = subprocess.run(
        [analyze, "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if str(folder) in line]
    assert ours == [], done.stderr


def test_every_kind_of_device_has_a_unit() -> None:
    assert set(UNITS) == {"hub", *KINDS}


def test_every_part_is_fenced_in() -> None:
    made = units(Place(Path("/opt/linli"), Path("/var/lib/linli"), "linli"), ["hub", "door"])
    for text in made.values():
        for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "User=linli", "UMask=0077"):
            assert line in text.splitlines()
    hub, door = made["linli-hub.service"], made["linli-door@.service"]
    assert "ExecStart=/opt/linli/current/bin/linli hub run --data /var/lib/linli/hub" in hub
    assert "ReadWritePaths=/var/lib/linli/hub" in hub
    assert "CapabilityBoundingSet=" in hub.splitlines()  # none at all
    assert "DeviceAllow=char-ttyUSB rw" in door
    assert "Restart=always" in door


@pytest.mark.parametrize("bad", ["relative", "/with blank", "/per%cent", "/new\nline"])
def test_a_path_that_systemd_would_read_otherwise_is_refused(bad: str) -> None:
    with pytest.raises(Mistake, match="plain absolute path"):
        Place(Path(bad), Path("/var/lib/linli"), "linli")


def test_dry_run_prints_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["service", "install", "hub", "kiosk", "--dry-run", "--units", str(tmp_path)]
    assert main(asked) == 0
    out = capsys.readouterr().out
    assert "linli-hub.service" in out
    assert "linli-kiosk@.service" in out
    assert list(tmp_path.iterdir()) == []
    assert main([*asked[:-3], "--units", str(tmp_path), "--root", str(tmp_path / "none")]) == 2


# --------------------------------------------------------------------------- support


def _people_in(data: Path, engines: Engines) -> str:
    """A card, a fault, a visitor and a file that name people; the phone's key."""
    with engines.write.begin() as connection:
        connection.execute(
            t.cards.insert().values(id="c-1", uid="04aabbccddee01", person_id="p-1", issued_at=1)
        )
        connection.execute(
            t.quarantine.insert().values(
                id="q", at=1.0, source="load_part", content="沈桂芳",
                fault="ValueError: 沈桂芳 13812345678",
            )
        )  # fmt: skip
        kid: str = connection.execute(select(t.phones.c.kid)).scalar_one()
        label = keys.load(data).close_envelope("王阿姨".encode(), "visit:v-77")
        connection.execute(
            t.passes.insert().values(
                id="v-77",
                host_id="p-1",
                household_id="h-1",
                doors=[],
                label_sealed=label,
                from_at=0.0,
                to_at=1.0,
                issued_at=0.0,
                issued_by="phone:1",
            )
        )
        connection.execute(
            t.imports.insert().values(
                id="i-1", file="李四家.xlsx", begun_by="staff:1", begun_at=0.0, state="applied",
                changes=0, counts={},
            )
        )  # fmt: skip
    return kid


async def test_nobody_is_in_the_bundle(tmp_path: Path) -> None:
    data = await site(tmp_path / "data")
    engines = open_engines(f"sqlite:///{data / 'hub.db'}")
    kid = _people_in(data, engines)
    engines.close()
    lines = [
        '{"say":"all is well"}', '{"say":"card 04aabbccddee01"}', '{"say":"沈桂芳 came"}',
        '{"say":"to 1-1-101"}', '{"say":"call 13912345678"}', f'{{"say":"{kid}"}}',
        '{"say":"王阿姨 is expected"}', '{"say":"pass v-77"}', '{"say":"read 李四家.xlsx"}',
        '{"say":"mail to duty-zhang@mail.example"}',
        '{"say":"330102195001011234 has"}', '{"say":"by admin"}', '{"say":"p-1 opened"}',
    ]  # fmt: skip
    (data / "hub.log").write_text("\n".join(lines))
    (data / "broker").mkdir()
    (data / "broker" / "log").write_text("1: New client from 192.168.1.9 as gate\n陈静\n")
    (data / "hub.toml").write_text(
        '[hub]\nid = "hub-1"\ndatabase = "sqlite:///' + str(data / "hub.db") + '"\n'
        '[pay]\nbase_url = "https://merchant-77.example"\n'
        '[outlets.duty]\nkind = "mail"\nurl = "smtp://mail.example"\n'
        'from = "hub@mail.example"\nto = ["duty-zhang@mail.example"]\n'
    )
    out = tmp_path / "support.tar.gz"
    made = bundle(data, out, lambda: "fine disk\nsaw 沈桂芳")
    assert out.stat().st_mode & 0o077 == 0
    texts: dict[str, str] = {}
    with tarfile.open(out) as tar:
        for member in tar:
            held = tar.extractfile(member)
            assert held is not None
            texts[member.name.removeprefix("linli-support/")] = held.read().decode()
    assert set(texts) == set(made.files)
    whole = "\n".join(texts.values())
    secrets = [path.read_text() for path in (data / "keys").iterdir()]
    for word in ("沈桂芳", "陈静", "1-1-101", "04aabbccddee01", "13812345678", "13912345678",
                 "330102195001011234", kid, "admin", "merchant-77", "s3cret",
                 "王阿姨", "v-77", "李四家", "duty-zhang",
                 *secrets):  # fmt: skip
        assert word not in whole, word
    assert "all is well" in texts["logs/hub.log"]
    assert "as gate" in texts["logs/broker-log"]
    assert json.loads(texts["database.json"])["quarantine"] == [["load_part", "ValueError"]]
    assert json.loads(texts["database.json"])["chain"]["fine"] is True
    assert "cryptography" in json.loads(texts["versions.json"])["packages"]
    assert made.lines_left_out == 12


def test_a_word_of_one_letter_takes_no_line_away() -> None:
    scrub = Scrub(["a", "", "王五"])
    assert scrub.lines("a plain line\n王五 was here\n") == "a plain line\n"
    assert scrub.left_out == 1


# --------------------------------------------------------------------------- update


class Machine:
    """A machine on which each step can fail."""

    def __init__(self, folder: Path, fails: str = "", *, migrates: bool = False) -> None:
        self.root = folder / "root"
        self.done: list[str] = []
        self.fails = fails
        self.migrates = migrates
        self.version = 1
        (self.root / "versions" / "old").mkdir(parents=True)
        (self.root / "current").symlink_to(self.root / "versions" / "old")

    @property
    def serves(self) -> str:
        return (self.root / "current").resolve().name

    def step(self, name: str) -> None:
        self.done.append(f"{name} {self.serves}")
        if self.fails == name:
            raise Failed(f"{name} failed")

    def install(self, target: Path) -> None:
        assert not target.exists()
        target.mkdir()
        self.step("install")

    def restart(self) -> None:
        if self.serves == "new" and self.migrates:
            self.version = 2
        if self.serves == "new":
            self.step("restart")

    def ready(self) -> bool:
        return not (self.fails == "ready" and self.serves == "new")

    def bring_back(self) -> None:
        assert self.serves == "old"
        assert self.done[-1].startswith("stop")
        self.version = 1
        self.step("bring back")

    def update(self) -> bool:
        steps = Steps(
            lambda: self.step("back up"), self.install, lambda _target: self.step("rehearse"),
            lambda: self.step("stop"), self.restart, self.ready, lambda: self.version,
            self.bring_back,
        )  # fmt: skip
        return update(self.root, "new", steps, lambda _text: None)


def test_an_update_backs_up_first_and_switches_last(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.update() is True
    assert machine.done == ["back up old", "install old", "rehearse old", "restart new"]
    assert machine.serves == "new"
    with pytest.raises(Mistake, match="already serves"):
        machine.update()


@pytest.mark.parametrize("fails", ["back up", "install", "rehearse"])
def test_what_fails_before_the_switch_touches_nothing(tmp_path: Path, fails: str) -> None:
    machine = Machine(tmp_path, fails)
    with pytest.raises((Mistake, Failed)):
        machine.update()
    assert machine.serves == "old"
    assert not (machine.root / "versions" / "new").exists()
    assert not [step for step in machine.done if step.startswith("restart")]


@pytest.mark.parametrize("fails", ["restart", "ready"])
@pytest.mark.parametrize("migrates", [False, True])
def test_what_does_not_come_up_is_undone(tmp_path: Path, fails: str, migrates: bool) -> None:
    machine = Machine(tmp_path, fails, migrates=migrates)
    assert machine.update() is False
    assert machine.serves == "old"
    assert machine.version == 1
    assert ("bring back old" in machine.done) == migrates


def test_an_interrupted_update_can_be_run_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    (machine.root / "versions" / "new").mkdir()
    (machine.root / "versions" / "new" / "half").write_text("x")
    (machine.root / "current.new").symlink_to("nowhere")
    assert machine.update() is True


def test_only_a_wheel_of_ours_is_installed(tmp_path: Path) -> None:
    for name in ("linli.zip", "other-1.0-py3-none-any.whl", "linli-1.0.whl"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(Mistake, match="no wheel of linli"):
            name_of(tmp_path / name)
    good = tmp_path / "linli-1.2-py3-none-any.whl"
    good.write_bytes(b"x")
    assert name_of(good).startswith("1.2-")


def wheel(folder: Path, body: str, version: str) -> Path:
    """A wheel called linli whose command runs ``body``."""
    path = folder / f"linli-{version}-py3-none-any.whl"
    name = f"linli-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("linli_fake.py", f"import sys\n{body}")
        file.writestr(
            f"{name}/METADATA", f"Metadata-Version: 2.1\nName: linli\nVersion: {version}\n"
        )
        file.writestr(
            f"{name}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{name}/entry_points.txt", "[console_scripts]\nlinli = linli_fake:main\n")
        file.writestr(f"{name}/RECORD", "")
    return path


GOOD = "def main():\n    print(sys.argv[1:])\n"
BAD = "def main():\n    print('no such setting', file=sys.stderr)\n    return 2\n"
CONTROL = """#!/bin/sh
echo "$@" >> {log}
test "$1" = stop && exit 0
case "$(readlink {root}/current)" in *9.9*) {new};; *) {old};; esac
"""


def _stand_in(body: str) -> Any:
    def install(target: Path, _wheel: Path, _pip: list[str]) -> None:
        (target / "bin").mkdir(parents=True)
        program = target / "bin" / "linli"
        program.write_text(f"#!{sys.executable}\nimport sys\n{body}sys.exit(main())\n")
        program.chmod(0o755)

    return install


@pytest.mark.timeout(600)  # a machine with other work makes an environment in minutes
@pytest.mark.parametrize(
    ("body", "comes_up", "expected"), [(GOOD, True, 0), (GOOD, False, 1), (BAD, True, 2)]
)
async def test_a_real_environment_is_made_switched_and_left(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    body: str,
    comes_up: bool,
    expected: int,
) -> None:
    data, root = await site(tmp_path / "data"), tmp_path / "root"
    (root / "versions" / "old").mkdir(parents=True)
    (root / "current").symlink_to(root / "versions" / "old")
    token = data / "operator.json"
    token.write_text('{"url": "http://x", "token": "first"}')
    log, control = tmp_path / "control.log", tmp_path / "control"
    fresh = f'echo \'{{"url": "http://x", "token": "\'$$\'"}}\' > {token}'
    control.write_text(
        CONTROL.format(log=log, root=root, new=fresh if comes_up else "true", old=fresh)
    )
    control.chmod(0o755)
    monkeypatch.setattr(updating.Readiness, "_asked", lambda self: True)
    monkeypatch.setattr(sealed, "_SCRYPT_N", 2**10)
    if expected != 0:  # one real environment is enough; the others only say what they answer
        monkeypatch.setattr(updating, "install", _stand_in(body))
    monkeypatch.setenv("LINLI_PASSPHRASE", "correct horse battery")
    asked = [
        "update", str(wheel(tmp_path, body, "9.9")), "--data", str(data), "--root", str(root),
        "--backup", str(tmp_path / "copy"), "--control", str(control), "--ready-s", "1",
        "--pip=--no-index", "--pip=--no-deps",
    ]  # fmt: skip
    assert main(asked) == expected
    told = capsys.readouterr()
    serves = (root / "current").resolve().name
    assert serves.startswith("9.9-") == (expected == 0)
    assert (tmp_path / "copy").exists()
    assert not list(data.glob(".copying-*"))
    if expected == 2:
        assert "no such setting" in told.err
        assert not log.exists()
    elif expected == 1:
        assert log.read_text().splitlines() == ["restart linli-hub"] * 2


# --------------------------------------------------------------------------- doctor


async def test_the_doctor_speaks_of_back_ups_and_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = await site(tmp_path / "data")

    def told() -> dict[str, Any]:
        return {one.what: one for one in look_at_machine(data)}

    assert not told()["back-up"].fine
    monkeypatch.setenv("LINLI_PASSPHRASE", "correct horse battery")
    assert main(["backup", "--data", str(data), "--out", str(tmp_path / "copy")]) == 0
    assert told()["back-up"].fine
    (data / "last-backup.json").write_text('{"made_at": 1}')
    assert not told()["back-up"].fine
    (data / "operator.json").write_text("{}")
    state = {"device": "gate", "state": "clock_unsigned", "cure": "Look at the broker."}
    off = {"state": "off", "cameras": [], "filing": {"state": "below"}}
    monkeypatch.setattr("hub.doctor.call", lambda *_: {"devices": 2, "states": [state]} | off)
    found = told()["device gate"]
    assert not found.fine
    assert found.told == "clock_unsigned: Look at the broker."
    monkeypatch.setattr("hub.doctor.call", lambda *_: {"devices": 2, "states": []} | off)
    assert told()["devices"].fine


async def test_going_back_over_a_migration_asks_the_doors(tmp_path: Path) -> None:
    data = await site(tmp_path / "data")
    held = _Site(data, tmp_path / "copy", Passphrase("correct horse battery"))
    held.back_up()
    async with hub_bench(data) as bench:
        await bench.hub.writer.submit(note, "after")
    engines = open_engines(f"sqlite:///{data / 'hub.db'}")
    with engines.write.begin() as connection:
        connection.execute(sql_update(t.site).values(schema_version=2))
    engines.close()
    assert held.schema() == 2
    await asyncio.to_thread(held.bring_back)
    assert held.schema() == 1
    engines = open_engines(f"sqlite:///{data / 'hub.db'}")
    with engines.read.connect() as connection:
        assert {row.state for row in connection.execute(select(t.recalls))} == {"waiting"}
        assert connection.execute(select(t.site.c.epoch)).scalar_one() > 1_700_000_000
    engines.close()
