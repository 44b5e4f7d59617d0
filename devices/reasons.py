"""Every reason why something did or did not happen: one registry for door, hub, pages and staff.

A reason code is stable for ever; words may improve. Staff see the code, a resident hears the words.
The TypeScript dictionary of the pages is made from this table (``python -m devices.reasons``).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Who hears the words of a reason."""

    RESIDENT = "resident"
    STAFF = "staff"
    MACHINE = "machine"


class Severity(StrEnum):
    """How a reason is shown: calm, to be noticed, or to be acted on."""

    FINE = "fine"
    NOTICE = "notice"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in the three languages of the product; zh-Hans is the source."""

    zh_hans: str
    zh_hant: str
    en: str

    def as_dict(self) -> dict[str, str]:
        """The words keyed by BCP 47 tag, the form in which they travel."""
        return {"zh-Hans": self.zh_hans, "zh-Hant": self.zh_hant, "en": self.en}


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code with its audience, severity, HTTP status, words, and what staff should do."""

    code: str
    audience: Audience
    severity: Severity
    http_status: int
    words: Words
    cure: str


_CARD = Words(
    "这张卡现在开不了这扇门。请按呼叫键，我们来帮您。",
    "這張卡現在開不了這扇門。請按呼叫鍵，我們來幫您。",
    "This card cannot open this door now. Press call, we will help.",
)
_PHONE = Words(
    "这部手机现在开不了这扇门。请按呼叫键，我们来帮您。",
    "這部手機現在開不了這扇門。請按呼叫鍵，我們來幫您。",
    "This phone cannot open this door now. Press call, we will help.",
)
_USED = Words(
    "这次请求不是新的，门没有动。请再开一次。",
    "這次請求不是新的，門沒有動。請再開一次。",
    "This request is not a new one, so the door did not move. Please try again.",
)
_AGAIN = Words(
    "没有听清，请再试一次。",
    "沒有聽清，請再試一次。",
    "That did not arrive clearly. Please try again.",
)
_UNKNOWN = Words(
    "没有等到门的回答。请看看门有没有开，没开就再试一次。",
    "沒有等到門的回答。請看看門有沒有開，沒開就再試一次。",
    "The door did not answer. Please look whether it is open; if not, try again.",
)
_LATER = Words(
    "系统正忙，请稍等一下再试。",
    "系統正忙，請稍等一下再試。",
    "We are busy. Please wait a moment and try again.",
)
_CODE = Words(
    "这个号码不对或已经过期。请向服务台要一个新的。",
    "這個號碼不對或已經過期。請向服務台要一個新的。",
    "This code is wrong or has expired. Please ask the desk for a new one.",
)
_STAFF = Words("不允许这样做。", "不允許這樣做。", "This is not allowed.")
_SIGN_IN = Words(
    "姓名、密码或动态码不对。", "姓名、密碼或動態碼不對。", "Name, password or code is not right."
)
_FORM = Words("请检查填写的内容。", "請檢查填寫的內容。", "Please check what you have entered.")
_REENROL = Words(
    "这部手机需要重新登记。用一个新的六位数号码，一分钟就好。",
    "這部手機需要重新登記。用一個新的六位數號碼，一分鐘就好。",
    "This phone must be introduced again. A new six-digit code takes a minute.",
)
_CHECKING = Words(
    "正在核对，请不要再付一次。",
    "正在核對，請不要再付一次。",
    "We are checking. Please do not pay again.",
)

_R, _S, _M = Audience.RESIDENT, Audience.STAFF, Audience.MACHINE
_FINE, _NOTE, _ALARM = Severity.FINE, Severity.NOTICE, Severity.ALARM


def _reason(code: str, to: Audience, how: Severity, http: int, words: Words, cure: str) -> Reason:
    return Reason(code, to, how, http, words, cure)


# fmt: off
_TABLE: tuple[Reason, ...] = (
    # --- the decision at a door (devices/access.py)
    _reason("granted", _R, _FINE, 200, Words("门开了，请进", "門開了，請進", "The door is open, please come in"), ""),
    _reason("exit", _R, _FINE, 200, Words("门开了，请慢走", "門開了，請慢走", "The door is open, goodbye"), ""),
    _reason("fire", _R, _ALARM, 403, Words("消防警报，请马上离开。", "消防警報，請馬上離開。", "Fire alarm. Please leave now."), "Locks are released; reset by hand on site."),
    _reason("locked_down", _R, _ALARM, 403, Words("这扇门已经封锁。请找工作人员。", "這扇門已經封鎖。請找工作人員。", "This door is locked down. Please find the staff."), "Release the lockdown."),
    _reason("door_blocked", _R, _NOTE, 403, Words("这扇门暂停使用。请走别的门。", "這扇門暫停使用。請走別的門。", "This door is out of use. Please use another door."), "Unblock the door."),
    _reason("credential_unknown", _R, _NOTE, 403, _CARD, "The card is not known at this door; check its access rules."),
    _reason("credential_blocked", _R, _ALARM, 403, _CARD, "The card was blocked; give out a new one."),
    _reason("credential_forged", _R, _ALARM, 403, _CARD, "The card could not prove its key: a copy, or a card that needs new keys."),
    _reason("assurance_low", _R, _NOTE, 403, _CARD, "This door asks for a stronger credential."),
    _reason("person_unknown", _R, _NOTE, 403, _PHONE, "The person has no access rule for this door."),
    _reason("person_denied", _R, _NOTE, 403, _CARD, "A deny rule names this person."),
    _reason("schedule_closed", _R, _NOTE, 403, Words("现在不在开放时间。请按呼叫键，我们来帮您。", "現在不在開放時間。請按呼叫鍵，我們來幫您。", "This is outside the opening hours. Press call, we will help."), "See the schedule of the rule."),
    _reason("validity_over", _R, _NOTE, 403, _CARD, "The rule is not yet or no longer valid."),
    _reason("remote_refused", _R, _NOTE, 403, Words("这扇门只能在门前刷卡。", "這扇門只能在門前刷卡。", "This door opens only with a card at the door."), "The door does not take remote openings."),
    _reason("door_unknown", _R, _NOTE, 404, Words("找不到这扇门。", "找不到這扇門。", "We cannot find this door."), "Check the door id."),
    _reason("policy_missing", _R, _ALARM, 503, _LATER, "The controller has no policy yet; look at its state."),
    _reason("policy_behind", _R, _NOTE, 503, _AGAIN, "The controller has not yet received the newest policy."),
    # the doors' further rules and alarms, one block
    _reason("unlocked", _R, _FINE, 200, Words("门开着，请进", "門開著，請進", "The door is unlocked, please come in"), "The door is unlocked for everyone by its mode."),
    _reason("policy_stale", _R, _NOTE, 503, Words("门很久没有联网了，暂时不能用临时权限。请按呼叫键，我们来帮您。", "門很久沒有連線了，暫時不能用臨時權限。請按呼叫鍵，我們來幫您。", "This door has been offline too long for temporary access. Press call, we will help."), "Temporary grants and passes stop a week after the last manifest, or after a restart without signed time."),
    _reason("pin_needed", _R, _NOTE, 403, Words("请再输入密码。", "請再輸入密碼。", "Please enter your PIN as well."), "The door asks for a PIN after the card."),
    _reason("pin_wrong", _R, _NOTE, 403, Words("密码不对，请再试一次。", "密碼不對，請再試一次。", "The PIN is not right. Please try again."), "Wrong PIN; set a new one if it was forgotten."),
    _reason("pin_locked", _R, _NOTE, 429, Words("密码错了太多次，请过一会儿再试，或者刷卡。", "密碼錯了太多次，請過一會兒再試，或者刷卡。", "Too many wrong PINs. Please wait a little, or use your card."), "The keypad waits; cards are not slowed."),
    _reason("second_awaited", _R, _NOTE, 403, Words("请第二位也刷一下，十五秒之内。", "請第二位也刷一下，十五秒之內。", "A second person, please, within fifteen seconds."), "The door opens for two people together."),
    _reason("passback", _R, _NOTE, 403, Words("系统记着您已经在里面。请按呼叫键，我们来帮您。", "系統記著您已經在裡面。請按呼叫鍵，我們來幫您。", "You are noted as already inside. Press call, we will help."), "Anti-passback: see where the person was last noted."),
    _reason("interlock", _R, _NOTE, 409, Words("请先关好另一扇门。", "請先關好另一扇門。", "Please close the other door first."), "Another door of this interlock is open, being opened, or cannot be seen."),
    _reason("pass_used", _R, _NOTE, 403, Words("这张访客码在这扇门用过了。请联系邀请您的人。", "這張訪客碼在這扇門用過了。請聯絡邀請您的人。", "This pass was already used at this door. Please ask your host."), "A pass opens each named door once."),
    _reason("pass_early", _R, _NOTE, 403, Words("访客码还没到时间。", "訪客碼還沒到時間。", "It is too early for this pass."), "See the time on the pass."),
    _reason("pass_over", _R, _NOTE, 403, Words("访客码过时间了。请联系邀请您的人。", "訪客碼過時間了。請聯絡邀請您的人。", "This pass is over. Please ask your host."), "The host can make a new one."),
    _reason("pass_not_here", _R, _NOTE, 403, Words("这张访客码不是这扇门的。", "這張訪客碼不是這扇門的。", "This pass is for another door."), "The pass does not name this door, or the door takes none."),
    _reason("pass_revoked", _R, _NOTE, 403, Words("这张访客码已经取消了。请联系邀请您的人。", "這張訪客碼已經取消了。請聯絡邀請您的人。", "This pass was withdrawn. Please ask your host."), "Withdrawn, or its host has no access here any more."),
    _reason("pass_online", _R, _NOTE, 503, Words("这张访客码要联网核对，现在核对不了。请按呼叫键，我们来帮您。", "這張訪客碼要連線核對，現在核對不了。請按呼叫鍵，我們來幫您。", "This pass must be checked online, which is not possible now. Press call, we will help."), "Passes that are long, count strictly once, or are older than the controller's memory are checked by the hub."),
    _reason("courier_code_wrong", _R, _NOTE, 403, Words("取件码不对，请再试一次，或按呼叫键。", "取件碼不對，請再試一次，或按呼叫鍵。", "This courier's code is not right. Please try again, or press call."), "No living code of this door; the door may not have it yet."),
    _reason("codes_locked", _R, _NOTE, 429, Words("码错了太多次，请过一会儿再试，或按呼叫键。", "碼錯了太多次，請過一會兒再試，或按呼叫鍵。", "Too many wrong codes. Please wait a little, or press call."), "Couriers' codes wait at this door; cards and PINs do not."),
    _reason("entered", _R, _FINE, 200, Words("已经进门", "已經進門", "Came in"), "The door opened after a grant."),
    _reason("not_entered", _S, _NOTE, 200, Words("放行了，门没有开。", "放行了，門沒有開。", "Let in, but the door was not opened."), "Nobody went through; nothing to do unless it repeats."),
    _reason("forced", _S, _ALARM, 200, Words("门被强行打开。", "門被強行打開。", "The door was forced open."), "Go and look; the door opened without a grant."),
    _reason("held", _S, _NOTE, 200, Words("门开得太久。", "門開得太久。", "The door is held open."), "Close the door, or see what keeps it."),
    _reason("held_over", _S, _FINE, 200, Words("门又关上了。", "門又關上了。", "The door is closed again."), ""),
    _reason("tamper", _S, _ALARM, 200, Words("设备外壳被打开。", "設備外殼被打開。", "The device's case was opened."), "Go and look at the controller."),
    _reason("reader_silent", _S, _NOTE, 200, Words("读卡器没有回应。", "讀卡器沒有回應。", "The reader does not answer."), "Look at the reader, its wire and its power."),
    _reason("reader_back", _S, _FINE, 200, Words("读卡器恢复了。", "讀卡器恢復了。", "The reader answers again."), ""),
    _reason("duress", _S, _ALARM, 200, Words("有人可能受到胁迫。", "有人可能受到脅迫。", "Somebody may be under duress."), "Tell the named responders only; do not call the person."),
    _reason("mode_changed", _S, _FINE, 200, Words("门的状态已更改。", "門的狀態已更改。", "The door's mode was changed."), ""),
    _reason("factor_wrong", _S, _NOTE, 401, Words("动态码不对，请用新的一个。", "動態碼不對，請用新的一個。", "The code is not right. Please use a new one."), "A fresh one-time code of this member is needed."),
    _reason("residential", _S, _NOTE, 422, Words("住宅入口不能这样设置。", "住宅入口不能這樣設定。", "A residential entrance cannot be set like this."), "Anti-passback and the two-person rule are for rooms, not for the way home."),
    _reason("strike_fault", _R, _ALARM, 503, Words("门锁没有反应。请按呼叫键，我们来帮您。", "門鎖沒有反應。請按呼叫鍵，我們來幫您。", "The lock does not respond. Press call, we will help."), "Look at the relay, its wire and its power."),
    _reason("storage_fault", _R, _ALARM, 503, _LATER, "The controller cannot write to its disk."),
    _reason("opened_elsewhere", _R, _NOTE, 409, _AGAIN, "Another opening of this door is under way."),
    # --- a visitor's pass before its decision, and the call button (devices/porch.py)
    _reason("pass_form", _R, _NOTE, 400, Words("这不是本小区的访客码。请让邀请您的人再发一次。", "這不是本社區的訪客碼。請讓邀請您的人再發一次。", "This is not one of our visitor codes. Please ask your host to send it again."), "What was shown to the scanner is no pass."),
    _reason("pass_forged", _R, _ALARM, 401, Words("这个访客码没有认出来。请让邀请您的人再发一次。", "這個訪客碼沒有認出來。請讓邀請您的人再發一次。", "We did not recognise this visitor code. Please ask your host to send it again."), "No key of ours signed this pass; somebody may be forging, or it is of another site."),
    _reason("passes_many", _R, _NOTE, 409, Words("邀请已经够多了。请先取消一个，或等旧的过期。", "邀請已經夠多了。請先取消一個，或等舊的過期。", "There are enough invitations. Please cancel one, or wait until one has ended."), "A household has a bound of open passes, and of passes made in a day."),
    _reason("call_over", _R, _NOTE, 409, Words("这次呼叫已经结束了，或别人已经应答了。", "這次呼叫已經結束了，或別人已經應答了。", "This call is over, or somebody has answered it."), ""),
    # --- the envelope of a command (contract.md, in the order in which it is checked)
    _reason("form", _M, _NOTE, 400, _AGAIN, "The message is not of the contract's form."),
    _reason("oversize", _M, _NOTE, 413, _AGAIN, "The message is larger than the contract allows."),
    _reason("signature", _M, _ALARM, 401, _AGAIN, "The signature does not match; somebody may be forging."),
    _reason("key_unknown", _M, _NOTE, 401, _AGAIN, "The signing key is not in the key set."),
    _reason("audience", _M, _ALARM, 401, _AGAIN, "The message was made for another device."),
    _reason("id_conflict", _M, _ALARM, 409, _AGAIN, "The same id came with other content."),
    _reason("epoch_old", _M, _ALARM, 409, _AGAIN, "The message is from a hub that is no longer the judge."),
    _reason("connection_old", _M, _NOTE, 409, _UNKNOWN, "The command was made for an earlier connection."),
    _reason("expired", _M, _NOTE, 409, _USED, "The command came after its time."),
    _reason("too_early", _M, _NOTE, 409, _AGAIN, "The command is from the future; check the clocks."),
    _reason("window_long", _M, _ALARM, 400, _AGAIN, "A command may live ten seconds at most."),
    _reason("clock_unsigned", _M, _NOTE, 503, _LATER, "The device has no signed time yet."),
    _reason("hold_long", _M, _NOTE, 400, _AGAIN, "The wanted opening time is above the door's maximum."),
    _reason("unsupported", _M, _NOTE, 400, _AGAIN, "The device does not know this operation."),
    # --- the hub's own refusals
    _reason("outcome_unknown", _R, _NOTE, 504, _UNKNOWN, "The door did not answer in time; its event will tell."),
    _reason("door_offline", _R, _NOTE, 503, Words("这扇门现在连不上。请用卡开门。", "這扇門現在連不上。請用卡開門。", "This door cannot be reached now. Please use your card."), "The controller is not connected."),
    _reason("request_repeated", _R, _NOTE, 200, Words("这次请求已经用过了，门没有再动。", "這次請求已經用過了，門沒有再動。", "This request was already used. The door did not move again."), ""),
    _reason("request_spent", _R, _NOTE, 401, _USED, "The nonce was already spent; a copy or a late repeat."),
    _reason("request_stale", _R, _NOTE, 401, _USED, "The nonce is too old or not ours."),
    _reason("request_altered", _R, _ALARM, 401, _USED, "Method, path or body are not what was signed."),
    _reason("proof_missing", _R, _NOTE, 401, _REENROL, "The request carries no Linli-Proof header."),
    _reason("proof_form", _R, _NOTE, 401, _AGAIN, "The proof is not of the expected form."),
    _reason("proof_forged", _R, _ALARM, 401, _AGAIN, "The proof's signature does not match its key."),
    _reason("phone_unknown", _R, _NOTE, 401, _REENROL, "This phone key was never enrolled or was removed."),
    _reason("phone_revoked", _R, _NOTE, 401, _REENROL, "This phone was revoked."),
    _reason("phone_paused", _R, _NOTE, 403, Words("登记这部手机用的卡报失了，手机先停一停。请用家里另一部手机确认，或者到服务台。", "登記這部手機用的卡報失了，手機先停一停。請用家裡另一部手機確認，或者到服務台。", "The card that brought this phone in was reported lost. Confirm it on another phone of your household, or at the desk."), "Ask whose phone it is; confirm it, or end it."),
    _reason("code_wrong", _R, _NOTE, 403, _CODE, "Issue a new code."),
    _reason("too_many", _R, _NOTE, 429, Words("试得太多了，请过一会儿再来。", "試得太多了，請過一會兒再來。", "Too many tries. Please come back in a little while."), "Wait; guessing is slowed down."),
    _reason("hub_busy", _R, _NOTE, 503, _LATER, "The inbox is full; the client tries again."),
    _reason("store_unavailable", _R, _ALARM, 503, _LATER, "The database cannot write now; look at disk and locks."),
    _reason("internal", _R, _ALARM, 500, Words("出了点问题，已经记下来了。请按呼叫键。", "出了點問題，已經記下來了。請按呼叫鍵。", "Something went wrong and has been recorded. Press call, please."), "See the quarantine."),
    _reason("field_wrong", _R, _NOTE, 422, _FORM, "The named field does not fit."),
    _reason("alert_closed", _S, _NOTE, 409, Words("这条警报已经结束了。", "這條警報已經結束了。", "This alert has already ended."), ""),
    _reason("not_found", _R, _NOTE, 404, Words("没有找到。", "沒有找到。", "Nothing was found."), ""),
    _reason("method_wrong", _M, _NOTE, 405, _AGAIN, "This address does not take this method."),
    _reason("signed_out", _S, _NOTE, 401, Words("请先登录。", "請先登入。", "Please sign in first."), ""),
    _reason("sign_in_refused", _S, _NOTE, 401, _SIGN_IN, ""),
    _reason("password_weak", _S, _NOTE, 422, Words("密码至少要十二个字符。", "密碼至少要十二個字元。", "The password needs at least twelve characters."), ""),
    _reason("not_allowed", _S, _NOTE, 403, _STAFF, "Ask an administrator for the grant."),
    _reason("client_header", _M, _NOTE, 403, _STAFF, "Send the header Linli-Client."),
    # --- Home Assistant, and relays on MQTT
    _reason("ha_off", _S, _NOTE, 403, _STAFF, "Home Assistant is not enabled at this site: linli ha enable."),
    _reason("ha_door", _S, _NOTE, 403, Words("这扇门不由 Home Assistant 控制。", "這扇門不由 Home Assistant 控制。", "Home Assistant may not operate this door."), "Mark the door with ha: true."),
    _reason("ha_code", _S, _ALARM, 403, Words("Home Assistant 的密码不对。", "Home Assistant 的密碼不對。", "The code for Home Assistant is wrong."), "Five wrong codes within ten minutes shut it out for a while."),
    _reason("mode_refused", _S, _NOTE, 403, Words("只能在管理台解除这个门模式。", "只能在管理台解除這個門模式。", "This door mode can only be released at the console."), "Home Assistant may tighten a door and take back only what it set itself."),
    _reason("remote_only", _S, _NOTE, 422, Words("这种继电器不能用在大门、逃生门或有联动规则的门上。", "這種繼電器不能用在大門、逃生門或有連動規則的門上。", "This kind of relay is not for perimeter or escape doors, nor for doors with stateful rules."), "A strike on MQTT depends on radio and broker; choose a wired relay."),
    # --- cards at activity points (SUN)
    _reason("checked_in", _R, _FINE, 200, Words("记上了，祝您愉快。", "記上了，祝您愉快。", "Noted. Enjoy yourself."), ""),
    _reason("checked_in_again", _R, _FINE, 200, Words("刚才已经记上了，不用再刷。", "剛才已經記上了，不用再刷。", "You are already noted, no need to tap again."), ""),
    _reason("sun_form", _R, _NOTE, 400, _AGAIN, "What the card said is not a SUN message."),
    _reason("sun_forged", _R, _ALARM, 401, Words("这张卡没有认出来。请找工作人员。", "這張卡沒有認出來。請找工作人員。", "We did not recognise this card. Please ask the staff."), "The card's code does not match its key."),
    _reason("sun_repeat", _R, _ALARM, 409, Words("刚才已经记上了，不用再刷。", "剛才已經記上了，不用再刷。", "You are already noted, no need to tap again."), "The same tap came twice: a copied message."),
    _reason("sun_review", _S, _NOTE, 202, Words("已经收到，等待核对。", "已經收到，等待核對。", "Received; it will be checked."), "A late tap out of time order; look at it."),
    # --- spreadsheets and letters
    _reason("sheet_unknown", _S, _NOTE, 422, Words("看不懂这个文件，请存成 .xlsx 或 CSV。", "看不懂這個檔案，請存成 .xlsx 或 CSV。", "This file is not clear. Please save it as .xlsx or CSV."), "Neither a workbook nor text in UTF-8 or GB 18030."),
    _reason("sheet_old", _S, _NOTE, 422, Words("旧格式或带密码的表格读不了，请另存为 .xlsx。", "舊格式或帶密碼的試算表讀不了，請另存為 .xlsx。", "Old or password-protected workbooks cannot be read. Please save it as .xlsx."), ""),
    _reason("sheet_broken", _S, _NOTE, 422, Words("这个表格文件坏了，请重新保存一次。", "這個試算表檔案壞了，請重新儲存一次。", "This workbook is damaged. Please save it again."), ""),
    _reason("sheet_macros", _S, _NOTE, 422, Words("带宏的表格不收，请另存为 .xlsx。", "帶巨集的試算表不收，請另存為 .xlsx。", "Workbooks with macros are not taken. Please save it as .xlsx."), ""),
    _reason("sheet_too_large", _S, _NOTE, 422, Words("这个表格太大了，请分成几份。", "這個試算表太大了，請分成幾份。", "This sheet is too large. Please split it."), "At most 20 MB and 40,000 rows that hold something."),
    _reason("sheet_no_header", _S, _NOTE, 422, Words("没有找到表头，要有“姓名”“房号”这样的一行。", "沒有找到表頭，要有「姓名」「房號」這樣的一行。", "No header was found: one row must say Name, House and so on."), ""),
    _reason("import_forgotten", _S, _NOTE, 404, Words("预览过期了，请重新选一次文件。", "預覽過期了，請重新選一次檔案。", "The preview has expired. Please choose the file again."), "Looked-at sheets are kept in memory for half an hour."),
    _reason("import_running", _S, _NOTE, 409, Words("另一份表格正在导入，请等它完成。", "另一份試算表正在匯入，請等它完成。", "Another sheet is being imported. Please wait for it."), ""),
    _reason("import_undone", _S, _NOTE, 409, Words("这次导入已经撤销了。", "這次匯入已經復原了。", "This import is already undone."), ""),
    _reason("import_overtaken", _S, _NOTE, 409, Words("导入之后有人改过，撤销会盖掉这些改动。", "匯入之後有人改過，復原會蓋掉這些改動。", "Somebody has changed rows since; undoing would overwrite that."), "See later: each row with its column."),
    _reason("font_missing", _S, _NOTE, 503, Words("服务器缺中文字体，信打不出来。", "伺服器缺中文字型，信印不出來。", "The server has no Chinese font to print letters with."), "apt install fonts-noto-cjk"),
    # --- incidents and the police link
    _reason("incident_step", _S, _NOTE, 409, Words("现在不能这样处理这件事，请刷新后再看。", "現在不能這樣處理這件事，請重新整理後再看。", "This cannot be done with this incident now. Please look at it again."), "Its state does not allow this step."),
    _reason("incident_elsewhere", _S, _NOTE, 409, Words("这件事已经有别人在核对。", "這件事已經有別人在核對。", "Somebody else is reviewing this incident."), "Take it over first."),
    _reason("incident_unseen", _S, _NOTE, 422, Words("请先把每张图片都看过，再确认。", "請先把每張圖片都看過，再確認。", "Please look at every picture before you confirm."), "A hit of the watch list needs the scene and the listed picture."),
    _reason("authority_missing", _S, _NOTE, 422, Words("没有有效的授权文件，不能报送。", "沒有有效的授權文件，不能報送。", "Without a valid order of a named authority nothing is reported."), "Enter authority, legal basis and expiry."),
    # --- the issuing desk
    _reason("card_taken", _S, _NOTE, 409, Words("这张卡已经是别人的了。", "這張卡已經是別人的了。", "This card already belongs to somebody."), "Take another card; a card is never moved from one person to another."),
    _reason("card_kept_out", _S, _NOTE, 409, Words("这张卡已经停用，不能再发。", "這張卡已經停用，不能再發。", "This card is stopped and cannot be given out."), "If it was found again, lift its stop first; else take another card."),
    _reason("card_scrapped", _S, _NOTE, 409, Words("这张卡已经作废，请换一张。", "這張卡已經作廢，請換一張。", "This card is scrap. Please take another one."), "Its keys are not ours or cannot be changed; nobody can use it here."),
    _reason("card_number_only", _S, _NOTE, 422, Words("这种卡只有卡号，写不了钥匙。", "這種卡只有卡號，寫不了金鑰。", "This card is only a number and takes no keys."), "Enrol it as an old card, or take an NTAG 424 DNA."),
    _reason("card_foreign", _S, _NOTE, 422, Words("这不是 NTAG 424 DNA 卡。", "這不是 NTAG 424 DNA 卡。", "This is no NTAG 424 DNA card."), "Take a card of the right kind."),
    _reason("card_others", _S, _NOTE, 422, Words("这张卡上的钥匙不是我们的，只能作废。", "這張卡上的金鑰不是我們的，只能作廢。", "This card bears keys that are not ours; it is scrap."), "It was made for another site, or before the card masters were replaced."),
    _reason("card_blank", _S, _NOTE, 409, Words("这张卡还没有写钥匙。", "這張卡還沒有寫金鑰。", "This card has no keys yet."), "Make it ready first."),
    _reason("card_torn", _S, _NOTE, 409, Words("卡拿开得太早了，请再放一次。", "卡拿開得太早了，請再放一次。", "The card was taken away too soon. Please put it down again."), "The next try finishes what was begun."),
    _reason("desk_away", _S, _NOTE, 503, Words("发卡台的读卡器连不上。", "發卡台的讀卡機連不上。", "The desk's reader cannot be reached."), "Check that the desk's program runs and its reader is plugged in."),
    _reason("desk_empty", _S, _NOTE, 409, Words("读卡器上没有卡。", "讀卡機上沒有卡。", "No card lies on the reader."), "Put a card down and leave it there."),
    _reason("desk_changed", _S, _NOTE, 409, Words("读卡器上换了一张卡，请再看一遍。", "讀卡機上換了一張卡，請再看一遍。", "Another card lies on the reader now. Please look again."), ""),
    _reason("desk_busy", _S, _NOTE, 409, Words("发卡台正在处理一张卡，请稍等。", "發卡台正在處理一張卡，請稍等。", "The desk is busy with a card. Please wait."), ""),
    _reason("desk_shut", _S, _NOTE, 403, Words("请先输入动态码，打开发卡台。", "請先輸入動態碼，打開發卡台。", "Please open the desk with your one-time code first."), "Whoever writes card keys proves a second factor, once in four hours."),
    _reason("station_missing", _S, _NOTE, 503, Words("没有配置能接收这件事的接警台，请打电话。", "沒有設定能接收這件事的接警臺，請打電話。", "No station is set up for this. Please telephone."), "Name one in hub.toml, see docs/police.md; until then telephone."),
    _reason("station_unreachable", _S, _ALARM, 503, Words("接警台连不上，还在重试，请打电话。", "接警臺連不上，還在重試，請打電話。", "The station cannot be reached. We keep trying; please telephone."), "Look at the network and the station's address."),
    _reason("station_silent", _S, _ALARM, 503, Words("接警台没有回答，还在重试，请打电话。", "接警臺沒有回答，還在重試，請打電話。", "The station does not answer. We keep trying; please telephone."), "It may stand there or not: ask the station for the message number."),
    _reason("station_tls", _S, _ALARM, 503, Words("接警台的证书不对，没有发出，请打电话。", "接警臺的憑證不對，沒有送出，請打電話。", "The station's certificate is not right, so nothing was sent. Please telephone."), "Compare the certificate with the station; name its authority with ca."),
    _reason("station_unproven", _S, _ALARM, 502, Words("有回答，但证明不了是接警台，不能算数，请打电话。", "有回答，但證明不了是接警臺，不能算數，請打電話。", "An answer came that does not prove to be the station's, so it does not count. Please telephone."), "Wrong key, an old answer, or one for another message: somebody may be on the line."),
    _reason("station_flood", _S, _ALARM, 502, Words("接警台的回答多得不正常，已断开，请打电话。", "接警臺的回答多得不正常，已斷開，請打電話。", "The far end sends far too much; we hung up. Please telephone."), "Somebody else may be answering in the station's place."),
    _reason("station_clock", _S, _ALARM, 502, Words("接警台和我们的时钟对不上，它没有收，请打电话。", "接警臺和我們的時鐘對不上，它沒有收，請打電話。", "The station's clock and ours are too far apart, so it did not take it. Please telephone."), "Set this machine's clock by NTP; it is sent again by itself."),
    _reason("station_refused", _S, _ALARM, 502, Words("接警台拒收：密钥或账号不对，请打电话。", "接警臺拒收：金鑰或帳號不對，請打電話。", "The station refused: key or account are wrong. Please telephone."), "Compare account and key with the station, then send again."),
    _reason("station_unable", _S, _ALARM, 502, Words("接警台看不懂这类消息，请打电话。", "接警臺看不懂這類訊息，請打電話。", "The station cannot use this kind of message. Please telephone."), "Agree on codes and zones with the station, then send again."),
    _reason("station_given_up", _S, _ALARM, 503, Words("一整天没有送到，不再重试。", "一整天沒有送到，不再重試。", "It did not get through for a day; we stopped trying."), "Telephone; then note how it was dealt with."),
    _reason("station_restored", _S, _ALARM, 409, Words("从备份恢复过，没有自动再发，请先问接警台。", "從備份還原過，沒有自動再送，請先問接警臺。", "Restored from a back-up: it was not sent again by itself. Ask the station first."), "The old machine may have sent it: ask, then send again or note how it was dealt with."),
    _reason("picture_gone", _S, _NOTE, 410, Words("图片已经按规定删除。", "圖片已經依規定刪除。", "The picture has been deleted as the rules want."), "Pictures of false alarms go at once, others after their time."),
    _reason("picture_unfit", _S, _NOTE, 422, Words("这张图片不能用。", "這張圖片不能用。", "This picture cannot be used."), "JPEG or PNG, at most 512 kB."),
    # --- bills and payments
    _reason("bill_unknown", _R, _NOTE, 404, Words("没有找到账单。", "沒有找到帳單。", "We found no such bill."), ""),
    _reason("bill_paid", _R, _FINE, 409, Words("这张账单已经付过了。", "這張帳單已經付過了。", "This bill is already paid."), ""),
    _reason("bill_pending", _R, _NOTE, 409, _CHECKING, "Another payment of this bill is still open."),
    _reason("lookup_expired", _R, _NOTE, 401, Words("时间到了，请重新查一次。", "時間到了，請重新查一次。", "Time is up. Please look it up again."), ""),
    _reason("card_session_refused", _R, _NOTE, 401, Words("这张卡在这里用不了。请到服务台，我们来帮您。", "這張卡在這裡用不了。請到服務台，我們來幫您。", "This card does not work here. Please come to the desk, we will help."), "The card could not prove its key to the hub."),
    _reason("card_stopped", _R, _NOTE, 403, Words("这张卡已经停用了。请到服务台换一张新卡。", "這張卡已經停用了。請到服務台換一張新卡。", "This card was stopped. Please get a new one at the desk."), "The card was blocked; give out a new one."),
    _reason("card_homeless", _R, _NOTE, 403, Words("这张卡没有登记在哪一户。请到服务台问一问。", "這張卡沒有登記在哪一戶。請到服務台問一問。", "No flat is recorded for this card. Please ask at the desk."), "The holder lives in no household today; see the person's tenancy."),
    _reason("moved_out", _R, _NOTE, 403, Words("住处已经变了，这样办不了。请到服务台，我们来帮您。", "住處已經變了，這樣辦不了。請到服務台，我們來幫您。", "The home on record has changed, so this cannot be done. Please ask at the desk, we will help."), "The tenancy is over; see where the person lives, and enrol them there."),
    _reason("house_unknown", _R, _NOTE, 404, Words("房号和手机尾号对不上。", "房號和手機尾號對不上。", "House number and phone digits do not match."), ""),
    _reason("payment_conflict", _R, _ALARM, 409, _CHECKING, "The same payment id came with other content."),
    _reason("payment_unknown", _R, _NOTE, 404, Words("没有找到这笔付款。", "沒有找到這筆付款。", "We found no such payment."), ""),
    _reason("provider_silent", _R, _NOTE, 503, Words("支付平台暂时连不上，请稍后再付。", "支付平台暫時連不上，請稍後再付。", "The payment service cannot be reached. Please pay later."), "Look at the way to the provider."),
    _reason("provider_refused", _R, _NOTE, 502, Words("支付平台没有接受，请稍后再付。", "支付平台沒有接受，請稍後再付。", "The payment service did not accept. Please pay later."), "See the provider's code in the log."),
    _reason("callback_timestamp", _M, _ALARM, 401, _AGAIN, "The callback is older than five minutes: a replay."),
    _reason("callback_serial", _M, _ALARM, 401, _AGAIN, "The callback names a key that is not pinned."),
    _reason("callback_signature", _M, _ALARM, 401, _AGAIN, "The callback's signature does not match."),
    _reason("callback_cipher", _M, _ALARM, 400, _AGAIN, "The callback's content cannot be opened."),
    _reason("callback_form", _M, _ALARM, 400, _AGAIN, "The callback is not of the expected form."),
    _reason("callback_merchant", _M, _ALARM, 403, _AGAIN, "The callback is for another merchant."),
    _reason("callback_amount", _M, _ALARM, 409, _AGAIN, "The callback's amount differs from the payment's."),
    # --- faces (hub/faces): a photo or a look at a camera, a decision, the self-audit
    _reason("photo_large", _R, _NOTE, 413, Words("这张照片太大了，请换一张小一点的。", "這張照片太大了，請換一張小一點的。", "This picture is too large. Please choose a smaller one."), "At most 15 MB and 50 megapixels."),
    _reason("photo_broken", _R, _NOTE, 422, Words("这张照片打不开，请重新拍一张。", "這張照片打不開，請重新拍一張。", "This picture cannot be read. Please take a new one."), "JPEG, PNG and WebP are taken; the file may be cut off."),
    _reason("face_none", _R, _NOTE, 422, Words("没有看到脸。请正对镜头。", "沒有看到臉。請正對鏡頭。", "No face was seen. Please look into the camera."), ""),
    _reason("face_several", _R, _NOTE, 422, Words("照片里不止一个人。请一个人拍。", "照片裡不止一個人。請一個人拍。", "There is more than one person. Please be alone in the picture."), ""),
    _reason("face_small", _R, _NOTE, 422, Words("离得太远了，请靠近一点。", "離得太遠了，請靠近一點。", "Too far away. Please come a little closer."), ""),
    _reason("face_blurred", _R, _NOTE, 422, Words("有点模糊，请站稳一下。", "有點模糊，請站穩一下。", "A little blurred. Please hold still."), ""),
    _reason("face_dark", _R, _NOTE, 422, Words("太暗了，请到亮一点的地方。", "太暗了，請到亮一點的地方。", "Too dark. Please move into the light."), "A lamp above the camera helps."),
    _reason("face_bright", _R, _NOTE, 422, Words("太亮了，请避开强光。", "太亮了，請避開強光。", "Too bright. Please turn away from the strong light."), ""),
    _reason("face_turned", _R, _NOTE, 422, Words("请正对镜头。", "請正對鏡頭。", "Please look straight into the camera."), ""),
    _reason("face_unclear", _R, _NOTE, 422, Words("脸被挡住了，或光线不匀。请再来一次。", "臉被擋住了，或光線不勻。請再來一次。", "The face is partly hidden or unevenly lit. Please try again."), ""),
    _reason("face_copied", _R, _NOTE, 422, Words("像是翻拍的照片。请让本人站在空墙前，对着人拍。", "像是翻拍的照片。請讓本人站在空牆前，對著人拍。", "This looks like a picture of a picture. Please take the person, before a plain wall."), "Four straight edges close round the face, or a screen's grid lies on it: no print, screen, document, mirror or hatch may frame the person."),
    _reason("face_turn_late", _R, _NOTE, 403, Words("时间到了，请再来一次，或者刷卡。", "時間到了，請再來一次，或者刷卡。", "Time is up. Please try again, or use your card."), "The head was not turned in time."),
    _reason("face_turn_lost", _R, _NOTE, 403, Words("中途看不到脸了，请再来一次。", "中途看不到臉了，請再來一次。", "The face was out of sight. Please try again."), ""),
    _reason("face_turn_jumped", _R, _NOTE, 403, Words("动得太快了，请慢慢转头。", "動得太快了，請慢慢轉頭。", "That was too quick. Please turn your head slowly."), "Two looks differ too much: another face, or a picture exchanged."),
    _reason("face_turn_other", _R, _NOTE, 403, Words("方向反了。请看箭头，再来一次。", "方向反了。請看箭頭，再來一次。", "That was the other side. Please follow the arrow and try again."), "A recording does not know the side that was drawn."),
    _reason("face_not_matched", _R, _NOTE, 403, Words("没有认出来。请刷卡或按呼叫键。", "沒有認出來。請刷卡或按呼叫鍵。", "You were not recognised. Please use your card, or press call."), "Another photo of another day helps; the card works as well."),
    _reason("face_not_enrolled", _R, _NOTE, 403, Words("这里没有登记过人脸。请刷卡。", "這裡沒有登記過人臉。請刷卡。", "No face is registered here. Please use your card."), "Nobody of the claim has given consent and photos."),
    _reason("face_alike", _R, _NOTE, 403, Words("有人和您很像。请再刷一下卡。", "有人和您很像。請再刷一下卡。", "Somebody looks much like you. Please tap your card as well."), "Two people of this door are below the threshold: only a claim tells them apart."),
    _reason("face_claim_wide", _S, _NOTE, 422, Words("一次最多核对四个人。", "一次最多核對四個人。", "At most four people can be claimed at once."), ""),
    _reason("face_model_other", _S, _ALARM, 409, Words("人脸模板是别的模型做的，要重新登记。", "人臉範本是別的模型做的，要重新登記。", "The templates are of another model; enrol again."), "Embeddings of two models cannot be compared."),
    _reason("face_audit_few", _S, _NOTE, 409, Words("登记的人太少，还量不准，不能只靠人脸开门。", "登記的人太少，還量不準，不能只靠人臉開門。", "Too few people are enrolled to measure; faces alone cannot open."), "Keep the claim (card, phone, flat number), or ask for a higher rate."),
    _reason("face_audit_photos", _S, _NOTE, 409, Words("有多张照片的人太少，算不出漏认率。", "有多張照片的人太少，算不出漏認率。", "Too few people have several photos; misses cannot be told."), "At least twenty people with two photos of different days."),
    _reason("face_audit_poor", _S, _NOTE, 409, Words("按本小区的实测，只靠人脸不够准。", "按本社區的實測，只靠人臉不夠準。", "Measured on this community, faces alone are not exact enough."), "See the audit: expected misses and look-alike pairs. Keep the claim."),
    _reason("faces_absent", _S, _NOTE, 503, Words("这台主机没有装人脸模块。", "這台主機沒有裝人臉模組。", "Faces are not installed on this hub."), "make faces, or the extra `faces`."),
    _reason("face_assessment", _S, _NOTE, 409, Words("还没有做人脸的影响评估，先做评估。", "還沒有做人臉的影響評估，先做評估。", "The impact assessment of faces is missing. Make it first."), "On the page Faces: what faces are for here, why nothing milder does, and how people are protected."),
    _reason("face_no_consent", _R, _NOTE, 403, Words("还没有同意使用人脸，什么都没有保存。", "還沒有同意使用人臉，什麼都沒有保存。", "There is no consent to use this face. Nothing was kept."), "Consent comes first, on its own page."),
    _reason("face_guardian", _R, _NOTE, 403, Words("未满十四岁，要由监护人同意。", "未滿十四歲，要由監護人同意。", "Under fourteen, a guardian must consent."), "A guardian gives it at the desk or on their own phone."),
    _reason("face_own_consent", _R, _NOTE, 403, Words("这件事只能由本人同意。", "這件事只能由本人同意。", "Only the person can consent to this."), "From fourteen on nobody consents for somebody else."),
    _reason("face_moved", _R, _NOTE, 409, Words("已经不住在这里，不能登记人脸。", "已經不住在這裡，不能登記人臉。", "Whoever no longer lives here cannot register a face."), "Their tenancy is over; what was kept is deleted."),
    _reason("face_only", _S, _NOTE, 409, Words("这扇门除了人脸没有别的开法，不能这样设。", "這扇門除了人臉沒有別的開法，不能這樣設。", "This door would open by a face alone, with no equal other way."), "Give it a card reader, phones or typed PINs first: nobody may be made to show a face."),
    _reason("face_zone", _S, _NOTE, 409, Words("这种地方不能用人脸。", "這種地方不能用人臉。", "Faces are not allowed at such a place."), "Changing rooms, toilets and homes never; entrances, stairwells, garages, common rooms and offices may."),
    _reason("face_notice_old", _R, _NOTE, 409, Words("说明改过了，请再读一遍再同意。", "說明改過了，請再讀一遍再同意。", "The notice has changed. Please read it again before you agree."), ""),
    _reason("face_photos_many", _R, _NOTE, 409, Words("照片已经够多了。", "照片已經夠多了。", "There are enough photos already."), "Withdraw and begin again to replace them."),
    _reason("face_starting", _R, _NOTE, 503, Words("人脸功能正在启动，请先刷卡。", "人臉功能正在啟動，請先刷卡。", "Faces are starting. Please use your card for now."), "After a start the self-audit runs first; a large estate takes a minute."),
    _reason("face_keys_elsewhere", _S, _ALARM, 503, Words("人脸密钥不在这台主机上，人脸停用。", "人臉金鑰不在這台主機上，人臉停用。", "The keys of the faces are not on this hub; faces rest."), "Bring faces.keys from the old machine, or begin anew: linli face renew."),
    _reason("face_off", _R, _NOTE, 403, Words("这扇门不认人脸。请刷卡。", "這扇門不認人臉。請刷卡。", "This door takes no faces. Please use your card."), ""),
    _reason("face_away", _R, _NOTE, 503, Words("现在看不了脸。请输密码，或按呼叫键。", "現在看不了臉。請輸密碼，或按呼叫鍵。", "Faces cannot be checked now. Please enter your PIN, or press call."), "The hub, its camera or its face process is away; the door's other ways go on."),
    _reason("face_word_other", _S, _NOTE, 409, Words("这次的人脸结果不是给这扇门、这个人的。", "這次的人臉結果不是給這扇門、這個人的。", "This word of a face belongs to another door or question."), "It came too late, twice, or for somebody else's question; nothing opened."),
    _reason("face_awaited", _R, _NOTE, 403, Words("还差一步。请在门口看一下摄像头。", "還差一步。請在門口看一下鏡頭。", "One more step. Please look into the camera at the door."), "The phone named its holder; their face stands for the PIN that this door asks for."),
    _reason("face_busy", _R, _NOTE, 409, Words("门口正有别人在进门，请稍等再试。", "門口正有別人在進門，請稍等再試。", "Somebody else is at the door just now. Please wait a moment and try again."), "One claim at a time; whoever stands at the reader goes first."),
    _reason("face_ask_ahead", _R, _NOTE, 403, Words("请看着正前方。", "請看著正前方。", "Please look straight ahead."), "Asked of somebody who is looked at."),
    _reason("face_ask_left", _R, _NOTE, 403, Words("请慢慢把头转向左边。", "請慢慢把頭轉向左邊。", "Please turn your head slowly to the left."), "Asked of somebody who is looked at; their own left."),
    _reason("face_ask_right", _R, _NOTE, 403, Words("请慢慢把头转向右边。", "請慢慢把頭轉向右邊。", "Please turn your head slowly to the right."), "Asked of somebody who is looked at; their own right."),
    _reason("face_order", _S, _NOTE, 409, Words("布控名单没有启用。", "布控名單沒有啟用。", "The watch list is off."), "It needs an authority, its legal basis, an end, a measured expectation of false alarms, and a second person."),
    _reason("camera_silent", _S, _NOTE, 503, Words("摄像头没有画面。", "攝影機沒有畫面。", "The camera sends no picture."), "Look at its power, network and address."),
    _reason("camera_broken", _S, _NOTE, 502, Words("摄像头的画面读不出来。", "攝影機的畫面讀不出來。", "The camera's pictures cannot be read."), "Ask for H.264 or JPEG of at most 4K."),
)
# fmt: on

REASONS: dict[str, Reason] = {reason.code: reason for reason in _TABLE}
if len(REASONS) != len(_TABLE):  # a code must never mean two things
    raise RuntimeError("a reason code stands twice in the table")


def reason(code: str) -> Reason:
    """The reason of a code; a code that a newer device sends and we do not know reads as internal."""
    return REASONS.get(code, REASONS["internal"])


def as_typescript() -> str:
    """The registry as the TypeScript module that the pages import; the same bytes every time."""
    rows = {
        code: {"severity": entry.severity.value, "words": entry.words.as_dict()}
        for code, entry in sorted(REASONS.items())
    }
    table = json.dumps(rows, ensure_ascii=False, indent=2)
    return (
        "// Made from devices/reasons.py by `python -m devices.reasons`; do not edit.\n"
        f"export const reasons = {table} as const;\n"
        "export type ReasonCode = keyof typeof reasons;\n"
    )


if __name__ == "__main__":
    sys.stdout.write(as_typescript())
