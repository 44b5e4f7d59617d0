"""What the benchmarks count with: verdicts, ratios, a client that reads answers in any pieces."""

import asyncio
import os
from importlib.metadata import entry_points
from inspect import signature

import pytest

from simulators.bench import (
    decide,
    events,
    faces,
    forged,
    imports,
    openings,
    reconnect,
    revoke,
    start,
    taps,
    wires,
)
from simulators.bench.figures import Against, Target, percentile, spread
from simulators.bench.limit import Limit
from simulators.bench.line import HttpLine, LineBroken
from simulators.bench.machine import CpuMeter, children, command_of, rss_mb


def test_a_result_says_what_it_should_be_and_whether_it_is() -> None:
    target = Target("p50_ratio", "x", 2.0)
    assert target.result(1.7004) == {
        "name": "p50_ratio", "value": 1.7, "unit": "x", "target": 2.0, "op": "<=", "ok": True
    }  # fmt: skip
    assert target.result(2.0)["ok"] is True
    assert target.result(2.0004)["ok"] is False  # as measured, not as shown
    assert Target("rate", "per s", 100.0, ">=").result(99.0)["ok"] is False


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]
    assert percentile([7.0], 0.99) == 7.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)
    assert spread(values) == {"n": 100, "p50": 50.5, "p95": 95.0, "p99": 99.0, "max": 100.0}


def test_ours_is_held_against_the_parts_and_against_the_whole() -> None:
    """p50 against the sum of medians, p99 against whole iterations: their peaks need not meet."""
    limit = {"post": [1.0, 1.0, 9.0], "row": [1.0, 1.0, 1.0], "write": [9.0, 1.0, 1.0]}
    one = Against([6.0, 6.0, 33.0], limit)
    assert one.chain_ms == [11.0, 3.0, 11.0]
    assert one.p50_ratio == 2.0
    assert one.p99_ratio == 3.0
    assert one.told()["limit_parts_p50_ms"] == {"post": 1.0, "row": 1.0, "write": 1.0}


def test_every_benchmark_has_targets_and_takes_quick() -> None:
    found = {entry.name: entry.load() for entry in entry_points(group="linli.benchmarks")}
    benches = (decide, openings, taps, start, revoke, events, faces, forged, reconnect, wires)
    named_runs = {bench.__name__.rpartition(".")[2]: bench.run for bench in benches}
    assert found == named_runs | {"import": imports.run}  # a word that no module can have
    for run in found.values():
        assert list(signature(run).parameters) == ["quick"]
    named = {target.name for bench in (decide, openings, taps, start) for target in bench.TARGETS}
    assert {"p50_ratio", "p99_ratio", "p50_ms", "own_ms", "ready_s", "rss_mb"} <= named
    assert Limit.PARTS == ("post", "echo", "row", "write")


def test_the_estate_has_its_people_and_every_door_its_controller() -> None:
    homes, doors = list(start.households(start.FULL)), list(start.doors(start.FULL))
    assert len(homes) * 3 == start.FULL.people
    assert len({home["house"] for home in homes}) == len(homes)
    assert len({(door["device_id"], door["number"]) for door in doors}) == start.FULL.doors == 300
    buildings = {door["building"] for door in doors} - {""}
    assert {home["building"] for home in homes} == buildings
    assert sum(door["kind"] == "perimeter" for door in doors) == start.FULL.gates


# --------------------------------------------------------------------------- the client


async def served(reply: bytes, piece_bytes: int) -> HttpLine:
    """A line to somebody who answers every request with these bytes, in pieces."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with_body = b"\r\n\r\n" in await reader.read(4_096)
        assert with_body
        for at in range(0, len(reply), piece_bytes):
            writer.write(reply[at : at + piece_bytes])
            await asyncio.sleep(0)
        if not reply:
            writer.close()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    line = await HttpLine.open("127.0.0.1", server.sockets[0].getsockname()[1])
    server.close()
    return line


@pytest.mark.parametrize("piece_bytes", [1, 7, 4_096])
async def test_an_answer_is_read_in_any_pieces(piece_bytes: int) -> None:
    head = b"HTTP/1.1 403 Forbidden\r\nLinli-Nonce: abc\r\ncontent-length: 4\r\n\r\n"
    line = await served(head + b"no\r\n", piece_bytes)
    answer = await line.request("POST", "/x", "A: b\r\n", b"body")
    assert (answer.status, answer.body) == (403, b"no\r\n")
    assert answer.headers["linli-nonce"] == "abc"
    line.close()


async def test_a_broken_line_is_told_and_does_not_wait() -> None:
    line = await served(b"", 1)
    with pytest.raises(LineBroken):
        await line.request("GET", "/x", "", b"")
    with pytest.raises(LineBroken):
        await line.request("GET", "/x", "", b"")


# --------------------------------------------------------------------------- the machine


async def test_what_a_process_spends_is_its_own() -> None:
    child = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        meter = CpuMeter({"us": os.getpid(), "sleeper": child.pid})
        sum(n * n for n in range(200_000))
        spent_s = meter.spent_s()
        assert spent_s["us"] > spent_s["sleeper"]
        assert child.pid in children(os.getpid())
        assert command_of(child.pid) == "sleep"
        assert rss_mb(os.getpid()) > rss_mb(child.pid) > 0
    finally:
        child.kill()
        await child.wait()
