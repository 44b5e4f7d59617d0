"""A device proves that this disk is older than its site: nobody restored it, and rights came back.

A machine's snapshot that is put back by hand makes the hub forget whom it ended since. Doors know:
they hold a policy that the hub never gave, or were acknowledged events that it never had. The hub
then does what ``restore`` does: it asks every door, and lets nobody in by its own list until it is
told. It begins anew for that, since what it holds in memory is as old as its disk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select

from devices.messages import NO_REVISION, Revision
from hub.acts.alerts import Alarm, alarm
from hub.acts.policies import Receipt, note_haves
from hub.acts.restoring import ASKED_IN_KEY, MARKED_KEY, WAITING, Restored, mark_restored
from hub.core.effects import WorkWaiting
from hub.store import tables as t
from hub.store.writer import Done, Tx

OLDER: Final = "older"  # the work that waits: this life ends, the next one asks
# A device in other hands may claim it as often as it likes; it costs the site one moment a day, and
# all of them together no more than a few. But what a liar said must not silence the others.
AGAIN_S: Final = 86_400.0
CLAIMS_MOST: Final = 3
CLAIMS_KEY: Final = "older-claims"  # the devices that were believed within a day, and when
ANY_EPOCH: Final = 0  # nobody knows when the copy was made: each list that we ever sealed counts


def hear_receipts(tx: Tx, receipts: Sequence[Receipt], now: datetime) -> Done[list[str]]:
    """Keep receipts (``note_haves``), and doubt this disk where one is of a policy never given.

    The value names who has less than it should, and whom we may send it.
    """
    ahead = _ahead(tx, {one.device: one.have.revision for one in receipts})
    done = note_haves(tx, receipts, now)
    doubts = [effect for device in sorted(ahead) for effect in doubt(tx, device, now)]
    behind = [device for device in done.value if device not in ahead]
    return Done(behind, (*done.effects, *doubts))


def _ahead(tx: Tx, have: Mapping[str, Revision]) -> set[str]:
    """Who holds a policy that no life of this disk gave.

    One of an epoch that we never took, or one that is not below ours: the numbers of a device's
    policies grow across epochs. What was held when the devices were last asked is no news: by
    the epoch that asked, since a clock that was set right may stand below the epochs before it.
    """
    p, life = t.policies.c, t.lives.c.epoch
    rows = tx.execute(select(p.device_id, p.epoch, p.number).where(p.device_id.in_(have))).all()
    epochs = {have[row.device_id].epoch for row in rows}
    ours = set(tx.execute(select(life).where(life.in_(epochs))).scalars())
    asked_in = int(_setting(tx, ASKED_IN_KEY) or 0)
    found = set()
    for row in rows:
        held, want = have[row.device_id], Revision(row.epoch, row.number)
        if held in (NO_REVISION, want) or held.epoch <= asked_in:
            continue
        if held.epoch not in ours or held > want or held.number >= want.number:
            found.add(row.device_id)
    return found


def forgot(tx: Tx, device: str, acked: object, now: datetime) -> tuple[object, ...]:
    """A device was acknowledged, at the second ``acked``, for more than we have (``doubt``).

    Where that was before the devices were last asked it is no news: a door that comes back days
    after a restore, one that staff released, or one that another hub of the site had before us.
    """
    asked_s = _asked_s(tx)
    if isinstance(acked, int) and asked_s is not None and acked < asked_s:
        return ()
    return doubt(tx, device, now)


def doubt(tx: Tx, device: str, now: datetime) -> tuple[object, ...]:
    """Raise the alarm and ask every device, unless this one is being asked or was just believed."""
    asked = select(t.recalls.c.state).where(t.recalls.c.device_id == device)
    if tx.execute(asked).scalar() == WAITING:
        return ()
    effects = alarm(tx, Alarm("hub_older", f"device:{device}", tx.now_s), now).effects
    claims = json.loads(_setting(tx, CLAIMS_KEY) or "{}")
    claims = {name: at for name, at in claims.items() if 0 <= tx.now_s - at < AGAIN_S}
    if device in claims or len(claims) >= CLAIMS_MOST:
        return effects
    tx.execute(delete(t.settings).where(t.settings.c.key == CLAIMS_KEY))
    said = json.dumps({**claims, device: tx.now_s})
    tx.execute(insert(t.settings).values(key=CLAIMS_KEY, value=said))
    tx.journal("disk_older", {"device": device})
    what = Restored(f"p-{int(tx.now_s * 1e3):x}", tx.now_s, ANY_EPOCH)
    return (*effects, *mark_restored(tx, what, now).effects, WorkWaiting(OLDER))


def _asked_s(tx: Tx) -> float | None:
    """When the devices were last asked; None for never, or by a clock that stood in the future."""
    marked = _setting(tx, MARKED_KEY)
    return float(marked) if marked is not None and float(marked) <= tx.now_s else None


def _setting(tx: Tx, name: str) -> str | None:
    found = tx.execute(select(t.settings.c.value).where(t.settings.c.key == name)).scalar()
    return str(found) if found is not None else None
