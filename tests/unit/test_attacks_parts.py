"""What shows itself only where parts meet: two owners of one thing, two ways to one secret."""

from pathlib import Path

from hub.acts import alerts
from hub.store import tables as t
from tests.unit.alert_town import alert_town
from tests.unit.ha_house import house
from tests.unit.hub_bench import CLIENT


async def test_nobody_feels_his_way_to_a_closed_duress_alert(tmp_path: Path) -> None:
    """Ids are short numbers; a page that begins after one must not say whether it is there."""
    async with alert_town(tmp_path) as town:
        await town.bench.administrator()
        hidden = await town.alarm("duress")
        ended = alerts.Ended(hidden, "staff:x", "well again", lambda _kind: True)
        await town.hub.writer.submit(alerts.close, ended)
        page = "/api/v1/alerts?state=closed&before="
        told = [await town.bench.http.get(page + name) for name in (hidden, "fffffff")]
        assert [answer.status_code for answer in told] == [404, 404]


async def test_home_assistant_takes_back_no_mode_that_staff_set_after_it(tmp_path: Path) -> None:
    """What it locked down once is not its own for ever: staff locked it down since."""
    async with house(tmp_path) as home:
        secret = await home.bench.administrator()
        await home.wish(op="SetDoorMode", mode="LockedDown")
        home.bench.pass_s(30)
        asked = {"mode": "LockedDown", "reason": "a knife", "otp": home.bench.otp(secret)}
        url = "/api/v1/doors/d-1/mode"
        assert (await home.bench.http.put(url, json=asked, headers=CLIENT)).is_success
        await home.wish(op="SetDoorMode", mode="Locked")
        assert [row.mode for row in home.rows(t.doors) if row.id == "d-1"] == ["LockedDown"]
        assert home.bridge.counters["mode_refused"] == 1
