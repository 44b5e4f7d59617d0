"""`linli bench import` on a site of one flight of stairs: what it reports, whatever it took."""

from typing import Any

import pytest

from simulators.bench import imports
from simulators.bench.imports import METHOD, TARGETS, run
from simulators.bench.start import Plan
from tests.integration.brokers import need

STAIRS = Plan(people=501, doors=8, gates=4, rounds=0)  # one wrong row


def test_it_reports_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    need("mosquitto")
    monkeypatch.setattr(imports, "TENTH", STAIRS)
    told = run(quick=True)
    assert [one["name"] for one in told["results"]] == [target.name for target in TARGETS]
    detail: dict[str, Any] = told["detail"]
    scale = {name: detail["scale"][name] for name in ("people", "wrong_rows", "changes", "doors")}
    # 167 flats; people and their tenancies; cards of two in a flat; doors with a rule each
    assert scale == {
        "people": 501,
        "wrong_rows": 1,
        "changes": 167 + 2 * 501 + 334 + 16,
        "doors": 8,
    }
    assert told["results"][0]["value"] == pytest.approx(detail["preview_s"] + detail["apply_s"])
    for name in ("preview", "apply", "policies", "undo"):
        assert detail[name]["ready_wait_ms"]["n"] > 0
        assert detail[name]["peak_rss_mb"] > 0
    assert all(detail[name]["cpu_s"]["hub"] > 0 for name in ("preview", "apply", "undo"))
    assert detail["preview"]["cpu_s"]["its_children"] > 0  # somebody else unpacks the workbook
    assert all(detail["progress"][name]["notes"] > 0 for name in ("apply", "undo"))
    assert set(METHOD) <= {
        *detail,
        *detail["apply"],
        *detail["progress"]["apply"],
        "import_s",
        "site",
    }
