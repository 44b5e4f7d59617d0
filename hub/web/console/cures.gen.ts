// Made from devices/cures.py by `python -m devices.cures`; do not edit.
import type { Words } from "@linli/shared/i18n";
import type { ReasonCode } from "@linli/shared/reasons";

export const cures: Readonly<Partial<Record<ReasonCode, Words>>> = {
  "assurance_low": {
    "zh-Hans": "这扇门要更可靠的凭证。",
    "zh-Hant": "這扇門要更可靠的憑證。",
    "en": "This door asks for a stronger credential."
  },
  "audience": {
    "zh-Hans": "这条消息是给另一台设备的。",
    "zh-Hant": "這條訊息是給另一台設備的。",
    "en": "The message was made for another device."
  },
  "authority_missing": {
    "zh-Hans": "填上授权机关、法律依据和到期日。",
    "zh-Hant": "填上授權機關、法律依據和到期日。",
    "en": "Enter authority, legal basis and expiry."
  },
  "bill_pending": {
    "zh-Hans": "这张账单还有一笔付款没有结束。",
    "zh-Hant": "這張帳單還有一筆付款沒有結束。",
    "en": "Another payment of this bill is still open."
  },
  "callback_amount": {
    "zh-Hans": "通知的金额和付款的不一样。",
    "zh-Hant": "通知的金額和付款的不一樣。",
    "en": "The callback's amount differs from the payment's."
  },
  "callback_cipher": {
    "zh-Hans": "通知的内容打不开。",
    "zh-Hant": "通知的內容打不開。",
    "en": "The callback's content cannot be opened."
  },
  "callback_form": {
    "zh-Hans": "通知的格式不对。",
    "zh-Hant": "通知的格式不對。",
    "en": "The callback is not of the expected form."
  },
  "callback_merchant": {
    "zh-Hans": "通知是给另一个商户的。",
    "zh-Hant": "通知是給另一個商戶的。",
    "en": "The callback is for another merchant."
  },
  "callback_serial": {
    "zh-Hans": "通知用的钥匙没有登记。",
    "zh-Hant": "通知用的金鑰沒有登記。",
    "en": "The callback names a key that is not pinned."
  },
  "callback_signature": {
    "zh-Hans": "通知的签名对不上。",
    "zh-Hant": "通知的簽名對不上。",
    "en": "The callback's signature does not match."
  },
  "callback_timestamp": {
    "zh-Hans": "通知已经超过五分钟：是重放。",
    "zh-Hant": "通知已經超過五分鐘：是重放。",
    "en": "The callback is older than five minutes: a replay."
  },
  "camera_broken": {
    "zh-Hans": "请它送 H.264 或 JPEG，最大 4K。",
    "zh-Hant": "請它送 H.264 或 JPEG，最大 4K。",
    "en": "Ask for H.264 or JPEG of at most 4K."
  },
  "camera_silent": {
    "zh-Hans": "看它的电源、网络和地址。",
    "zh-Hant": "看它的電源、網路和位址。",
    "en": "Look at its power, network and address."
  },
  "card_blank": {
    "zh-Hans": "先给它写钥匙。",
    "zh-Hant": "先給它寫金鑰。",
    "en": "Make it ready first."
  },
  "card_foreign": {
    "zh-Hans": "换一张对的卡。",
    "zh-Hant": "換一張對的卡。",
    "en": "Take a card of the right kind."
  },
  "card_homeless": {
    "zh-Hans": "持卡人今天不住在任何一户；请查看该住户的租期。",
    "zh-Hant": "持卡人今天不住在任何一戶；請查看該住戶的租期。",
    "en": "The holder lives in no household today; see the person's tenancy."
  },
  "card_kept_out": {
    "zh-Hans": "找回来的卡先解除停用，不然就换一张。",
    "zh-Hant": "找回來的卡先解除停用，不然就換一張。",
    "en": "If it was found again, lift its stop first; else take another card."
  },
  "card_number_only": {
    "zh-Hans": "按旧卡登记，或者换 NTAG 424 DNA。",
    "zh-Hant": "按舊卡登記，或者換 NTAG 424 DNA。",
    "en": "Enrol it as an old card, or take an NTAG 424 DNA."
  },
  "card_others": {
    "zh-Hans": "是给别的小区做的，或者是换总钥匙以前做的。",
    "zh-Hant": "是給別的社區做的，或者是換總金鑰以前做的。",
    "en": "It was made for another site, or before the card masters were replaced."
  },
  "card_scrapped": {
    "zh-Hans": "卡上的钥匙不是我们的，或者改不了，在这里没人能用。",
    "zh-Hant": "卡上的金鑰不是我們的，或者改不了，在這裡沒人能用。",
    "en": "Its keys are not ours or cannot be changed; nobody can use it here."
  },
  "card_session_refused": {
    "zh-Hans": "卡没能向主机证明自己的钥匙。",
    "zh-Hant": "卡沒能向主機證明自己的金鑰。",
    "en": "The card could not prove its key to the hub."
  },
  "card_stopped": {
    "zh-Hans": "这张卡已停用；请发一张新卡。",
    "zh-Hant": "這張卡已停用；請發一張新卡。",
    "en": "The card was blocked; give out a new one."
  },
  "card_taken": {
    "zh-Hans": "换一张卡；卡不会从一个人转给另一个人。",
    "zh-Hant": "換一張卡；卡不會從一個人轉給另一個人。",
    "en": "Take another card; a card is never moved from one person to another."
  },
  "card_torn": {
    "zh-Hans": "再放一次，就会接着做完。",
    "zh-Hant": "再放一次，就會接著做完。",
    "en": "The next try finishes what was begun."
  },
  "client_header": {
    "zh-Hans": "请带上 Linli-Client 头。",
    "zh-Hant": "請帶上 Linli-Client 標頭。",
    "en": "Send the header Linli-Client."
  },
  "clock_unsigned": {
    "zh-Hans": "设备还没有签名的时间。",
    "zh-Hant": "設備還沒有簽名的時間。",
    "en": "The device has no signed time yet."
  },
  "code_wrong": {
    "zh-Hans": "发一个新的号码。",
    "zh-Hant": "發一個新的號碼。",
    "en": "Issue a new code."
  },
  "codes_locked": {
    "zh-Hans": "这扇门的取件码要等一会儿；刷卡和密码不受影响。",
    "zh-Hant": "這扇門的取件碼要等一會兒；感應卡和密碼不受影響。",
    "en": "Couriers' codes wait at this door; cards and PINs do not."
  },
  "connection_old": {
    "zh-Hans": "这条命令是给上一次连接的。",
    "zh-Hant": "這條命令是給上一次連線的。",
    "en": "The command was made for an earlier connection."
  },
  "courier_code_wrong": {
    "zh-Hans": "这扇门没有这个有效的取件码；也可能门口机还没收到。",
    "zh-Hant": "這扇門沒有這個有效的取件碼；也可能門口機還沒收到。",
    "en": "No living code of this door; the door may not have it yet."
  },
  "credential_blocked": {
    "zh-Hans": "这张卡已经停用：发一张新的。",
    "zh-Hant": "這張卡已經停用：發一張新的。",
    "en": "The card was blocked; give out a new one."
  },
  "credential_forged": {
    "zh-Hans": "这张卡答不出自己的钥匙：是复制的，或者要重新写钥匙。",
    "zh-Hant": "這張卡答不出自己的金鑰：是複製的，或者要重新寫金鑰。",
    "en": "The card could not prove its key: a copy, or a card that needs new keys."
  },
  "credential_unknown": {
    "zh-Hans": "这扇门不认识这张卡：查它的通行规则。",
    "zh-Hant": "這扇門不認識這張卡：查它的通行規則。",
    "en": "The card is not known at this door; check its access rules."
  },
  "desk_away": {
    "zh-Hans": "看发卡台的程序在不在，读卡器插好没有。",
    "zh-Hant": "看發卡台的程式在不在，讀卡機插好沒有。",
    "en": "Check that the desk's program runs and its reader is plugged in."
  },
  "desk_empty": {
    "zh-Hans": "把卡放上去，别拿开。",
    "zh-Hant": "把卡放上去，別拿開。",
    "en": "Put a card down and leave it there."
  },
  "desk_shut": {
    "zh-Hans": "写卡钥匙的人要用第二种凭证，四小时一次。",
    "zh-Hant": "寫卡金鑰的人要用第二種憑證，四小時一次。",
    "en": "Whoever writes card keys proves a second factor, once in four hours."
  },
  "door_blocked": {
    "zh-Hans": "解除这扇门的停用。",
    "zh-Hant": "解除這扇門的停用。",
    "en": "Unblock the door."
  },
  "door_offline": {
    "zh-Hans": "门口机没有连上。",
    "zh-Hant": "門口機沒有連上。",
    "en": "The controller is not connected."
  },
  "door_unknown": {
    "zh-Hans": "核对门的编号。",
    "zh-Hant": "核對門的編號。",
    "en": "Check the door id."
  },
  "duress": {
    "zh-Hans": "只告诉指定的人；不要打电话给当事人。",
    "zh-Hant": "只告訴指定的人；不要打電話給當事人。",
    "en": "Tell the named responders only; do not call the person."
  },
  "entered": {
    "zh-Hans": "放行以后门开了。",
    "zh-Hant": "放行以後門開了。",
    "en": "The door opened after a grant."
  },
  "epoch_old": {
    "zh-Hans": "消息来自已经不当家的主机。",
    "zh-Hant": "訊息來自已經不當家的主機。",
    "en": "The message is from a hub that is no longer the judge."
  },
  "expired": {
    "zh-Hans": "命令到的时候已经过时。",
    "zh-Hant": "命令到的時候已經過時。",
    "en": "The command came after its time."
  },
  "face_alike": {
    "zh-Hans": "这扇门有两个人都够像：只有先报是谁才分得开。",
    "zh-Hant": "這扇門有兩個人都夠像：只有先報是誰才分得開。",
    "en": "Two people of this door are below the threshold: only a claim tells them apart."
  },
  "face_ask_ahead": {
    "zh-Hans": "正在请门口的人看前方。",
    "zh-Hant": "正在請門口的人看前方。",
    "en": "Asked of somebody who is looked at."
  },
  "face_ask_left": {
    "zh-Hans": "正在请门口的人转头，是他自己的左边。",
    "zh-Hant": "正在請門口的人轉頭，是他自己的左邊。",
    "en": "Asked of somebody who is looked at; their own left."
  },
  "face_ask_right": {
    "zh-Hans": "正在请门口的人转头，是他自己的右边。",
    "zh-Hant": "正在請門口的人轉頭，是他自己的右邊。",
    "en": "Asked of somebody who is looked at; their own right."
  },
  "face_assessment": {
    "zh-Hans": "在“人脸”页写明：用来做什么、为什么没有更缓和的办法、怎样保护大家。",
    "zh-Hant": "在「人臉」頁寫明：用來做什麼、為什麼沒有更緩和的辦法、怎樣保護大家。",
    "en": "On the page Faces: what faces are for here, why nothing milder does, and how people are protected."
  },
  "face_audit_few": {
    "zh-Hans": "继续先刷卡、用手机或报房号，或者放宽要求的误认率。",
    "zh-Hant": "繼續先刷卡、用手機或報房號，或者放寬要求的誤認率。",
    "en": "Keep the claim (card, phone, flat number), or ask for a higher rate."
  },
  "face_audit_photos": {
    "zh-Hans": "至少二十个人，每人两张不同日子的照片。",
    "zh-Hant": "至少二十個人，每人兩張不同日子的照片。",
    "en": "At least twenty people with two photos of different days."
  },
  "face_audit_poor": {
    "zh-Hans": "看自测：预计的漏认和长得像的人。继续先报是谁。",
    "zh-Hant": "看自測：預計的漏認和長得像的人。繼續先報是誰。",
    "en": "See the audit: expected misses and look-alike pairs. Keep the claim."
  },
  "face_awaited": {
    "zh-Hans": "手机说了是谁；这扇门还要密码，人脸可以代替。",
    "zh-Hant": "手機說了是誰；這扇門還要密碼，人臉可以代替。",
    "en": "The phone named its holder; their face stands for the PIN that this door asks for."
  },
  "face_away": {
    "zh-Hans": "主机、摄像头或人脸程序连不上；这扇门的其他开门方式照常。",
    "zh-Hant": "主機、攝影機或人臉程式連不上；這扇門的其他開門方式照常。",
    "en": "The hub, its camera or its face process is away; the door's other ways go on."
  },
  "face_busy": {
    "zh-Hans": "一次只核对一位；先到门口的先来。",
    "zh-Hant": "一次只核對一位；先到門口的先來。",
    "en": "One claim at a time; whoever stands at the reader goes first."
  },
  "face_copied": {
    "zh-Hans": "脸四周有四条直边，或脸上有屏幕纹：不要让照片、屏幕、证件、镜子或窗口框住人。",
    "zh-Hant": "臉四周有四條直邊，或臉上有螢幕紋：不要讓照片、螢幕、證件、鏡子或窗口框住人。",
    "en": "Four straight edges close round the face, or a screen's grid lies on it: no print, screen, document, mirror or hatch may frame the person."
  },
  "face_dark": {
    "zh-Hans": "在摄像头上方加一盏灯。",
    "zh-Hant": "在攝影機上方加一盞燈。",
    "en": "A lamp above the camera helps."
  },
  "face_guardian": {
    "zh-Hans": "由监护人在服务台或用自己的手机同意。",
    "zh-Hant": "由監護人在服務台或用自己的手機同意。",
    "en": "A guardian gives it at the desk or on their own phone."
  },
  "face_keys_elsewhere": {
    "zh-Hans": "把旧机器上的 faces.keys 拿来，或用 linli face renew 重新开始。",
    "zh-Hant": "把舊機器上的 faces.keys 拿來，或用 linli face renew 重新開始。",
    "en": "Bring faces.keys from the old machine, or begin anew: linli face renew."
  },
  "face_model_other": {
    "zh-Hans": "两种模型的模板不能相互比对。",
    "zh-Hant": "兩種模型的範本不能互相比對。",
    "en": "Embeddings of two models cannot be compared."
  },
  "face_moved": {
    "zh-Hans": "租期已过，存过的都已删除。",
    "zh-Hant": "租期已過，存過的都已刪除。",
    "en": "Their tenancy is over; what was kept is deleted."
  },
  "face_no_consent": {
    "zh-Hans": "先同意，单独一页。",
    "zh-Hant": "先同意，單獨一頁。",
    "en": "Consent comes first, on its own page."
  },
  "face_not_enrolled": {
    "zh-Hans": "这里的人都没有同意并登记照片。",
    "zh-Hant": "這裡的人都沒有同意並登記照片。",
    "en": "Nobody of the claim has given consent and photos."
  },
  "face_not_matched": {
    "zh-Hans": "换一天再拍一张会好一些；刷卡一样能开。",
    "zh-Hant": "換一天再拍一張會好一些；刷卡一樣能開。",
    "en": "Another photo of another day helps; the card works as well."
  },
  "face_only": {
    "zh-Hans": "先给它装读卡器、开放手机或密码：不能强迫任何人刷脸。",
    "zh-Hant": "先給它裝讀卡器、開放手機或密碼：不能強迫任何人刷臉。",
    "en": "Give it a card reader, phones or typed PINs first: nobody may be made to show a face."
  },
  "face_order": {
    "zh-Hans": "要有主管机关、法律依据、期限、实测的误报预期，并由第二个人批准。",
    "zh-Hant": "要有主管機關、法律依據、期限、實測的誤報預期，並由第二個人批准。",
    "en": "It needs an authority, its legal basis, an end, a measured expectation of false alarms, and a second person."
  },
  "face_own_consent": {
    "zh-Hans": "满十四岁，谁也不能替别人同意。",
    "zh-Hant": "滿十四歲，誰也不能替別人同意。",
    "en": "From fourteen on nobody consents for somebody else."
  },
  "face_photos_many": {
    "zh-Hans": "要换照片，先撤回再重新登记。",
    "zh-Hant": "要換照片，先撤回再重新登記。",
    "en": "Withdraw and begin again to replace them."
  },
  "face_starting": {
    "zh-Hans": "启动后先做自测，大社区要一分钟。",
    "zh-Hant": "啟動後先做自測，大社區要一分鐘。",
    "en": "After a start the self-audit runs first; a large estate takes a minute."
  },
  "face_turn_jumped": {
    "zh-Hans": "前后两眼差得太多：换了人，或者换了图。",
    "zh-Hant": "前後兩次差得太多：換了人，或者換了圖。",
    "en": "Two looks differ too much: another face, or a picture exchanged."
  },
  "face_turn_late": {
    "zh-Hans": "没有在规定的时间里转头。",
    "zh-Hant": "沒有在規定的時間內轉頭。",
    "en": "The head was not turned in time."
  },
  "face_turn_other": {
    "zh-Hans": "录像不知道这次抽到的是哪一边。",
    "zh-Hant": "錄影不知道這次抽到的是哪一邊。",
    "en": "A recording does not know the side that was drawn."
  },
  "face_word_other": {
    "zh-Hans": "来晚了、来了两次，或是给别人的；门没有因此打开。",
    "zh-Hant": "來晚了、來了兩次，或是給別人的；門沒有因此打開。",
    "en": "It came too late, twice, or for somebody else's question; nothing opened."
  },
  "face_zone": {
    "zh-Hans": "更衣室、厕所、住宅里绝不可以；出入口、楼道、车库、公共用房和办公室可以。",
    "zh-Hant": "更衣室、廁所、住宅裡絕不可以；出入口、樓道、車庫、公共用房和辦公室可以。",
    "en": "Changing rooms, toilets and homes never; entrances, stairwells, garages, common rooms and offices may."
  },
  "faces_absent": {
    "zh-Hans": "运行 make faces，或者装上 `faces` 这个附加包。",
    "zh-Hant": "執行 make faces，或者裝上 `faces` 這個附加套件。",
    "en": "make faces, or the extra `faces`."
  },
  "factor_wrong": {
    "zh-Hans": "要本人一个新的动态码。",
    "zh-Hant": "要本人一個新的動態碼。",
    "en": "A fresh one-time code of this member is needed."
  },
  "field_wrong": {
    "zh-Hans": "点名的那一格不合适。",
    "zh-Hant": "點名的那一格不合適。",
    "en": "The named field does not fit."
  },
  "fire": {
    "zh-Hans": "门锁已经放开，要到现场手动复位。",
    "zh-Hant": "門鎖已經放開，要到現場手動復歸。",
    "en": "Locks are released; reset by hand on site."
  },
  "font_missing": {
    "zh-Hans": "apt install fonts-noto-cjk",
    "zh-Hant": "apt install fonts-noto-cjk",
    "en": "apt install fonts-noto-cjk"
  },
  "forced": {
    "zh-Hans": "去现场看：没有放行，门却开了。",
    "zh-Hant": "去現場看：沒有放行，門卻開了。",
    "en": "Go and look; the door opened without a grant."
  },
  "form": {
    "zh-Hans": "消息不合约定的格式。",
    "zh-Hant": "訊息不合約定的格式。",
    "en": "The message is not of the contract's form."
  },
  "ha_code": {
    "zh-Hans": "十分钟内错五次，会停一会儿。",
    "zh-Hant": "十分鐘內錯五次，會停一會兒。",
    "en": "Five wrong codes within ten minutes shut it out for a while."
  },
  "ha_door": {
    "zh-Hans": "给这扇门标上 ha: true。",
    "zh-Hant": "給這扇門標上 ha: true。",
    "en": "Mark the door with ha: true."
  },
  "ha_off": {
    "zh-Hans": "这个小区没有启用 Home Assistant：linli ha enable。",
    "zh-Hant": "這個社區沒有啟用 Home Assistant：linli ha enable。",
    "en": "Home Assistant is not enabled at this site: linli ha enable."
  },
  "held": {
    "zh-Hans": "把门关上，或者看看是什么顶着它。",
    "zh-Hant": "把門關上，或者看看是什麼頂著它。",
    "en": "Close the door, or see what keeps it."
  },
  "hold_long": {
    "zh-Hans": "要的开门时间超过这扇门的上限。",
    "zh-Hant": "要的開門時間超過這扇門的上限。",
    "en": "The wanted opening time is above the door's maximum."
  },
  "hub_busy": {
    "zh-Hans": "收件箱满了；对方会再试。",
    "zh-Hant": "收件匣滿了；對方會再試。",
    "en": "The inbox is full; the client tries again."
  },
  "id_conflict": {
    "zh-Hans": "同一个编号带来了别的内容。",
    "zh-Hant": "同一個編號帶來了別的內容。",
    "en": "The same id came with other content."
  },
  "import_forgotten": {
    "zh-Hans": "看过的表格只在内存里留半小时。",
    "zh-Hant": "看過的試算表只在記憶體裡留半小時。",
    "en": "Looked-at sheets are kept in memory for half an hour."
  },
  "import_overtaken": {
    "zh-Hans": "看后来的改动：每一行和它的列。",
    "zh-Hant": "看後來的改動：每一列和它的欄。",
    "en": "See later: each row with its column."
  },
  "incident_elsewhere": {
    "zh-Hans": "先接手过来。",
    "zh-Hant": "先接手過來。",
    "en": "Take it over first."
  },
  "incident_step": {
    "zh-Hans": "这件事现在的状态不允许这一步。",
    "zh-Hant": "這件事目前的狀態不允許這一步。",
    "en": "Its state does not allow this step."
  },
  "incident_unseen": {
    "zh-Hans": "关注名单的命中要看现场图和名单图两张。",
    "zh-Hant": "關注名單的命中要看現場圖和名單圖兩張。",
    "en": "A hit of the watch list needs the scene and the listed picture."
  },
  "interlock": {
    "zh-Hans": "互锁的另一扇门开着、正在开，或者看不到它。",
    "zh-Hant": "互鎖的另一扇門開著、正在開，或者看不到它。",
    "en": "Another door of this interlock is open, being opened, or cannot be seen."
  },
  "internal": {
    "zh-Hans": "看隔离区里的记录。",
    "zh-Hant": "看隔離區裡的記錄。",
    "en": "See the quarantine."
  },
  "key_unknown": {
    "zh-Hans": "签名的钥匙不在钥匙集里。",
    "zh-Hant": "簽名的金鑰不在金鑰集裡。",
    "en": "The signing key is not in the key set."
  },
  "locked_down": {
    "zh-Hans": "先解除封锁。",
    "zh-Hant": "先解除封鎖。",
    "en": "Release the lockdown."
  },
  "method_wrong": {
    "zh-Hans": "这个地址不收这种方法。",
    "zh-Hant": "這個位址不收這種方法。",
    "en": "This address does not take this method."
  },
  "mode_refused": {
    "zh-Hans": "Home Assistant 只能收紧，只能收回自己设的。",
    "zh-Hant": "Home Assistant 只能收緊，只能收回自己設的。",
    "en": "Home Assistant may tighten a door and take back only what it set itself."
  },
  "moved_out": {
    "zh-Hans": "租期已过：先看住在哪里，再按新住处登记。",
    "zh-Hant": "租期已過：先看住在哪裡，再按新住處登記。",
    "en": "The tenancy is over; see where the person lives, and enrol them there."
  },
  "not_allowed": {
    "zh-Hans": "请管理员给权限。",
    "zh-Hant": "請管理員給權限。",
    "en": "Ask an administrator for the grant."
  },
  "not_entered": {
    "zh-Hans": "没有人进去；不反复出现就不用管。",
    "zh-Hant": "沒有人進去；不反覆出現就不用管。",
    "en": "Nobody went through; nothing to do unless it repeats."
  },
  "opened_elsewhere": {
    "zh-Hans": "这扇门正在为别人开。",
    "zh-Hant": "這扇門正在為別人開。",
    "en": "Another opening of this door is under way."
  },
  "outcome_unknown": {
    "zh-Hans": "门没有按时回答；它的记录会说明。",
    "zh-Hant": "門沒有按時回答；它的記錄會說明。",
    "en": "The door did not answer in time; its event will tell."
  },
  "oversize": {
    "zh-Hans": "消息比约定的大。",
    "zh-Hant": "訊息比約定的大。",
    "en": "The message is larger than the contract allows."
  },
  "pass_early": {
    "zh-Hans": "看访客码上的时间。",
    "zh-Hant": "看訪客碼上的時間。",
    "en": "See the time on the pass."
  },
  "pass_forged": {
    "zh-Hans": "签名不是我们的：可能有人伪造，或者是别的小区的码。",
    "zh-Hant": "簽名不是我們的：可能有人偽造，或者是別的社區的碼。",
    "en": "No key of ours signed this pass; somebody may be forging, or it is of another site."
  },
  "pass_form": {
    "zh-Hans": "给扫码口看的不是访客码。",
    "zh-Hant": "給掃碼口看的不是訪客碼。",
    "en": "What was shown to the scanner is no pass."
  },
  "pass_not_here": {
    "zh-Hans": "访客码没有写这扇门，或者这扇门不收访客码。",
    "zh-Hant": "訪客碼沒有寫這扇門，或者這扇門不收訪客碼。",
    "en": "The pass does not name this door, or the door takes none."
  },
  "pass_online": {
    "zh-Hans": "太长的、只许用一次的访客码，要由主机核对。",
    "zh-Hant": "太長的、只許用一次的訪客碼，要由主機核對。",
    "en": "Passes that are long, count strictly once, or are older than the controller's memory are checked by the hub."
  },
  "pass_over": {
    "zh-Hans": "请邀请的人再发一个。",
    "zh-Hant": "請邀請的人再發一個。",
    "en": "The host can make a new one."
  },
  "pass_revoked": {
    "zh-Hans": "已经取消，或者邀请的人在这里不再有权限。",
    "zh-Hant": "已經取消，或者邀請的人在這裡不再有權限。",
    "en": "Withdrawn, or its host has no access here any more."
  },
  "pass_used": {
    "zh-Hans": "访客码在写明的每扇门只能用一次。",
    "zh-Hant": "訪客碼在寫明的每扇門只能用一次。",
    "en": "A pass opens each named door once."
  },
  "passback": {
    "zh-Hans": "防反传：看这个人最后记在哪里。",
    "zh-Hant": "防反傳：看這個人最後記在哪裡。",
    "en": "Anti-passback: see where the person was last noted."
  },
  "passes_many": {
    "zh-Hans": "一家同时有效的、一天里新发的访客码都有上限。",
    "zh-Hant": "一家同時有效的、一天裡新發的訪客碼都有上限。",
    "en": "A household has a bound of open passes, and of passes made in a day."
  },
  "payment_conflict": {
    "zh-Hans": "同一个付款编号带来了别的内容。",
    "zh-Hant": "同一個付款編號帶來了別的內容。",
    "en": "The same payment id came with other content."
  },
  "person_denied": {
    "zh-Hans": "有一条禁止规则点了这个人。",
    "zh-Hant": "有一條禁止規則點了這個人。",
    "en": "A deny rule names this person."
  },
  "person_unknown": {
    "zh-Hans": "这个人在这扇门没有通行规则。",
    "zh-Hant": "這個人在這扇門沒有通行規則。",
    "en": "The person has no access rule for this door."
  },
  "phone_paused": {
    "zh-Hans": "问清楚是谁的手机：认得就确认，不认得就停用。",
    "zh-Hant": "問清楚是誰的手機：認得就確認，不認得就停用。",
    "en": "Ask whose phone it is; confirm it, or end it."
  },
  "phone_revoked": {
    "zh-Hans": "这部手机已经停用。",
    "zh-Hant": "這部手機已經停用。",
    "en": "This phone was revoked."
  },
  "phone_unknown": {
    "zh-Hans": "这部手机没有登记过，或者已经移除。",
    "zh-Hant": "這部手機沒有登記過，或者已經移除。",
    "en": "This phone key was never enrolled or was removed."
  },
  "photo_broken": {
    "zh-Hans": "收 JPEG、PNG 和 WebP；文件可能不完整。",
    "zh-Hant": "接受 JPEG、PNG 和 WebP；檔案可能不完整。",
    "en": "JPEG, PNG and WebP are taken; the file may be cut off."
  },
  "photo_large": {
    "zh-Hans": "最多 15 MB、五千万像素。",
    "zh-Hant": "最多 15 MB、五千萬像素。",
    "en": "At most 15 MB and 50 megapixels."
  },
  "picture_gone": {
    "zh-Hans": "误报的图片立即删除，其他的到期删除。",
    "zh-Hant": "誤報的圖片立即刪除，其他的到期刪除。",
    "en": "Pictures of false alarms go at once, others after their time."
  },
  "picture_unfit": {
    "zh-Hans": "JPEG 或 PNG，最大 512 kB。",
    "zh-Hant": "JPEG 或 PNG，最大 512 kB。",
    "en": "JPEG or PNG, at most 512 kB."
  },
  "pin_locked": {
    "zh-Hans": "键盘要等一会儿；刷卡不受影响。",
    "zh-Hant": "鍵盤要等一會兒；感應卡不受影響。",
    "en": "The keypad waits; cards are not slowed."
  },
  "pin_needed": {
    "zh-Hans": "这扇门刷卡以后还要密码。",
    "zh-Hant": "這扇門感應卡以後還要密碼。",
    "en": "The door asks for a PIN after the card."
  },
  "pin_wrong": {
    "zh-Hans": "密码不对；忘了就重设一个。",
    "zh-Hant": "密碼不對；忘了就重設一個。",
    "en": "Wrong PIN; set a new one if it was forgotten."
  },
  "policy_behind": {
    "zh-Hans": "门口机还没收到最新的名单。",
    "zh-Hant": "門口機還沒收到最新的名單。",
    "en": "The controller has not yet received the newest policy."
  },
  "policy_missing": {
    "zh-Hans": "门口机还没有名单：看它的状态。",
    "zh-Hant": "門口機還沒有名單：看它的狀態。",
    "en": "The controller has no policy yet; look at its state."
  },
  "policy_stale": {
    "zh-Hans": "最后一次联网满一周，或者重启后没有签名时间，临时权限和访客码就停用。",
    "zh-Hant": "最後一次連線滿一週，或者重新啟動後沒有簽名時間，臨時權限和訪客碼就停用。",
    "en": "Temporary grants and passes stop a week after the last manifest, or after a restart without signed time."
  },
  "proof_forged": {
    "zh-Hans": "证明的签名和钥匙对不上。",
    "zh-Hant": "證明的簽名和金鑰對不上。",
    "en": "The proof's signature does not match its key."
  },
  "proof_form": {
    "zh-Hans": "证明的格式不对。",
    "zh-Hant": "證明的格式不對。",
    "en": "The proof is not of the expected form."
  },
  "proof_missing": {
    "zh-Hans": "请求没有带 Linli-Proof。",
    "zh-Hant": "請求沒有帶 Linli-Proof。",
    "en": "The request carries no Linli-Proof header."
  },
  "provider_refused": {
    "zh-Hans": "看日志里支付平台的代码。",
    "zh-Hant": "看日誌裡支付平台的代碼。",
    "en": "See the provider's code in the log."
  },
  "provider_silent": {
    "zh-Hans": "看通到支付平台的路。",
    "zh-Hant": "看通到支付平台的路。",
    "en": "Look at the way to the provider."
  },
  "reader_silent": {
    "zh-Hans": "看读卡器、它的线和电源。",
    "zh-Hant": "看讀卡器、它的線和電源。",
    "en": "Look at the reader, its wire and its power."
  },
  "remote_only": {
    "zh-Hans": "MQTT 上的锁靠无线和消息服务：请选有线的继电器。",
    "zh-Hant": "MQTT 上的鎖靠無線和訊息服務：請選有線的繼電器。",
    "en": "A strike on MQTT depends on radio and broker; choose a wired relay."
  },
  "remote_refused": {
    "zh-Hans": "这扇门不接受远程开门。",
    "zh-Hant": "這扇門不接受遠端開門。",
    "en": "The door does not take remote openings."
  },
  "request_altered": {
    "zh-Hans": "方法、地址或内容和签名的不一样。",
    "zh-Hant": "方法、位址或內容和簽名的不一樣。",
    "en": "Method, path or body are not what was signed."
  },
  "request_spent": {
    "zh-Hans": "一次性号已经用过：是抄来的，或者来晚的重复。",
    "zh-Hant": "一次性號已經用過：是抄來的，或者來晚的重複。",
    "en": "The nonce was already spent; a copy or a late repeat."
  },
  "request_stale": {
    "zh-Hans": "一次性号太旧，或者不是我们的。",
    "zh-Hant": "一次性號太舊，或者不是我們的。",
    "en": "The nonce is too old or not ours."
  },
  "residential": {
    "zh-Hans": "防反传和双人规则只用在房间，不用在回家的路上。",
    "zh-Hant": "防反傳和雙人規則只用在房間，不用在回家的路上。",
    "en": "Anti-passback and the two-person rule are for rooms, not for the way home."
  },
  "schedule_closed": {
    "zh-Hans": "看这条规则的时间表。",
    "zh-Hant": "看這條規則的時間表。",
    "en": "See the schedule of the rule."
  },
  "second_awaited": {
    "zh-Hans": "这扇门要两个人一起开。",
    "zh-Hant": "這扇門要兩個人一起開。",
    "en": "The door opens for two people together."
  },
  "sheet_too_large": {
    "zh-Hans": "最多 20 MB，四万行有内容的行。",
    "zh-Hant": "最多 20 MB，四萬列有內容的列。",
    "en": "At most 20 MB and 40,000 rows that hold something."
  },
  "sheet_unknown": {
    "zh-Hans": "既不是工作簿，也不是 UTF-8 或 GB 18030 的文字。",
    "zh-Hant": "既不是活頁簿，也不是 UTF-8 或 GB 18030 的文字。",
    "en": "Neither a workbook nor text in UTF-8 or GB 18030."
  },
  "signature": {
    "zh-Hans": "签名对不上：可能有人伪造。",
    "zh-Hant": "簽名對不上：可能有人偽造。",
    "en": "The signature does not match; somebody may be forging."
  },
  "station_clock": {
    "zh-Hans": "用 NTP 校准这台机器的时钟，之后会自动再发。",
    "zh-Hant": "用 NTP 校準這臺機器的時鐘，之後會自動再送。",
    "en": "Set this machine's clock by NTP; it is sent again by itself."
  },
  "station_flood": {
    "zh-Hans": "可能有别人冒充接警台在回答。",
    "zh-Hant": "可能有別人冒充接警臺在回答。",
    "en": "Somebody else may be answering in the station's place."
  },
  "station_given_up": {
    "zh-Hans": "打电话，然后写下是怎么处理的。",
    "zh-Hant": "打電話，然後寫下是怎麼處理的。",
    "en": "Telephone; then note how it was dealt with."
  },
  "station_missing": {
    "zh-Hans": "在 hub.toml 里写上接警台，见 docs/police.md；在那之前打电话。",
    "zh-Hant": "在 hub.toml 裡寫上接警臺，見 docs/police.md；在那之前打電話。",
    "en": "Name one in hub.toml, see docs/police.md; until then telephone."
  },
  "station_refused": {
    "zh-Hans": "和接警台核对账号和密钥，然后再发一次。",
    "zh-Hant": "和接警臺核對帳號和金鑰，然後再送一次。",
    "en": "Compare account and key with the station, then send again."
  },
  "station_restored": {
    "zh-Hans": "旧机器可能已经送过：先问，再决定重发，或者写下怎么处理的。",
    "zh-Hant": "舊機器可能已經送過：先問，再決定重送，或者寫下怎麼處理的。",
    "en": "The old machine may have sent it: ask, then send again or note how it was dealt with."
  },
  "station_silent": {
    "zh-Hans": "那边可能收到了，也可能没有：报消息号问接警台。",
    "zh-Hant": "那邊可能收到了，也可能沒有：報訊息號問接警臺。",
    "en": "It may stand there or not: ask the station for the message number."
  },
  "station_tls": {
    "zh-Hans": "和接警台核对证书；用 ca 写上它的签发机构。",
    "zh-Hant": "和接警臺核對憑證；用 ca 寫上它的簽發機構。",
    "en": "Compare the certificate with the station; name its authority with ca."
  },
  "station_unable": {
    "zh-Hans": "和接警台约好代码和防区，然后再发一次。",
    "zh-Hant": "和接警臺約好代碼和防區，然後再送一次。",
    "en": "Agree on codes and zones with the station, then send again."
  },
  "station_unproven": {
    "zh-Hans": "密钥不对、旧的回答，或者答的是别的消息：线上可能有别人。",
    "zh-Hant": "金鑰不對、舊的回答，或者答的是別的訊息：線上可能有別人。",
    "en": "Wrong key, an old answer, or one for another message: somebody may be on the line."
  },
  "station_unreachable": {
    "zh-Hans": "查网络和接警台的地址。",
    "zh-Hant": "查網路和接警臺的位址。",
    "en": "Look at the network and the station's address."
  },
  "storage_fault": {
    "zh-Hans": "门口机写不了自己的盘。",
    "zh-Hant": "門口機寫不了自己的磁碟。",
    "en": "The controller cannot write to its disk."
  },
  "store_unavailable": {
    "zh-Hans": "数据库现在写不了：看磁盘和锁。",
    "zh-Hant": "資料庫現在寫不了：看磁碟和鎖。",
    "en": "The database cannot write now; look at disk and locks."
  },
  "strike_fault": {
    "zh-Hans": "看继电器、它的线和电源。",
    "zh-Hant": "看繼電器、它的線和電源。",
    "en": "Look at the relay, its wire and its power."
  },
  "sun_forged": {
    "zh-Hans": "卡的码和它的钥匙对不上。",
    "zh-Hant": "卡的碼和它的金鑰對不上。",
    "en": "The card's code does not match its key."
  },
  "sun_form": {
    "zh-Hans": "卡说的不是 SUN 消息。",
    "zh-Hant": "卡說的不是 SUN 訊息。",
    "en": "What the card said is not a SUN message."
  },
  "sun_repeat": {
    "zh-Hans": "同一次刷卡来了两回：是抄来的消息。",
    "zh-Hant": "同一次感應來了兩回：是抄來的訊息。",
    "en": "The same tap came twice: a copied message."
  },
  "sun_review": {
    "zh-Hans": "来晚的刷卡，时间对不上：看一看。",
    "zh-Hant": "來晚的感應，時間對不上：看一看。",
    "en": "A late tap out of time order; look at it."
  },
  "tamper": {
    "zh-Hans": "去看门口机。",
    "zh-Hant": "去看門口機。",
    "en": "Go and look at the controller."
  },
  "too_early": {
    "zh-Hans": "命令来自将来：对一对时钟。",
    "zh-Hant": "命令來自將來：對一對時鐘。",
    "en": "The command is from the future; check the clocks."
  },
  "too_many": {
    "zh-Hans": "等一等；猜得太快会被放慢。",
    "zh-Hant": "等一等；猜得太快會被放慢。",
    "en": "Wait; guessing is slowed down."
  },
  "unlocked": {
    "zh-Hans": "这扇门现在的模式是常开。",
    "zh-Hant": "這扇門現在的模式是常開。",
    "en": "The door is unlocked for everyone by its mode."
  },
  "unsupported": {
    "zh-Hans": "设备不懂这个操作。",
    "zh-Hant": "設備不懂這個操作。",
    "en": "The device does not know this operation."
  },
  "validity_over": {
    "zh-Hans": "规则还没开始，或者已经过期。",
    "zh-Hant": "規則還沒開始，或者已經過期。",
    "en": "The rule is not yet or no longer valid."
  },
  "window_long": {
    "zh-Hans": "一条命令最多活十秒。",
    "zh-Hant": "一條命令最多活十秒。",
    "en": "A command may live ten seconds at most."
  }
};
