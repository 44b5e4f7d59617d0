"""The made-up village is what it says: a pass names the doors that have a scanner, and no other."""

from simulators.roster import DOORS, PANELS, make_roster


def test_only_doors_with_a_scanner_take_passes() -> None:
    rows = {row["id"]: row for row in make_roster().doors}
    assert set(rows) == {door.id for door in DOORS}
    assert {name for name, row in rows.items() if row["passes"]} == set(PANELS)
    assert {bell["door_id"] for bell in make_roster().bells} <= set(PANELS)
