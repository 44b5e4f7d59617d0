"""Latency made visible: per door and stage, true to what was measured, in a format others read."""

from math import ceil, isclose
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from devices.messages import Outcome
from hub.core.latency import BUCKETS_S, OPENINGS_KEPT, STAGES_MAX, DoorTimes, Stage
from hub.metrics import Family, written
from tests.unit.hub_bench import HubBench, hub_bench
from tests.unit.test_ingest import Ear

TIMES = st.lists(st.floats(0, 20_000), min_size=1, max_size=700)


@given(TIMES)
def test_percentiles_are_times_that_were(times: list[float]) -> None:
    stage = Stage()
    for ms in times:
        stage.add(ms)
    kept = sorted(times[-OPENINGS_KEPT:])
    p50, p95, p99 = stage.quantiles_ms()
    assert p50 <= p95 <= p99
    for value, share in ((p50, 0.5), (p95, 0.95), (p99, 0.99)):
        assert value in kept
        assert sum(1 for one in kept if one <= value) >= ceil(share * len(kept))
    stage.add(0.0)
    assert stage.quantiles_ms()[0] in [*kept, 0.0]  # never a stale answer


@given(TIMES)
def test_buckets_count_every_opening_once(times: list[float]) -> None:
    stage = Stage()
    for ms in times:
        stage.add(ms)
    assert sum(stage.buckets) == stage.count == len(times)
    for index, edge in enumerate(BUCKETS_S):
        assert sum(stage.buckets[: index + 1]) == sum(1 for ms in times if ms / 1e3 <= edge)


def test_a_device_cannot_invent_stages_without_end() -> None:
    times = DoorTimes()
    times.note({f"s{n}": 1.0 for n in range(100)})
    assert len(times.stages) <= STAGES_MAX


def families(text: str) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(text)}


@given(st.text(max_size=20), st.floats(allow_nan=False))
def test_any_label_is_read_back(label: str, value: float) -> None:
    text = written([Family("linli_x", "gauge", "Help.").add(value, what=label)])
    if "\r" in label or "\x85" in label or "\u2028" in label or "\u2029" in label:
        return  # the reader splits lines where the format does not
    (sample,) = families(text)["linli_x"].samples
    assert sample.value == value
    assert sample.labels == {"what": label}


async def told(bench: HubBench) -> tuple[str, dict[str, Any]]:
    answer = await bench.http.get("/metrics")
    assert answer.status_code in (200, 401)
    from hub.metrics import expose  # noqa: PLC0415

    text = expose(bench.hub)
    return text, families(text)


async def test_a_foreign_reader_understands_our_numbers(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        await ear.hear(
            ear.event(1, ms={"read": 40.0, "strike": 10.0}), ear.event(2, ms={"read": 60.0})
        )
        await ear.hear(ear.event(1, ms={"read": 40.0, "strike": 10.0}))  # a repeat
        await ear.hear(ear.event(3, ms={"read": 9.0}, late=True))
        await ear.hear(ear.event(4, ms={"read": 9.0}, outcome=Outcome.REFUSED))
        text, found = await told(bench)
        assert {family.type for family in found.values()} <= {
            "gauge", "counter", "summary", "histogram",
        }  # fmt: skip
        assert all(family.documentation for family in found.values())
        samples = {
            (s.name, s.labels.get("stage"), s.labels.get("quantile"), s.labels.get("le")): s.value
            for s in [
                *found["linli_opening_stage_seconds"].samples,
                *found["linli_opening_seconds"].samples,
            ]
            if s.labels["door"] == "d-1"
        }  # fmt: skip
        name = "linli_opening_stage_seconds"
        assert samples[name, "read", "0.5", None] == 0.04
        assert samples[name, "read", "0.99", None] == 0.06
        assert samples[name + "_count", "read", None, None] == 2
        assert isclose(samples[name + "_sum", "total", None, None], 0.11)
        assert samples["linli_opening_seconds_bucket", None, None, "0.05"] == 1
        assert samples["linli_opening_seconds_bucket", None, None, "+Inf"] == 2
        assert samples["linli_opening_seconds_count", None, None, None] == 2
        assert text.count("# TYPE linli_opening_seconds histogram") == 1


async def test_a_restart_remembers_the_newest_openings(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        await ear.hear(*(ear.event(n, ms={"read": float(n)}) for n in range(1, 8)))
    async with hub_bench(tmp_path) as bench:
        shown = bench.hub.memory.doors["d-1"].times.shown()
        assert shown is not None
        assert shown["count"] == 7
        assert shown["p50_ms"] == 4.0
        assert bench.hub.memory.doors["d-2"].times.shown() is None
        last = bench.hub.memory.doors["d-1"].last
        assert last is not None
        assert last["n"] == max(row.n for row in Ear(bench).rows())


async def test_the_console_shows_each_doors_stages(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        ear = Ear(bench)
        await ear.hear(ear.event(1, ms={"read": 40.0, "strike": 10.0}))
        doors = (await bench.http.get("/api/v1/console")).json()["doors"]
        one, two = (next(d for d in doors if d["id"] == name) for name in ("d-1", "d-2"))
        assert one["latency"]["p99_ms"] == 50.0
        assert set(one["latency"]["stages"]) == {"read", "strike"}
        assert two["latency"] is None


@pytest.mark.parametrize("bad", ["a\\b", 'say "x"', "line\nline"])
def test_labels_are_escaped(bad: str) -> None:
    (sample,) = families(written([Family("x", "gauge", "h").add(1, a=bad)]))["x"].samples
    assert sample.labels["a"] == bad
