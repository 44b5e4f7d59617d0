"""What shows itself only where parts meet: two owners of one thing, two ways to one secret."""

from pathlib import Path

from hub.acts import alerts
from tests.unit.alert_town import alert_town


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
