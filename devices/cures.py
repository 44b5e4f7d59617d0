"""What staff should do about a reason, in the product's languages; English stands in the registry.

The console's dictionary is made from this (``python -m devices.cures``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Final

from devices.reasons import REASONS, Words

# code -> simplified (the source) and traditional
_CHINESE: Final[Mapping[str, tuple[str, str]]] = {
    # --- the decision at a door
    "fire": ("门锁已经放开，要到现场手动复位。", "門鎖已經放開，要到現場手動復歸。"),
    "locked_down": ("先解除封锁。", "先解除封鎖。"),
    "door_blocked": ("解除这扇门的停用。", "解除這扇門的停用。"),
    "credential_unknown": (
        "这扇门不认识这张卡：查它的通行规则。",
        "這扇門不認識這張卡：查它的通行規則。",
    ),
    "credential_blocked": ("这张卡已经停用：发一张新的。", "這張卡已經停用：發一張新的。"),
    "credential_forged": (
        "这张卡答不出自己的钥匙：是复制的，或者要重新写钥匙。",
        "這張卡答不出自己的金鑰：是複製的，或者要重新寫金鑰。",
    ),
    "assurance_low": ("这扇门要更可靠的凭证。", "這扇門要更可靠的憑證。"),
    "person_unknown": ("这个人在这扇门没有通行规则。", "這個人在這扇門沒有通行規則。"),
    "person_denied": ("有一条禁止规则点了这个人。", "有一條禁止規則點了這個人。"),
    "schedule_closed": ("看这条规则的时间表。", "看這條規則的時間表。"),
    "validity_over": ("规则还没开始，或者已经过期。", "規則還沒開始，或者已經過期。"),
    "remote_refused": ("这扇门不接受远程开门。", "這扇門不接受遠端開門。"),
    "door_unknown": ("核对门的编号。", "核對門的編號。"),
    "policy_missing": ("门口机还没有名单：看它的状态。", "門口機還沒有名單：看它的狀態。"),
    "policy_behind": ("门口机还没收到最新的名单。", "門口機還沒收到最新的名單。"),
    "unlocked": ("这扇门现在的模式是常开。", "這扇門現在的模式是常開。"),
    "policy_stale": (
        "最后一次联网满一周，或者重启后没有签名时间，临时权限和访客码就停用。",
        "最後一次連線滿一週，或者重新啟動後沒有簽名時間，臨時權限和訪客碼就停用。",
    ),
    "pin_needed": ("这扇门刷卡以后还要密码。", "這扇門感應卡以後還要密碼。"),
    "pin_wrong": ("密码不对；忘了就重设一个。", "密碼不對；忘了就重設一個。"),
    "pin_locked": ("键盘要等一会儿；刷卡不受影响。", "鍵盤要等一會兒；感應卡不受影響。"),
    "second_awaited": ("这扇门要两个人一起开。", "這扇門要兩個人一起開。"),
    "passback": ("防反传：看这个人最后记在哪里。", "防反傳：看這個人最後記在哪裡。"),
    "interlock": (
        "互锁的另一扇门开着、正在开，或者看不到它。",
        "互鎖的另一扇門開著、正在開，或者看不到它。",
    ),
    "pass_used": ("访客码在写明的每扇门只能用一次。", "訪客碼在寫明的每扇門只能用一次。"),
    "pass_early": ("看访客码上的时间。", "看訪客碼上的時間。"),
    "pass_over": ("请邀请的人再发一个。", "請邀請的人再發一個。"),
    "pass_not_here": (
        "访客码没有写这扇门，或者这扇门不收访客码。",
        "訪客碼沒有寫這扇門，或者這扇門不收訪客碼。",
    ),
    "pass_revoked": (
        "已经取消，或者邀请的人在这里不再有权限。",
        "已經取消，或者邀請的人在這裡不再有權限。",
    ),
    "pass_online": (
        "太长的、只许用一次的访客码，要由主机核对。",
        "太長的、只許用一次的訪客碼，要由主機核對。",
    ),
    "courier_code_wrong": (
        "这扇门没有这个有效的取件码；也可能门口机还没收到。",
        "這扇門沒有這個有效的取件碼；也可能門口機還沒收到。",
    ),
    "codes_locked": (
        "这扇门的取件码要等一会儿；刷卡和密码不受影响。",
        "這扇門的取件碼要等一會兒；感應卡和密碼不受影響。",
    ),
    "entered": ("放行以后门开了。", "放行以後門開了。"),
    "not_entered": ("没有人进去；不反复出现就不用管。", "沒有人進去；不反覆出現就不用管。"),
    "forced": ("去现场看：没有放行，门却开了。", "去現場看：沒有放行，門卻開了。"),
    "held": ("把门关上，或者看看是什么顶着它。", "把門關上，或者看看是什麼頂著它。"),
    "tamper": ("去看门口机。", "去看門口機。"),
    "reader_silent": ("看读卡器、它的线和电源。", "看讀卡器、它的線和電源。"),
    "duress": ("只告诉指定的人；不要打电话给当事人。", "只告訴指定的人；不要打電話給當事人。"),
    "factor_wrong": ("要本人一个新的动态码。", "要本人一個新的動態碼。"),
    "residential": (
        "防反传和双人规则只用在房间，不用在回家的路上。",
        "防反傳和雙人規則只用在房間，不用在回家的路上。",
    ),
    "strike_fault": ("看继电器、它的线和电源。", "看繼電器、它的線和電源。"),
    "storage_fault": ("门口机写不了自己的盘。", "門口機寫不了自己的磁碟。"),
    "opened_elsewhere": ("这扇门正在为别人开。", "這扇門正在為別人開。"),
    # --- a visitor's pass before its decision
    "pass_form": ("给扫码口看的不是访客码。", "給掃碼口看的不是訪客碼。"),
    "pass_forged": (
        "签名不是我们的：可能有人伪造，或者是别的小区的码。",
        "簽名不是我們的：可能有人偽造，或者是別的社區的碼。",
    ),
    "passes_many": (
        "一家同时有效的、一天里新发的访客码都有上限。",
        "一家同時有效的、一天裡新發的訪客碼都有上限。",
    ),
    # --- the envelope of a command
    "form": ("消息不合约定的格式。", "訊息不合約定的格式。"),
    "oversize": ("消息比约定的大。", "訊息比約定的大。"),
    "signature": ("签名对不上：可能有人伪造。", "簽名對不上：可能有人偽造。"),
    "key_unknown": ("签名的钥匙不在钥匙集里。", "簽名的金鑰不在金鑰集裡。"),
    "audience": ("这条消息是给另一台设备的。", "這條訊息是給另一台設備的。"),
    "id_conflict": ("同一个编号带来了别的内容。", "同一個編號帶來了別的內容。"),
    "epoch_old": ("消息来自已经不当家的主机。", "訊息來自已經不當家的主機。"),
    "connection_old": ("这条命令是给上一次连接的。", "這條命令是給上一次連線的。"),
    "expired": ("命令到的时候已经过时。", "命令到的時候已經過時。"),
    "too_early": ("命令来自将来：对一对时钟。", "命令來自將來：對一對時鐘。"),
    "window_long": ("一条命令最多活十秒。", "一條命令最多活十秒。"),
    "clock_unsigned": ("设备还没有签名的时间。", "設備還沒有簽名的時間。"),
    "hold_long": ("要的开门时间超过这扇门的上限。", "要的開門時間超過這扇門的上限。"),
    "unsupported": ("设备不懂这个操作。", "設備不懂這個操作。"),
    # --- the hub's own refusals
    "outcome_unknown": ("门没有按时回答；它的记录会说明。", "門沒有按時回答；它的記錄會說明。"),
    "door_offline": ("门口机没有连上。", "門口機沒有連上。"),
    "request_spent": (
        "一次性号已经用过：是抄来的，或者来晚的重复。",
        "一次性號已經用過：是抄來的，或者來晚的重複。",
    ),
    "request_stale": ("一次性号太旧，或者不是我们的。", "一次性號太舊，或者不是我們的。"),
    "request_altered": ("方法、地址或内容和签名的不一样。", "方法、位址或內容和簽名的不一樣。"),
    "proof_missing": ("请求没有带 Linli-Proof。", "請求沒有帶 Linli-Proof。"),
    "proof_form": ("证明的格式不对。", "證明的格式不對。"),
    "proof_forged": ("证明的签名和钥匙对不上。", "證明的簽名和金鑰對不上。"),
    "phone_unknown": ("这部手机没有登记过，或者已经移除。", "這部手機沒有登記過，或者已經移除。"),
    "phone_revoked": ("这部手机已经停用。", "這部手機已經停用。"),
    "phone_paused": (
        "问清楚是谁的手机：认得就确认，不认得就停用。",
        "問清楚是誰的手機：認得就確認，不認得就停用。",
    ),
    "code_wrong": ("发一个新的号码。", "發一個新的號碼。"),
    "too_many": ("等一等；猜得太快会被放慢。", "等一等；猜得太快會被放慢。"),
    "hub_busy": ("收件箱满了；对方会再试。", "收件匣滿了；對方會再試。"),
    "store_unavailable": ("数据库现在写不了：看磁盘和锁。", "資料庫現在寫不了：看磁碟和鎖。"),
    "internal": ("看隔离区里的记录。", "看隔離區裡的記錄。"),
    "field_wrong": ("点名的那一格不合适。", "點名的那一格不合適。"),
    "method_wrong": ("这个地址不收这种方法。", "這個位址不收這種方法。"),
    "not_allowed": ("请管理员给权限。", "請管理員給權限。"),
    "client_header": ("请带上 Linli-Client 头。", "請帶上 Linli-Client 標頭。"),
    # --- Home Assistant, and relays on MQTT
    "ha_off": (
        "这个小区没有启用 Home Assistant：linli ha enable。",
        "這個社區沒有啟用 Home Assistant：linli ha enable。",
    ),
    "ha_door": ("给这扇门标上 ha: true。", "給這扇門標上 ha: true。"),
    "ha_code": ("十分钟内错五次，会停一会儿。", "十分鐘內錯五次，會停一會兒。"),
    "mode_refused": (
        "Home Assistant 只能收紧，只能收回自己设的。",
        "Home Assistant 只能收緊，只能收回自己設的。",
    ),
    "remote_only": (
        "MQTT 上的锁靠无线和消息服务：请选有线的继电器。",
        "MQTT 上的鎖靠無線和訊息服務：請選有線的繼電器。",
    ),
    # --- cards at activity points
    "sun_form": ("卡说的不是 SUN 消息。", "卡說的不是 SUN 訊息。"),
    "sun_forged": ("卡的码和它的钥匙对不上。", "卡的碼和它的金鑰對不上。"),
    "sun_repeat": ("同一次刷卡来了两回：是抄来的消息。", "同一次感應來了兩回：是抄來的訊息。"),
    "sun_review": ("来晚的刷卡，时间对不上：看一看。", "來晚的感應，時間對不上：看一看。"),
    # --- spreadsheets and letters
    "sheet_unknown": (
        "既不是工作簿，也不是 UTF-8 或 GB 18030 的文字。",
        "既不是活頁簿，也不是 UTF-8 或 GB 18030 的文字。",
    ),
    "sheet_too_large": ("最多 20 MB，四万行有内容的行。", "最多 20 MB，四萬列有內容的列。"),
    "import_forgotten": ("看过的表格只在内存里留半小时。", "看過的試算表只在記憶體裡留半小時。"),
    "import_overtaken": ("看后来的改动：每一行和它的列。", "看後來的改動：每一列和它的欄。"),
    "font_missing": ("apt install fonts-noto-cjk", "apt install fonts-noto-cjk"),
    # --- the issuing desk
    "card_taken": (
        "换一张卡；卡不会从一个人转给另一个人。",
        "換一張卡；卡不會從一個人轉給另一個人。",
    ),
    "card_kept_out": (
        "找回来的卡先解除停用，不然就换一张。",
        "找回來的卡先解除停用，不然就換一張。",
    ),
    "card_scrapped": (
        "卡上的钥匙不是我们的，或者改不了，在这里没人能用。",
        "卡上的金鑰不是我們的，或者改不了，在這裡沒人能用。",
    ),
    "card_number_only": ("按旧卡登记，或者换 NTAG 424 DNA。", "按舊卡登記，或者換 NTAG 424 DNA。"),
    "card_foreign": ("换一张对的卡。", "換一張對的卡。"),
    "card_others": (
        "是给别的小区做的，或者是换总钥匙以前做的。",
        "是給別的社區做的，或者是換總金鑰以前做的。",
    ),
    "card_blank": ("先给它写钥匙。", "先給它寫金鑰。"),
    "card_torn": ("再放一次，就会接着做完。", "再放一次，就會接著做完。"),
    "desk_away": (
        "看发卡台的程序在不在，读卡器插好没有。",
        "看發卡台的程式在不在，讀卡機插好沒有。",
    ),
    "desk_empty": ("把卡放上去，别拿开。", "把卡放上去，別拿開。"),
    "desk_shut": (
        "写卡钥匙的人要用第二种凭证，四小时一次。",
        "寫卡金鑰的人要用第二種憑證，四小時一次。",
    ),
    # --- bills and payments
    "bill_pending": ("这张账单还有一笔付款没有结束。", "這張帳單還有一筆付款沒有結束。"),
    "card_homeless": (
        "持卡人今天不住在任何一户；请查看该住户的租期。",
        "持卡人今天不住在任何一戶；請查看該住戶的租期。",
    ),
    "card_stopped": ("这张卡已停用；请发一张新卡。", "這張卡已停用；請發一張新卡。"),
    "card_session_refused": ("卡没能向主机证明自己的钥匙。", "卡沒能向主機證明自己的金鑰。"),
    "payment_conflict": ("同一个付款编号带来了别的内容。", "同一個付款編號帶來了別的內容。"),
    "provider_silent": ("看通到支付平台的路。", "看通到支付平台的路。"),
    "provider_refused": ("看日志里支付平台的代码。", "看日誌裡支付平台的代碼。"),
    "callback_timestamp": ("通知已经超过五分钟：是重放。", "通知已經超過五分鐘：是重放。"),
    "callback_serial": ("通知用的钥匙没有登记。", "通知用的金鑰沒有登記。"),
    "callback_signature": ("通知的签名对不上。", "通知的簽名對不上。"),
    "callback_cipher": ("通知的内容打不开。", "通知的內容打不開。"),
    "callback_form": ("通知的格式不对。", "通知的格式不對。"),
    "callback_merchant": ("通知是给另一个商户的。", "通知是給另一個商戶的。"),
    "callback_amount": ("通知的金额和付款的不一样。", "通知的金額和付款的不一樣。"),
    # --- faces and cameras
    "photo_large": ("最多 15 MB、五千万像素。", "最多 15 MB、五千萬像素。"),
    "photo_broken": (
        "收 JPEG、PNG 和 WebP；文件可能不完整。",
        "接受 JPEG、PNG 和 WebP；檔案可能不完整。",
    ),
    "face_copied": (
        "脸四周有四条直边，或脸上有屏幕纹：不要让照片、屏幕、证件、镜子或窗口框住人。",
        "臉四周有四條直邊，或臉上有螢幕紋：不要讓照片、螢幕、證件、鏡子或窗口框住人。",
    ),
    "face_dark": ("在摄像头上方加一盏灯。", "在攝影機上方加一盞燈。"),
    "face_turn_late": ("没有在规定的时间里转头。", "沒有在規定的時間內轉頭。"),
    "face_turn_jumped": (
        "前后两眼差得太多：换了人，或者换了图。",
        "前後兩次差得太多：換了人，或者換了圖。",
    ),
    "face_turn_other": ("录像不知道这次抽到的是哪一边。", "錄影不知道這次抽到的是哪一邊。"),
    "face_not_matched": (
        "换一天再拍一张会好一些；刷卡一样能开。",
        "換一天再拍一張會好一些；刷卡一樣能開。",
    ),
    "face_not_enrolled": ("这里的人都没有同意并登记照片。", "這裡的人都沒有同意並登記照片。"),
    "face_alike": (
        "这扇门有两个人都够像：只有先报是谁才分得开。",
        "這扇門有兩個人都夠像：只有先報是誰才分得開。",
    ),
    "face_model_other": ("两种模型的模板不能相互比对。", "兩種模型的範本不能互相比對。"),
    "face_audit_few": (
        "继续先刷卡、用手机或报房号，或者放宽要求的误认率。",
        "繼續先刷卡、用手機或報房號，或者放寬要求的誤認率。",
    ),
    "face_audit_photos": (
        "至少二十个人，每人两张不同日子的照片。",
        "至少二十個人，每人兩張不同日子的照片。",
    ),
    "face_audit_poor": (
        "看自测：预计的漏认和长得像的人。继续先报是谁。",
        "看自測：預計的漏認和長得像的人。繼續先報是誰。",
    ),
    "face_assessment": (
        "在“人脸”页写明：用来做什么、为什么没有更缓和的办法、怎样保护大家。",
        "在「人臉」頁寫明：用來做什麼、為什麼沒有更緩和的辦法、怎樣保護大家。",
    ),
    "face_no_consent": ("先同意，单独一页。", "先同意，單獨一頁。"),
    "face_guardian": (
        "由监护人在服务台或用自己的手机同意。",
        "由監護人在服務台或用自己的手機同意。",
    ),
    "face_own_consent": ("满十四岁，谁也不能替别人同意。", "滿十四歲，誰也不能替別人同意。"),
    "moved_out": (
        "租期已过：先看住在哪里，再按新住处登记。",
        "租期已過：先看住在哪裡，再按新住處登記。",
    ),
    "face_moved": ("租期已过，存过的都已删除。", "租期已過，存過的都已刪除。"),
    "face_only": (
        "先给它装读卡器、开放手机或密码：不能强迫任何人刷脸。",
        "先給它裝讀卡器、開放手機或密碼：不能強迫任何人刷臉。",
    ),
    "face_zone": (
        "更衣室、厕所、住宅里绝不可以；出入口、楼道、车库、公共用房和办公室可以。",
        "更衣室、廁所、住宅裡絕不可以；出入口、樓道、車庫、公共用房和辦公室可以。",
    ),
    "face_photos_many": ("要换照片，先撤回再重新登记。", "要換照片，先撤回再重新登記。"),
    "face_starting": (
        "启动后先做自测，大社区要一分钟。",
        "啟動後先做自測，大社區要一分鐘。",
    ),
    "face_keys_elsewhere": (
        "把旧机器上的 faces.keys 拿来，或用 linli face renew 重新开始。",
        "把舊機器上的 faces.keys 拿來，或用 linli face renew 重新開始。",
    ),
    "face_order": (
        "要有主管机关、法律依据、期限、实测的误报预期，并由第二个人批准。",
        "要有主管機關、法律依據、期限、實測的誤報預期，並由第二個人批准。",
    ),
    "faces_absent": (
        "运行 make faces，或者装上 `faces` 这个附加包。",
        "執行 make faces，或者裝上 `faces` 這個附加套件。",
    ),
    "camera_silent": ("看它的电源、网络和地址。", "看它的電源、網路和位址。"),
    "camera_broken": ("请它送 H.264 或 JPEG，最大 4K。", "請它送 H.264 或 JPEG，最大 4K。"),
    # --- incidents
    "incident_step": ("这件事现在的状态不允许这一步。", "這件事目前的狀態不允許這一步。"),
    "incident_elsewhere": ("先接手过来。", "先接手過來。"),
    "incident_unseen": (
        "关注名单的命中要看现场图和名单图两张。",
        "關注名單的命中要看現場圖和名單圖兩張。",
    ),
    "authority_missing": ("填上授权机关、法律依据和到期日。", "填上授權機關、法律依據和到期日。"),
    "station_missing": (
        "在 hub.toml 里写上接警台，见 docs/police.md；在那之前打电话。",
        "在 hub.toml 裡寫上接警臺，見 docs/police.md；在那之前打電話。",
    ),
    "station_unreachable": ("查网络和接警台的地址。", "查網路和接警臺的位址。"),
    "station_silent": (
        "那边可能收到了，也可能没有：报消息号问接警台。",
        "那邊可能收到了，也可能沒有：報訊息號問接警臺。",
    ),
    "station_tls": (
        "和接警台核对证书；用 ca 写上它的签发机构。",
        "和接警臺核對憑證；用 ca 寫上它的簽發機構。",
    ),
    "station_unproven": (
        "密钥不对、旧的回答，或者答的是别的消息：线上可能有别人。",
        "金鑰不對、舊的回答，或者答的是別的訊息：線上可能有別人。",
    ),
    "station_flood": ("可能有别人冒充接警台在回答。", "可能有別人冒充接警臺在回答。"),
    "station_clock": (
        "用 NTP 校准这台机器的时钟，之后会自动再发。",
        "用 NTP 校準這臺機器的時鐘，之後會自動再送。",
    ),
    "station_refused": (
        "和接警台核对账号和密钥，然后再发一次。",
        "和接警臺核對帳號和金鑰，然後再送一次。",
    ),
    "station_unable": (
        "和接警台约好代码和防区，然后再发一次。",
        "和接警臺約好代碼和防區，然後再送一次。",
    ),
    "station_given_up": ("打电话，然后写下是怎么处理的。", "打電話，然後寫下是怎麼處理的。"),
    "station_restored": (
        "旧机器可能已经送过：先问，再决定重发，或者写下怎么处理的。",
        "舊機器可能已經送過：先問，再決定重送，或者寫下怎麼處理的。",
    ),
    "picture_gone": (
        "误报的图片立即删除，其他的到期删除。",
        "誤報的圖片立即刪除，其他的到期刪除。",
    ),
    "picture_unfit": ("JPEG 或 PNG，最大 512 kB。", "JPEG 或 PNG，最大 512 kB。"),
    "face_awaited": (
        "手机说了是谁；这扇门还要密码，人脸可以代替。",
        "手機說了是誰；這扇門還要密碼，人臉可以代替。",
    ),
    "face_busy": (
        "一次只核对一位；先到门口的先来。",
        "一次只核對一位；先到門口的先來。",
    ),
    "face_ask_ahead": ("正在请门口的人看前方。", "正在請門口的人看前方。"),
    "face_ask_left": (
        "正在请门口的人转头，是他自己的左边。",
        "正在請門口的人轉頭，是他自己的左邊。",
    ),
    "face_ask_right": (
        "正在请门口的人转头，是他自己的右边。",
        "正在請門口的人轉頭，是他自己的右邊。",
    ),
    "face_away": (
        "主机、摄像头或人脸程序连不上；这扇门的其他开门方式照常。",
        "主機、攝影機或人臉程式連不上；這扇門的其他開門方式照常。",
    ),
    "face_word_other": (
        "来晚了、来了两次，或是给别人的；门没有因此打开。",
        "來晚了、來了兩次，或是給別人的；門沒有因此打開。",
    ),
}


def cure_of(code: str) -> Words | None:
    """What to do about a reason; None where there is nothing to do, or nobody has translated it."""
    entry, chinese = REASONS.get(code), _CHINESE.get(code)
    if entry is None or chinese is None or not entry.cure:
        return None
    return Words(*chinese, entry.cure)


def as_typescript() -> str:
    """The dictionary as the TypeScript module that the console imports."""
    rows = {code: cure_of(code) for code in sorted(REASONS)}
    shown = {code: words.as_dict() for code, words in rows.items() if words is not None}
    table = json.dumps(shown, ensure_ascii=False, indent=2)
    return (
        "// Made from devices/cures.py by `python -m devices.cures`; do not edit.\n"
        'import type { Words } from "@linli/shared/i18n";\n'
        'import type { ReasonCode } from "@linli/shared/reasons";\n\n'
        f"export const cures: Readonly<Partial<Record<ReasonCode, Words>>> = {table};\n"
    )


if __name__ == "__main__":
    sys.stdout.write(as_typescript())
