"""systemd units for hub, controllers and kiosks: each can do its work and little else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from devices.mistake import Mistake

UNITS = ("hub", "door", "point", "kiosk", "meter", "desk")
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}")

# What no part of the product ever needs. MemoryDenyWriteExecute is left out: some builds of
# libffi, below the cryptography library, still want memory that is both.
_HARDENED = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077
"""
_SERIAL = """\
SupplementaryGroups=dialout
DevicePolicy=closed
DeviceAllow=char-ttyUSB rw
DeviceAllow=char-ttyACM rw
DeviceAllow=char-ttyS rw
"""
_PRINTER = "SupplementaryGroups=lp\nDeviceAllow=char-lp rw\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the program and the data stand, and who runs it."""

    root: Path
    data: Path
    user: str

    def __post_init__(self) -> None:
        for path in (self.root, self.data):
            # systemd reads % and blanks in a unit its own way; nobody needs them in such a path
            if not path.is_absolute() or not re.fullmatch(r"[\w/.+-]+", str(path)):
                raise Mistake(f"{path}: write a plain absolute path such as /opt/linli")
        if not _NAME.fullmatch(self.user):
            raise Mistake(f"{self.user} is no name of a system user")

    @property
    def program(self) -> Path:
        """The installed command; ``linli update`` moves the link in its path."""
        return self.root / "current" / "bin" / "linli"


def units(
    place: Place, wanted: list[str], *, port: int = 0, backup_key: str = ""
) -> dict[str, str]:
    """The unit files by name; one of a device is a template: ``linli-door@gate-east``."""
    made: dict[str, str] = {}
    for name in wanted:
        if name not in UNITS:
            raise Mistake(f"{name} is no part: choose from {', '.join(UNITS)}")
        if name == "hub":
            made["linli-hub.service"] = _hub(place, port)
        else:
            made[f"linli-{name}@.service"] = _device(place, name)
    if "hub" in wanted and backup_key:
        made["linli-backup.service"] = _backup(place, backup_key)
        made["linli-backup.timer"] = _TIMER
    return made


def _unit(place: Place, what: str, command: str, data: Path, more: str, about: str) -> str:
    return f"""\
[Unit]
Description=Linli {what}
Documentation=https://linli.invalid/docs
After=network-online.target time-sync.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
User={place.user}
Group={place.user}
ExecStart={place.program} {command} --data {data}
Restart=always
RestartSec=2
TimeoutStopSec=15
KillMode=mixed
LimitNOFILE=65536
ReadWritePaths={data}
{more}{_HARDENED}
[Install]
WantedBy={about}
"""


def _hub(place: Place, port: int) -> str:
    if 0 < port < 1_024:
        bind = "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"
        rights = f"{bind}CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"
    else:
        rights = "CapabilityBoundingSet=\n"
    more = f"{rights}PrivateDevices=yes\nOOMScoreAdjust=-500\n"
    return _unit(place, "hub", "hub run", place.data / "hub", more, "multi-user.target")


def _device(place: Place, name: str) -> str:
    what = {
        "door": "door controller %i",
        "point": "card point %i",
        "kiosk": "kiosk %i",
        "meter": "reader of meters %i",
        "desk": "issuing desk %i",
    }[name]
    more = "CapabilityBoundingSet=\n" + _SERIAL + (_PRINTER if name == "kiosk" else "")
    if name == "door":
        more += "OOMScoreAdjust=-900\n"  # the door is the last that may go
    return _unit(place, what, f"{name} run", place.data / "%i", more, "multi-user.target")


def _backup(place: Place, key: str) -> str:
    out = place.data / "backups"
    return f"""\
[Unit]
Description=Linli back-up

[Service]
Type=oneshot
User={place.user}
Group={place.user}
ExecStart={place.program} backup --data {place.data}/hub --to {key} --out {out}/nightly.sealed
ReadWritePaths={place.data}
CapabilityBoundingSet=
PrivateDevices=yes
Nice=10
IOSchedulingClass=idle
{_HARDENED}"""


_TIMER = """\
[Unit]
Description=Linli back-up, every night

[Timer]
OnCalendar=*-*-* 02:40:00
RandomizedDelaySec=10min
Persistent=yes

[Install]
WantedBy=timers.target
"""
