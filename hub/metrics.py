"""``/metrics`` in the Prometheus text format: every number with its help, type and unit.

Written by hand: the client library takes a fifth of a second to import, which would stand before
somebody's door; its own parser reads our text in the tests.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from devices.messages import NO_REVISION
from hub.acts.alerts import count_open
from hub.core.alert_kinds import WITHHELD
from hub.core.latency import BUCKETS_S, QUANTILES, TOTAL, Stage
from hub.parts import Hub
from hub.store import tables as t

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[str, tuple[tuple[str, str], ...], float]


@dataclass(slots=True)
class Family:
    """One metric with all its samples; a sample's name may carry a suffix."""

    name: str
    kind: str
    help: str
    samples: list[Sample] = field(default_factory=list)

    def add(self, value: float, suffix: str = "", **labels: str) -> Family:
        """One more sample."""
        self.samples.append((self.name + suffix, tuple(labels.items()), value))
        return self


def written(families: Iterable[Family]) -> str:
    """The exposition text."""
    lines: list[str] = []
    for family in families:
        if family.samples:
            lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
            lines += [_line(*sample) for sample in family.samples]
    return "\n".join(lines) + "\n"


def _line(name: str, labels: tuple[tuple[str, str], ...], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    number = repr(value) if isinstance(value, float) else str(value)
    return f"{name}{{{inside}}} {number}" if inside else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def behind(hub: Hub) -> int:
    """Doors whose controller does not have the wanted policy in force."""
    doors = [device for device in hub.memory.devices.values() if device.kind == "door"]
    return sum(1 for door in doors if door.want == NO_REVISION or door.have < door.want)


def expose(hub: Hub) -> str:
    """All numbers of a running hub."""
    return written([*_machine(hub), *_store(hub), *_incidents(hub), *_devices(hub), *_times(hub)])


def _machine(hub: Hub) -> Iterator[Family]:
    yield Family("linli_writer_waiting", "gauge", "Acts that wait for the writer.").add(
        hub.writer.waiting
    )
    yield Family("linli_writer_batches_total", "counter", "Batches committed.").add(
        hub.writer.batches
    )
    yield Family("linli_broker_connected", "gauge", "Whether the hub is on its broker.").add(
        int(hub.ingest.online)
    )
    yield Family("linli_site_epoch", "gauge", "The judge's epoch; rises at each start.").add(
        hub.epoch
    )
    yield Family("linli_policies_behind", "gauge", "Controllers without the wanted policy.").add(
        behind(hub)
    )
    yield Family(
        "linli_policies_waiting", "gauge", "Controllers whose policy waits to be compiled whole."
    ).add(hub.policies.waiting)
    yield Family(
        "linli_recalls_waiting", "gauge", "Devices that have not told after a restore."
    ).add(len(hub.recalls.waiting))
    dropped = Family("linli_dropped_total", "counter", "Messages not served, by reason.")
    for what, count in sorted(hub.ingest.counters.items()):
        dropped.add(count, reason=what)
    yield dropped
    yield Family("linli_disk_free_bytes", "gauge", "Room on the disk of the data folder.").add(
        shutil.disk_usage(hub.settings.data).free
    )
    yield _certificate(hub)


def _certificate(hub: Hub) -> Family:
    family = Family("linli_certificate_expiry_seconds", "gauge", "When the certificate ends, UTC.")
    path = hub.settings.http.certificate
    if path is not None:
        from cryptography import x509  # noqa: PLC0415 (only where there is one)

        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
        family.add(ends.astimezone(UTC).timestamp())
    return family


def _store(hub: Hub) -> Iterator[Family]:
    effects = Family("linli_effects_waiting", "gauge", "Durable effects that are not done.")
    poison = Family("linli_quarantine_rows", "gauge", "Requests that failed by our fault.")
    alerts = Family("linli_alerts_open", "gauge", "Open alerts that everybody on duty may see.")
    try:
        with hub.engines.read.connect() as connection:
            waiting = select(func.count()).where(t.effects.c.done_at.is_(None))
            effects.add(int(connection.execute(waiting).scalar_one()))
            kept = select(func.count()).select_from(t.quarantine)
            poison.add(int(connection.execute(kept).scalar_one()))
            alerts.add(count_open(connection))
    except SQLAlchemyError:
        return  # numbers that nobody can read now are left out, not made up
    yield effects
    yield poison
    yield alerts


def _incidents(hub: Hub) -> Iterator[Family]:
    """Without those of which only named responders may know, not even by their number."""
    states = Family("linli_incidents", "gauge", "Incidents that everybody on duty may see.")
    lines = Family("linli_station_failing", "gauge", "Whether a station does not get through.")
    rows = t.incidents.c
    try:
        with hub.engines.read.connect() as connection:
            counted = connection.execute(
                select(rows.state, func.count())
                .where(rows.kind.not_in(WITHHELD))
                .group_by(rows.state)
                .order_by(rows.state)
            ).all()
            stations = connection.execute(select(t.stations).order_by(t.stations.c.id)).all()
    except SQLAlchemyError:
        return
    for state, count in counted:
        states.add(count, state=state)
    for station in stations:
        lines.add(int(station.failures > 0), station=station.id)
    yield states
    yield lines
    told = Family("linli_station_messages_total", "counter", "Messages to stations, by outcome.")
    for (name, outcome), count in sorted(hub.incidents.counts.items()):
        told.add(count, station=name, outcome=outcome)
    yield told


def _devices(hub: Hub) -> Iterator[Family]:
    ready = Family("linli_device_ready", "gauge", "Whether commands can be sent to a device.")
    for device in hub.memory.devices.values():
        ready.add(int(device.ready), device=device.id)
    yield ready


def _times(hub: Hub) -> Iterator[Family]:
    stages = Family(
        "linli_opening_stage_seconds", "summary", "Stages of granted openings, newest 512 a door."
    )
    whole = Family("linli_opening_seconds", "histogram", "Granted openings, card to strike.")
    for door in hub.memory.doors.values():
        for name, stage in door.times.stages.items():
            _summary(stages, stage, door.id, name)
        total = door.times.stages.get(TOTAL)
        if total is not None:
            _histogram(whole, total, door.id)
    yield stages
    yield whole


def _summary(family: Family, stage: Stage, door: str, name: str) -> None:
    for quantile, ms in zip(QUANTILES, stage.quantiles_ms(), strict=True):
        family.add(ms / 1e3, door=door, stage=name, quantile=str(quantile))
    family.add(stage.sum_ms / 1e3, "_sum", door=door, stage=name)
    family.add(stage.count, "_count", door=door, stage=name)


def _histogram(family: Family, stage: Stage, door: str) -> None:
    reached = 0
    for edge, count in zip((*BUCKETS_S, float("inf")), stage.buckets, strict=True):
        reached += count
        text = "+Inf" if edge == float("inf") else str(edge)
        family.add(reached, "_bucket", door=door, le=text)
    family.add(stage.sum_ms / 1e3, "_sum", door=door)
    family.add(stage.count, "_count", door=door)
