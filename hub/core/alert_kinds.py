"""What can be an alert: severity, words, what to do, what ends it, and who may know of it.

``from_event`` maps what doors say to kinds; conditions that the hub watches use the same table.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.reasons import Words
from hub.core.alerts import Severity

_MINOR, _MODERATE = Severity.MINOR, Severity.MODERATE
_SEVERE, _EXTREME = Severity.SEVERE, Severity.EXTREME


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of alert. ``restricted``: only named responders; ``fades_s``: it ends unrepeated."""

    severity: Severity
    words: Words
    cure: Words
    restricted: bool = False
    fades_s: float | None = None


# A kind's name is stable for ever: alerts of years ago carry it.
KINDS: dict[str, Kind] = {
    "duress": Kind(
        _EXTREME,
        Words("有人被胁迫开门", "有人被脅迫開門", "Opened under duress"),
        Words(
            "马上报警。不要当面问住户，也不要打他的电话。",
            "馬上報警。不要當面問住戶，也不要打他的電話。",
            "Call the police at once. Do not ask the resident, and do not ring their phone.",
        ),
        restricted=True,
    ),
    "fire": Kind(
        _EXTREME,
        Words("消防报警", "消防警報", "Fire alarm"),
        Words(
            "先去确认，有火就打 119 并疏散，不坐电梯。复位要在现场用手。",
            "先去確認，有火就打消防電話並疏散，不搭電梯。復位要在現場用手。",
            "Go and see; with fire, call the fire brigade and clear the building, not by lift. "
            "The reset is by hand, on site.",
        ),
    ),
    "forced": Kind(
        _SEVERE,
        Words("门被强行打开", "門被強行打開", "Door forced open"),
        Words(
            "去看门和锁，确认没有外人进来。",
            "去看門和鎖，確認沒有外人進來。",
            "Look at the door and its lock, and make sure that no stranger came in.",
        ),
    ),
    "tamper": Kind(
        _SEVERE,
        Words("设备外壳被打开", "設備外殼被打開", "A housing was opened"),
        Words(
            "去看设备有没有被拆动。",
            "去看設備有沒有被拆動。",
            "See whether somebody worked on the device.",
        ),
    ),
    "credential_forged": Kind(
        _SEVERE,
        Words("有一张卡证明不了自己", "有一張卡證明不了自己", "A card could not prove itself"),
        Words(
            "可能是复制的卡。看是谁在刷；真卡请换新。",
            "可能是複製的卡。看是誰在刷；真卡請換新。",
            "Perhaps a copy. See who holds it; replace a genuine card.",
        ),
    ),
    "event_conflict": Kind(
        _SEVERE,
        Words(
            "同一条记录来了两种内容", "同一筆記錄來了兩種內容", "One record came with two contents"
        ),
        Words(
            "设备的记录可能被改过，请技术人员核对。",
            "設備的記錄可能被改過，請技術人員核對。",
            "The device's log may have been altered; have a technician compare.",
        ),
    ),
    "hub_older": Kind(
        _SEVERE,
        Words(
            "主机的记录比门里的旧", "主機的記錄比門裡的舊", "The hub's disk is older than its doors"
        ),
        Words(
            "像是放回了旧磁盘：正在问每扇门，谁已停用。请看哪些门还没回答；停过的卡和手机再查一遍。"
            "没人动过磁盘，就去看这台设备。",
            "像是放回了舊磁碟：正在問每扇門，誰已停用。請看哪些門還沒回答；停過的卡和手機再查一遍。"
            "沒人動過磁碟，就去看這台設備。",
            "A snapshot was put back, it seems: every door is being asked whom it keeps out. See "
            "which have not told, and check cards and phones that were blocked. If nobody touched "
            "the disk, look at this device.",
        ),
    ),
    "device_floods": Kind(
        _SEVERE,
        Words("设备说得太多", "設備說得太多", "A device says far too much"),
        Words(
            "可能坏了，也可能在别人手里。去看设备；不对就停用它。别的门不受影响。",
            "可能壞了，也可能在別人手裡。去看設備；不對就停用它。別的門不受影響。",
            "Broken, or in other hands. Look at it, and take it out of use if it is not yours. "
            "Other doors are not affected.",
        ),
        fades_s=3_600.0,
    ),
    "device_silent": Kind(
        _SEVERE,
        Words("设备没有声音了", "設備沒有聲音了", "Device silent"),
        Words(
            "查电源和网线。门自己照常刷卡，但远程开门和停卡到不了这里。",
            "查電源和網路線。門自己照常刷卡，但遠端開門和停卡到不了這裡。",
            "Check power and network. Cards go on working there; remote opening and lost cards "
            "do not reach it.",
        ),
    ),
    "broker_away": Kind(
        _SEVERE,
        Words("和各扇门的连接断了", "和各扇門的連線斷了", "The line to the doors is cut"),
        Words(
            "门自己照常工作。查消息服务和网络。",
            "門自己照常運作。查訊息服務和網路。",
            "The doors go on working by themselves. Look at the broker and the network.",
        ),
    ),
    "disk_full": Kind(
        _SEVERE,
        Words("服务器磁盘快满了", "伺服器磁碟快滿了", "The server's disk is nearly full"),
        Words("清理磁盘。", "清理磁碟。", "Make room on the disk."),
    ),
    "held": Kind(
        _MODERATE,
        Words("门一直开着", "門一直開著", "Door held open"),
        Words(
            "把门关好；有东西顶着就拿开。",
            "把門關好；有東西頂著就拿開。",
            "Close the door; take away what props it.",
        ),
    ),
    "reader_silent": Kind(
        _MODERATE,
        Words("读卡器没有反应", "讀卡機沒有反應", "Reader silent"),
        Words(
            "查读卡器的线和电源；住户先用手机开门。",
            "查讀卡機的線和電源；住戶先用手機開門。",
            "Check the reader's wire and power; residents can use their phones meanwhile.",
        ),
    ),
    "outcome_unknown": Kind(
        _MODERATE,
        Words("不知道门开了没有", "不知道門開了沒有", "Nobody knows whether the door opened"),
        Words(
            "去看一眼。控制器连上以后会补报。",
            "去看一眼。控制器連上以後會補報。",
            "Have a look. The controller will tell when it is back.",
        ),
    ),
    "policy_behind": Kind(
        _MODERATE,
        Words("门禁名单不是最新的", "門禁名單不是最新的", "Access list out of date"),
        Words(
            "停用的卡在这里可能还能开。查网络，再看控制器的磁盘。",
            "停用的卡在這裡可能還能開。查網路，再看控制器的磁碟。",
            "Blocked cards may still open here. Check the network, then the controller's disk.",
        ),
    ),
    "quarantine": Kind(
        _MODERATE,
        Words("有记录没能处理", "有記錄沒能處理", "A record could not be processed"),
        Words(
            "原样收着，没有丢。请技术人员查看。",
            "原樣收著，沒有丟。請技術人員查看。",
            "It is kept as it came. Have a technician look at it.",
        ),
    ),
    "certificate_expiry": Kind(
        _MODERATE,
        Words("证书快到期了", "憑證快到期了", "A certificate ends soon"),
        Words(
            "到期以后手机打不开页面。换新证书（linli certs）。",
            "到期以後手機打不開頁面。換新憑證（linli certs）。",
            "Phones refuse the page after that day. Renew it (linli certs).",
        ),
    ),
    "outlet_failing": Kind(
        _MODERATE,
        Words("通知发不出去", "通知發不出去", "Messages do not get through"),
        Words(
            "查这个渠道的地址、密钥和网络；现在用别的渠道。",
            "查這個管道的位址、金鑰和網路；現在用別的管道。",
            "Check the outlet's address, secret and network; the others are used meanwhile.",
        ),
    ),
    "station_failing": Kind(
        _SEVERE,
        Words("报警送不到接警台", "報警送不到接警臺", "Incidents do not reach the station"),
        Words(
            "看“事件”页，急的先打 110。",
            "看「事件」頁，急的先打報警電話。",
            "See the page of incidents; telephone the police about what is urgent.",
        ),
    ),
    "incident_waiting": Kind(
        _SEVERE,
        Words(
            "有一件事等人核对", "有一件事等人核對", "An incident waits for somebody to review it"
        ),
        Words(
            "打开“事件”页，看过图片再定。",
            "打開「事件」頁，看過圖片再決定。",
            "Open the page of incidents, look at the pictures, then decide.",
        ),
    ),
    "clock_unsigned": Kind(
        _MINOR,
        Words("设备的时间没有核对过", "設備的時間沒有核對過", "Clock not confirmed"),
        Words(
            "按时段开门的规则可能不准。查它和服务器的连接。",
            "按時段開門的規則可能不準。查它和伺服器的連線。",
            "Rules with hours may be wrong there. Check its line to the hub.",
        ),
    ),
    "pins_guessed": Kind(
        _MINOR,
        Words("有人在门口反复试密码", "有人在門口反覆試密碼", "PINs are being tried at a door"),
        Words(
            "看是谁在按键。住户刷卡、用手机照常进门。",
            "看是誰在按鍵。住戶刷卡、用手機照常進門。",
            "See who stands at the keypad. Cards and phones open as always.",
        ),
        fades_s=3_600.0,
    ),
    "face_tried": Kind(
        _MINOR,
        Words("有人在门口反复刷脸", "有人在門口反覆刷臉", "Faces are refused again and again"),
        Words(
            "去看是谁。住户刷卡、输密码照常进门。",
            "去看是誰。住戶刷卡、輸密碼照常進門。",
            "See who stands there. Cards and PINs open as always.",
        ),
        fades_s=3_600.0,
    ),
    "tailgate": Kind(
        _MINOR,
        Words("进门的人比开门的多", "進門的人比開門的多", "More people than were let in"),
        Words(
            "可能有人跟着进来了。也可能是一家人；去问一声。",
            "可能有人跟著進來了。也可能是一家人；去問一聲。",
            "Perhaps somebody followed; perhaps a family. Go and ask.",
        ),
        fades_s=3_600.0,
    ),
    "not_entered": Kind(
        _MINOR,
        Words("开了门，没有人进", "開了門，沒有人進", "Opened, but nobody entered"),
        Words(
            "一次没有关系；常有就查门磁。",
            "一次沒有關係；常有就查門磁。",
            "Once is nothing; often means the door contact.",
        ),
        fades_s=3_600.0,
    ),
}

# Kinds of events that pages, streams and counts never show: to everybody but named responders a
# duress opening is an ordinary one.
WITHHELD = frozenset(name for name, kind in KINDS.items() if kind.restricted)

_RAISES = {
    name: name
    for name in ("forced", "held", "not_entered", "tamper", "reader_silent", "duress", "fire")
}
_CLEARS = {"held_over": "held", "reader_back": "reader_silent", "fire_reset": "fire"}
_REASONS = {"credential_forged": "credential_forged", "sun_forged": "credential_forged"}
_REASONS |= {"pin_locked": "pins_guessed", "codes_locked": "pins_guessed"}


@dataclass(frozen=True, slots=True)
class Sign:
    """What an event means to the engine: a trouble of this kind, or its end."""

    kind: str
    over: bool = False


def from_event(kind: str, reason: str | None) -> Sign | None:
    """The sign in an event, if any; nearly all events carry none."""
    if kind in _RAISES:
        return Sign(kind)
    if kind in _CLEARS:
        return Sign(_CLEARS[kind], over=True)
    found = _REASONS.get(reason or "")
    return Sign(found) if found is not None else None
