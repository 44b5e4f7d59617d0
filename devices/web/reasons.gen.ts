// Made from devices/reasons.py by `python -m devices.reasons`; do not edit.
export const reasons = {
  "alert_closed": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这条警报已经结束了。",
      "zh-Hant": "這條警報已經結束了。",
      "en": "This alert has already ended."
    }
  },
  "assurance_low": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键，我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵，我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "audience": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "authority_missing": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有有效的授权文件，不能报送。",
      "zh-Hant": "沒有有效的授權文件，不能報送。",
      "en": "Without a valid order of a named authority nothing is reported."
    }
  },
  "bill_paid": {
    "severity": "fine",
    "words": {
      "zh-Hans": "这张账单已经付过了。",
      "zh-Hant": "這張帳單已經付過了。",
      "en": "This bill is already paid."
    }
  },
  "bill_pending": {
    "severity": "notice",
    "words": {
      "zh-Hans": "正在核对，请不要再付一次。",
      "zh-Hant": "正在核對，請不要再付一次。",
      "en": "We are checking. Please do not pay again."
    }
  },
  "bill_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有找到账单。",
      "zh-Hant": "沒有找到帳單。",
      "en": "We found no such bill."
    }
  },
  "call_over": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次呼叫已经结束了，或别人已经应答了。",
      "zh-Hant": "這次呼叫已經結束了，或別人已經應答了。",
      "en": "This call is over, or somebody has answered it."
    }
  },
  "callback_amount": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_cipher": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_form": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_merchant": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_serial": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_signature": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_timestamp": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "camera_broken": {
    "severity": "notice",
    "words": {
      "zh-Hans": "摄像头的画面读不出来。",
      "zh-Hant": "攝影機的畫面讀不出來。",
      "en": "The camera's pictures cannot be read."
    }
  },
  "camera_silent": {
    "severity": "notice",
    "words": {
      "zh-Hans": "摄像头没有画面。",
      "zh-Hant": "攝影機沒有畫面。",
      "en": "The camera sends no picture."
    }
  },
  "card_blank": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡还没有写钥匙。",
      "zh-Hant": "這張卡還沒有寫金鑰。",
      "en": "This card has no keys yet."
    }
  },
  "card_foreign": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这不是 NTAG 424 DNA 卡。",
      "zh-Hant": "這不是 NTAG 424 DNA 卡。",
      "en": "This is no NTAG 424 DNA card."
    }
  },
  "card_homeless": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡没有登记在哪一户。请到服务台问一问。",
      "zh-Hant": "這張卡沒有登記在哪一戶。請到服務台問一問。",
      "en": "No flat is recorded for this card. Please ask at the desk."
    }
  },
  "card_kept_out": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡已经停用，不能再发。",
      "zh-Hant": "這張卡已經停用，不能再發。",
      "en": "This card is stopped and cannot be given out."
    }
  },
  "card_number_only": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这种卡只有卡号，写不了钥匙。",
      "zh-Hant": "這種卡只有卡號，寫不了金鑰。",
      "en": "This card is only a number and takes no keys."
    }
  },
  "card_others": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡上的钥匙不是我们的，只能作废。",
      "zh-Hant": "這張卡上的金鑰不是我們的，只能作廢。",
      "en": "This card bears keys that are not ours; it is scrap."
    }
  },
  "card_scrapped": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡已经作废，请换一张。",
      "zh-Hant": "這張卡已經作廢，請換一張。",
      "en": "This card is scrap. Please take another one."
    }
  },
  "card_session_refused": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡在这里用不了。请到服务台，我们来帮您。",
      "zh-Hant": "這張卡在這裡用不了。請到服務台，我們來幫您。",
      "en": "This card does not work here. Please come to the desk, we will help."
    }
  },
  "card_stopped": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡已经停用了。请到服务台换一张新卡。",
      "zh-Hant": "這張卡已經停用了。請到服務台換一張新卡。",
      "en": "This card was stopped. Please get a new one at the desk."
    }
  },
  "card_taken": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡已经是别人的了。",
      "zh-Hant": "這張卡已經是別人的了。",
      "en": "This card already belongs to somebody."
    }
  },
  "card_torn": {
    "severity": "notice",
    "words": {
      "zh-Hans": "卡拿开得太早了，请再放一次。",
      "zh-Hant": "卡拿開得太早了，請再放一次。",
      "en": "The card was taken away too soon. Please put it down again."
    }
  },
  "checked_in": {
    "severity": "fine",
    "words": {
      "zh-Hans": "记上了，祝您愉快。",
      "zh-Hant": "記上了，祝您愉快。",
      "en": "Noted. Enjoy yourself."
    }
  },
  "checked_in_again": {
    "severity": "fine",
    "words": {
      "zh-Hans": "刚才已经记上了，不用再刷。",
      "zh-Hant": "剛才已經記上了，不用再刷。",
      "en": "You are already noted, no need to tap again."
    }
  },
  "client_header": {
    "severity": "notice",
    "words": {
      "zh-Hans": "不允许这样做。",
      "zh-Hant": "不允許這樣做。",
      "en": "This is not allowed."
    }
  },
  "clock_unsigned": {
    "severity": "notice",
    "words": {
      "zh-Hans": "系统正忙，请稍等一下再试。",
      "zh-Hant": "系統正忙，請稍等一下再試。",
      "en": "We are busy. Please wait a moment and try again."
    }
  },
  "code_wrong": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这个号码不对或已经过期。请向服务台要一个新的。",
      "zh-Hant": "這個號碼不對或已經過期。請向服務台要一個新的。",
      "en": "This code is wrong or has expired. Please ask the desk for a new one."
    }
  },
  "codes_locked": {
    "severity": "notice",
    "words": {
      "zh-Hans": "码错了太多次，请过一会儿再试，或按呼叫键。",
      "zh-Hant": "碼錯了太多次，請過一會兒再試，或按呼叫鍵。",
      "en": "Too many wrong codes. Please wait a little, or press call."
    }
  },
  "connection_old": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有等到门的回答。请看看门有没有开，没开就再试一次。",
      "zh-Hant": "沒有等到門的回答。請看看門有沒有開，沒開就再試一次。",
      "en": "The door did not answer. Please look whether it is open; if not, try again."
    }
  },
  "courier_code_wrong": {
    "severity": "notice",
    "words": {
      "zh-Hans": "取件码不对，请再试一次，或按呼叫键。",
      "zh-Hant": "取件碼不對，請再試一次，或按呼叫鍵。",
      "en": "This courier's code is not right. Please try again, or press call."
    }
  },
  "credential_blocked": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键，我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵，我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "credential_forged": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键，我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵，我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "credential_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键，我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵，我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "desk_away": {
    "severity": "notice",
    "words": {
      "zh-Hans": "发卡台的读卡器连不上。",
      "zh-Hant": "發卡台的讀卡機連不上。",
      "en": "The desk's reader cannot be reached."
    }
  },
  "desk_busy": {
    "severity": "notice",
    "words": {
      "zh-Hans": "发卡台正在处理一张卡，请稍等。",
      "zh-Hant": "發卡台正在處理一張卡，請稍等。",
      "en": "The desk is busy with a card. Please wait."
    }
  },
  "desk_changed": {
    "severity": "notice",
    "words": {
      "zh-Hans": "读卡器上换了一张卡，请再看一遍。",
      "zh-Hant": "讀卡機上換了一張卡，請再看一遍。",
      "en": "Another card lies on the reader now. Please look again."
    }
  },
  "desk_empty": {
    "severity": "notice",
    "words": {
      "zh-Hans": "读卡器上没有卡。",
      "zh-Hant": "讀卡機上沒有卡。",
      "en": "No card lies on the reader."
    }
  },
  "desk_shut": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请先输入动态码，打开发卡台。",
      "zh-Hant": "請先輸入動態碼，打開發卡台。",
      "en": "Please open the desk with your one-time code first."
    }
  },
  "door_blocked": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这扇门暂停使用。请走别的门。",
      "zh-Hant": "這扇門暫停使用。請走別的門。",
      "en": "This door is out of use. Please use another door."
    }
  },
  "door_offline": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这扇门现在连不上。请用卡开门。",
      "zh-Hant": "這扇門現在連不上。請用卡開門。",
      "en": "This door cannot be reached now. Please use your card."
    }
  },
  "door_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "找不到这扇门。",
      "zh-Hant": "找不到這扇門。",
      "en": "We cannot find this door."
    }
  },
  "duress": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "有人可能受到胁迫。",
      "zh-Hant": "有人可能受到脅迫。",
      "en": "Somebody may be under duress."
    }
  },
  "entered": {
    "severity": "fine",
    "words": {
      "zh-Hans": "已经进门",
      "zh-Hant": "已經進門",
      "en": "Came in"
    }
  },
  "epoch_old": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "exit": {
    "severity": "fine",
    "words": {
      "zh-Hans": "门开了，请慢走",
      "zh-Hant": "門開了，請慢走",
      "en": "The door is open, goodbye"
    }
  },
  "expired": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次请求不是新的，门没有动。请再开一次。",
      "zh-Hant": "這次請求不是新的，門沒有動。請再開一次。",
      "en": "This request is not a new one, so the door did not move. Please try again."
    }
  },
  "face_alike": {
    "severity": "notice",
    "words": {
      "zh-Hans": "有人和您很像。请再刷一下卡。",
      "zh-Hant": "有人和您很像。請再刷一下卡。",
      "en": "Somebody looks much like you. Please tap your card as well."
    }
  },
  "face_ask_ahead": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请看着正前方。",
      "zh-Hant": "請看著正前方。",
      "en": "Please look straight ahead."
    }
  },
  "face_ask_left": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请慢慢把头转向左边。",
      "zh-Hant": "請慢慢把頭轉向左邊。",
      "en": "Please turn your head slowly to the left."
    }
  },
  "face_ask_right": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请慢慢把头转向右边。",
      "zh-Hant": "請慢慢把頭轉向右邊。",
      "en": "Please turn your head slowly to the right."
    }
  },
  "face_assessment": {
    "severity": "notice",
    "words": {
      "zh-Hans": "还没有做人脸的影响评估，先做评估。",
      "zh-Hant": "還沒有做人臉的影響評估，先做評估。",
      "en": "The impact assessment of faces is missing. Make it first."
    }
  },
  "face_audit_few": {
    "severity": "notice",
    "words": {
      "zh-Hans": "登记的人太少，还量不准，不能只靠人脸开门。",
      "zh-Hant": "登記的人太少，還量不準，不能只靠人臉開門。",
      "en": "Too few people are enrolled to measure; faces alone cannot open."
    }
  },
  "face_audit_photos": {
    "severity": "notice",
    "words": {
      "zh-Hans": "有多张照片的人太少，算不出漏认率。",
      "zh-Hant": "有多張照片的人太少，算不出漏認率。",
      "en": "Too few people have several photos; misses cannot be told."
    }
  },
  "face_audit_poor": {
    "severity": "notice",
    "words": {
      "zh-Hans": "按本小区的实测，只靠人脸不够准。",
      "zh-Hant": "按本社區的實測，只靠人臉不夠準。",
      "en": "Measured on this community, faces alone are not exact enough."
    }
  },
  "face_awaited": {
    "severity": "notice",
    "words": {
      "zh-Hans": "还差一步。请在门口看一下摄像头。",
      "zh-Hant": "還差一步。請在門口看一下鏡頭。",
      "en": "One more step. Please look into the camera at the door."
    }
  },
  "face_away": {
    "severity": "notice",
    "words": {
      "zh-Hans": "现在看不了脸。请输密码，或按呼叫键。",
      "zh-Hant": "現在看不了臉。請輸密碼，或按呼叫鍵。",
      "en": "Faces cannot be checked now. Please enter your PIN, or press call."
    }
  },
  "face_blurred": {
    "severity": "notice",
    "words": {
      "zh-Hans": "有点模糊，请站稳一下。",
      "zh-Hant": "有點模糊，請站穩一下。",
      "en": "A little blurred. Please hold still."
    }
  },
  "face_bright": {
    "severity": "notice",
    "words": {
      "zh-Hans": "太亮了，请避开强光。",
      "zh-Hant": "太亮了，請避開強光。",
      "en": "Too bright. Please turn away from the strong light."
    }
  },
  "face_busy": {
    "severity": "notice",
    "words": {
      "zh-Hans": "门口正有别人在进门，请稍等再试。",
      "zh-Hant": "門口正有別人在進門，請稍等再試。",
      "en": "Somebody else is at the door just now. Please wait a moment and try again."
    }
  },
  "face_claim_wide": {
    "severity": "notice",
    "words": {
      "zh-Hans": "一次最多核对四个人。",
      "zh-Hant": "一次最多核對四個人。",
      "en": "At most four people can be claimed at once."
    }
  },
  "face_copied": {
    "severity": "notice",
    "words": {
      "zh-Hans": "像是翻拍的照片。请让本人站在空墙前，对着人拍。",
      "zh-Hant": "像是翻拍的照片。請讓本人站在空牆前，對著人拍。",
      "en": "This looks like a picture of a picture. Please take the person, before a plain wall."
    }
  },
  "face_dark": {
    "severity": "notice",
    "words": {
      "zh-Hans": "太暗了，请到亮一点的地方。",
      "zh-Hant": "太暗了，請到亮一點的地方。",
      "en": "Too dark. Please move into the light."
    }
  },
  "face_guardian": {
    "severity": "notice",
    "words": {
      "zh-Hans": "未满十四岁，要由监护人同意。",
      "zh-Hant": "未滿十四歲，要由監護人同意。",
      "en": "Under fourteen, a guardian must consent."
    }
  },
  "face_keys_elsewhere": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "人脸密钥不在这台主机上，人脸停用。",
      "zh-Hant": "人臉金鑰不在這台主機上，人臉停用。",
      "en": "The keys of the faces are not on this hub; faces rest."
    }
  },
  "face_model_other": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "人脸模板是别的模型做的，要重新登记。",
      "zh-Hant": "人臉範本是別的模型做的，要重新登記。",
      "en": "The templates are of another model; enrol again."
    }
  },
  "face_moved": {
    "severity": "notice",
    "words": {
      "zh-Hans": "已经不住在这里，不能登记人脸。",
      "zh-Hant": "已經不住在這裡，不能登記人臉。",
      "en": "Whoever no longer lives here cannot register a face."
    }
  },
  "face_no_consent": {
    "severity": "notice",
    "words": {
      "zh-Hans": "还没有同意使用人脸，什么都没有保存。",
      "zh-Hant": "還沒有同意使用人臉，什麼都沒有保存。",
      "en": "There is no consent to use this face. Nothing was kept."
    }
  },
  "face_none": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有看到脸。请正对镜头。",
      "zh-Hant": "沒有看到臉。請正對鏡頭。",
      "en": "No face was seen. Please look into the camera."
    }
  },
  "face_not_enrolled": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这里没有登记过人脸。请刷卡。",
      "zh-Hant": "這裡沒有登記過人臉。請刷卡。",
      "en": "No face is registered here. Please use your card."
    }
  },
  "face_not_matched": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有认出来。请刷卡或按呼叫键。",
      "zh-Hant": "沒有認出來。請刷卡或按呼叫鍵。",
      "en": "You were not recognised. Please use your card, or press call."
    }
  },
  "face_notice_old": {
    "severity": "notice",
    "words": {
      "zh-Hans": "说明改过了，请再读一遍再同意。",
      "zh-Hant": "說明改過了，請再讀一遍再同意。",
      "en": "The notice has changed. Please read it again before you agree."
    }
  },
  "face_off": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这扇门不认人脸。请刷卡。",
      "zh-Hant": "這扇門不認人臉。請刷卡。",
      "en": "This door takes no faces. Please use your card."
    }
  },
  "face_only": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这扇门除了人脸没有别的开法，不能这样设。",
      "zh-Hant": "這扇門除了人臉沒有別的開法，不能這樣設。",
      "en": "This door would open by a face alone, with no equal other way."
    }
  },
  "face_order": {
    "severity": "notice",
    "words": {
      "zh-Hans": "布控名单没有启用。",
      "zh-Hant": "布控名單沒有啟用。",
      "en": "The watch list is off."
    }
  },
  "face_own_consent": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这件事只能由本人同意。",
      "zh-Hant": "這件事只能由本人同意。",
      "en": "Only the person can consent to this."
    }
  },
  "face_photos_many": {
    "severity": "notice",
    "words": {
      "zh-Hans": "照片已经够多了。",
      "zh-Hant": "照片已經夠多了。",
      "en": "There are enough photos already."
    }
  },
  "face_several": {
    "severity": "notice",
    "words": {
      "zh-Hans": "照片里不止一个人。请一个人拍。",
      "zh-Hant": "照片裡不止一個人。請一個人拍。",
      "en": "There is more than one person. Please be alone in the picture."
    }
  },
  "face_small": {
    "severity": "notice",
    "words": {
      "zh-Hans": "离得太远了，请靠近一点。",
      "zh-Hant": "離得太遠了，請靠近一點。",
      "en": "Too far away. Please come a little closer."
    }
  },
  "face_starting": {
    "severity": "notice",
    "words": {
      "zh-Hans": "人脸功能正在启动，请先刷卡。",
      "zh-Hant": "人臉功能正在啟動，請先刷卡。",
      "en": "Faces are starting. Please use your card for now."
    }
  },
  "face_turn_jumped": {
    "severity": "notice",
    "words": {
      "zh-Hans": "动得太快了，请慢慢转头。",
      "zh-Hant": "動得太快了，請慢慢轉頭。",
      "en": "That was too quick. Please turn your head slowly."
    }
  },
  "face_turn_late": {
    "severity": "notice",
    "words": {
      "zh-Hans": "时间到了，请再来一次，或者刷卡。",
      "zh-Hant": "時間到了，請再來一次，或者刷卡。",
      "en": "Time is up. Please try again, or use your card."
    }
  },
  "face_turn_lost": {
    "severity": "notice",
    "words": {
      "zh-Hans": "中途看不到脸了，请再来一次。",
      "zh-Hant": "中途看不到臉了，請再來一次。",
      "en": "The face was out of sight. Please try again."
    }
  },
  "face_turn_other": {
    "severity": "notice",
    "words": {
      "zh-Hans": "方向反了。请看箭头，再来一次。",
      "zh-Hant": "方向反了。請看箭頭，再來一次。",
      "en": "That was the other side. Please follow the arrow and try again."
    }
  },
  "face_turned": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请正对镜头。",
      "zh-Hant": "請正對鏡頭。",
      "en": "Please look straight into the camera."
    }
  },
  "face_unclear": {
    "severity": "notice",
    "words": {
      "zh-Hans": "脸被挡住了，或光线不匀。请再来一次。",
      "zh-Hant": "臉被擋住了，或光線不勻。請再來一次。",
      "en": "The face is partly hidden or unevenly lit. Please try again."
    }
  },
  "face_word_other": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次的人脸结果不是给这扇门、这个人的。",
      "zh-Hant": "這次的人臉結果不是給這扇門、這個人的。",
      "en": "This word of a face belongs to another door or question."
    }
  },
  "face_zone": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这种地方不能用人脸。",
      "zh-Hant": "這種地方不能用人臉。",
      "en": "Faces are not allowed at such a place."
    }
  },
  "faces_absent": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这台主机没有装人脸模块。",
      "zh-Hant": "這台主機沒有裝人臉模組。",
      "en": "Faces are not installed on this hub."
    }
  },
  "factor_wrong": {
    "severity": "notice",
    "words": {
      "zh-Hans": "动态码不对，请用新的一个。",
      "zh-Hant": "動態碼不對，請用新的一個。",
      "en": "The code is not right. Please use a new one."
    }
  },
  "field_wrong": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请检查填写的内容。",
      "zh-Hant": "請檢查填寫的內容。",
      "en": "Please check what you have entered."
    }
  },
  "fire": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "消防警报，请马上离开。",
      "zh-Hant": "消防警報，請馬上離開。",
      "en": "Fire alarm. Please leave now."
    }
  },
  "font_missing": {
    "severity": "notice",
    "words": {
      "zh-Hans": "服务器缺中文字体，信打不出来。",
      "zh-Hant": "伺服器缺中文字型，信印不出來。",
      "en": "The server has no Chinese font to print letters with."
    }
  },
  "forced": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "门被强行打开。",
      "zh-Hant": "門被強行打開。",
      "en": "The door was forced open."
    }
  },
  "form": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "granted": {
    "severity": "fine",
    "words": {
      "zh-Hans": "门开了，请进",
      "zh-Hant": "門開了，請進",
      "en": "The door is open, please come in"
    }
  },
  "ha_code": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "Home Assistant 的密码不对。",
      "zh-Hant": "Home Assistant 的密碼不對。",
      "en": "The code for Home Assistant is wrong."
    }
  },
  "ha_door": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这扇门不由 Home Assistant 控制。",
      "zh-Hant": "這扇門不由 Home Assistant 控制。",
      "en": "Home Assistant may not operate this door."
    }
  },
  "ha_off": {
    "severity": "notice",
    "words": {
      "zh-Hans": "不允许这样做。",
      "zh-Hant": "不允許這樣做。",
      "en": "This is not allowed."
    }
  },
  "held": {
    "severity": "notice",
    "words": {
      "zh-Hans": "门开得太久。",
      "zh-Hant": "門開得太久。",
      "en": "The door is held open."
    }
  },
  "held_over": {
    "severity": "fine",
    "words": {
      "zh-Hans": "门又关上了。",
      "zh-Hant": "門又關上了。",
      "en": "The door is closed again."
    }
  },
  "hold_long": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "house_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "房号和手机尾号对不上。",
      "zh-Hant": "房號和手機尾號對不上。",
      "en": "House number and phone digits do not match."
    }
  },
  "hub_busy": {
    "severity": "notice",
    "words": {
      "zh-Hans": "系统正忙，请稍等一下再试。",
      "zh-Hant": "系統正忙，請稍等一下再試。",
      "en": "We are busy. Please wait a moment and try again."
    }
  },
  "id_conflict": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "import_forgotten": {
    "severity": "notice",
    "words": {
      "zh-Hans": "预览过期了，请重新选一次文件。",
      "zh-Hant": "預覽過期了，請重新選一次檔案。",
      "en": "The preview has expired. Please choose the file again."
    }
  },
  "import_overtaken": {
    "severity": "notice",
    "words": {
      "zh-Hans": "导入之后有人改过，撤销会盖掉这些改动。",
      "zh-Hant": "匯入之後有人改過，復原會蓋掉這些改動。",
      "en": "Somebody has changed rows since; undoing would overwrite that."
    }
  },
  "import_running": {
    "severity": "notice",
    "words": {
      "zh-Hans": "另一份表格正在导入，请等它完成。",
      "zh-Hant": "另一份試算表正在匯入，請等它完成。",
      "en": "Another sheet is being imported. Please wait for it."
    }
  },
  "import_undone": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次导入已经撤销了。",
      "zh-Hant": "這次匯入已經復原了。",
      "en": "This import is already undone."
    }
  },
  "incident_elsewhere": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这件事已经有别人在核对。",
      "zh-Hant": "這件事已經有別人在核對。",
      "en": "Somebody else is reviewing this incident."
    }
  },
  "incident_step": {
    "severity": "notice",
    "words": {
      "zh-Hans": "现在不能这样处理这件事，请刷新后再看。",
      "zh-Hant": "現在不能這樣處理這件事，請重新整理後再看。",
      "en": "This cannot be done with this incident now. Please look at it again."
    }
  },
  "incident_unseen": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请先把每张图片都看过，再确认。",
      "zh-Hant": "請先把每張圖片都看過，再確認。",
      "en": "Please look at every picture before you confirm."
    }
  },
  "interlock": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请先关好另一扇门。",
      "zh-Hant": "請先關好另一扇門。",
      "en": "Please close the other door first."
    }
  },
  "internal": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "出了点问题，已经记下来了。请按呼叫键。",
      "zh-Hant": "出了點問題，已經記下來了。請按呼叫鍵。",
      "en": "Something went wrong and has been recorded. Press call, please."
    }
  },
  "key_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "locked_down": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "这扇门已经封锁。请找工作人员。",
      "zh-Hant": "這扇門已經封鎖。請找工作人員。",
      "en": "This door is locked down. Please find the staff."
    }
  },
  "lookup_expired": {
    "severity": "notice",
    "words": {
      "zh-Hans": "时间到了，请重新查一次。",
      "zh-Hant": "時間到了，請重新查一次。",
      "en": "Time is up. Please look it up again."
    }
  },
  "method_wrong": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "mode_changed": {
    "severity": "fine",
    "words": {
      "zh-Hans": "门的状态已更改。",
      "zh-Hant": "門的狀態已更改。",
      "en": "The door's mode was changed."
    }
  },
  "mode_refused": {
    "severity": "notice",
    "words": {
      "zh-Hans": "只能在管理台解除这个门模式。",
      "zh-Hant": "只能在管理台解除這個門模式。",
      "en": "This door mode can only be released at the console."
    }
  },
  "moved_out": {
    "severity": "notice",
    "words": {
      "zh-Hans": "住处已经变了，这样办不了。请到服务台，我们来帮您。",
      "zh-Hant": "住處已經變了，這樣辦不了。請到服務台，我們來幫您。",
      "en": "The home on record has changed, so this cannot be done. Please ask at the desk, we will help."
    }
  },
  "not_allowed": {
    "severity": "notice",
    "words": {
      "zh-Hans": "不允许这样做。",
      "zh-Hant": "不允許這樣做。",
      "en": "This is not allowed."
    }
  },
  "not_entered": {
    "severity": "notice",
    "words": {
      "zh-Hans": "放行了，门没有开。",
      "zh-Hant": "放行了，門沒有開。",
      "en": "Let in, but the door was not opened."
    }
  },
  "not_found": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有找到。",
      "zh-Hant": "沒有找到。",
      "en": "Nothing was found."
    }
  },
  "opened_elsewhere": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "outcome_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有等到门的回答。请看看门有没有开，没开就再试一次。",
      "zh-Hant": "沒有等到門的回答。請看看門有沒有開，沒開就再試一次。",
      "en": "The door did not answer. Please look whether it is open; if not, try again."
    }
  },
  "oversize": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "pass_early": {
    "severity": "notice",
    "words": {
      "zh-Hans": "访客码还没到时间。",
      "zh-Hant": "訪客碼還沒到時間。",
      "en": "It is too early for this pass."
    }
  },
  "pass_forged": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "这个访客码没有认出来。请让邀请您的人再发一次。",
      "zh-Hant": "這個訪客碼沒有認出來。請讓邀請您的人再發一次。",
      "en": "We did not recognise this visitor code. Please ask your host to send it again."
    }
  },
  "pass_form": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这不是本小区的访客码。请让邀请您的人再发一次。",
      "zh-Hant": "這不是本社區的訪客碼。請讓邀請您的人再發一次。",
      "en": "This is not one of our visitor codes. Please ask your host to send it again."
    }
  },
  "pass_not_here": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张访客码不是这扇门的。",
      "zh-Hant": "這張訪客碼不是這扇門的。",
      "en": "This pass is for another door."
    }
  },
  "pass_online": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张访客码要联网核对，现在核对不了。请按呼叫键，我们来帮您。",
      "zh-Hant": "這張訪客碼要連線核對，現在核對不了。請按呼叫鍵，我們來幫您。",
      "en": "This pass must be checked online, which is not possible now. Press call, we will help."
    }
  },
  "pass_over": {
    "severity": "notice",
    "words": {
      "zh-Hans": "访客码过时间了。请联系邀请您的人。",
      "zh-Hant": "訪客碼過時間了。請聯絡邀請您的人。",
      "en": "This pass is over. Please ask your host."
    }
  },
  "pass_revoked": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张访客码已经取消了。请联系邀请您的人。",
      "zh-Hant": "這張訪客碼已經取消了。請聯絡邀請您的人。",
      "en": "This pass was withdrawn. Please ask your host."
    }
  },
  "pass_used": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张访客码在这扇门用过了。请联系邀请您的人。",
      "zh-Hant": "這張訪客碼在這扇門用過了。請聯絡邀請您的人。",
      "en": "This pass was already used at this door. Please ask your host."
    }
  },
  "passback": {
    "severity": "notice",
    "words": {
      "zh-Hans": "系统记着您已经在里面。请按呼叫键，我们来帮您。",
      "zh-Hant": "系統記著您已經在裡面。請按呼叫鍵，我們來幫您。",
      "en": "You are noted as already inside. Press call, we will help."
    }
  },
  "passes_many": {
    "severity": "notice",
    "words": {
      "zh-Hans": "邀请已经够多了。请先取消一个，或等旧的过期。",
      "zh-Hant": "邀請已經夠多了。請先取消一個，或等舊的過期。",
      "en": "There are enough invitations. Please cancel one, or wait until one has ended."
    }
  },
  "password_weak": {
    "severity": "notice",
    "words": {
      "zh-Hans": "密码至少要十二个字符。",
      "zh-Hant": "密碼至少要十二個字元。",
      "en": "The password needs at least twelve characters."
    }
  },
  "payment_conflict": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "正在核对，请不要再付一次。",
      "zh-Hant": "正在核對，請不要再付一次。",
      "en": "We are checking. Please do not pay again."
    }
  },
  "payment_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有找到这笔付款。",
      "zh-Hant": "沒有找到這筆付款。",
      "en": "We found no such payment."
    }
  },
  "person_denied": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键，我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵，我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "person_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这部手机现在开不了这扇门。请按呼叫键，我们来帮您。",
      "zh-Hant": "這部手機現在開不了這扇門。請按呼叫鍵，我們來幫您。",
      "en": "This phone cannot open this door now. Press call, we will help."
    }
  },
  "phone_paused": {
    "severity": "notice",
    "words": {
      "zh-Hans": "登记这部手机用的卡报失了，手机先停一停。请用家里另一部手机确认，或者到服务台。",
      "zh-Hant": "登記這部手機用的卡報失了，手機先停一停。請用家裡另一部手機確認，或者到服務台。",
      "en": "The card that brought this phone in was reported lost. Confirm it on another phone of your household, or at the desk."
    }
  },
  "phone_revoked": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这部手机需要重新登记。用一个新的六位数号码，一分钟就好。",
      "zh-Hant": "這部手機需要重新登記。用一個新的六位數號碼，一分鐘就好。",
      "en": "This phone must be introduced again. A new six-digit code takes a minute."
    }
  },
  "phone_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这部手机需要重新登记。用一个新的六位数号码，一分钟就好。",
      "zh-Hant": "這部手機需要重新登記。用一個新的六位數號碼，一分鐘就好。",
      "en": "This phone must be introduced again. A new six-digit code takes a minute."
    }
  },
  "photo_broken": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张照片打不开，请重新拍一张。",
      "zh-Hant": "這張照片打不開，請重新拍一張。",
      "en": "This picture cannot be read. Please take a new one."
    }
  },
  "photo_large": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张照片太大了，请换一张小一点的。",
      "zh-Hant": "這張照片太大了，請換一張小一點的。",
      "en": "This picture is too large. Please choose a smaller one."
    }
  },
  "picture_gone": {
    "severity": "notice",
    "words": {
      "zh-Hans": "图片已经按规定删除。",
      "zh-Hant": "圖片已經依規定刪除。",
      "en": "The picture has been deleted as the rules want."
    }
  },
  "picture_unfit": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张图片不能用。",
      "zh-Hant": "這張圖片不能用。",
      "en": "This picture cannot be used."
    }
  },
  "pin_locked": {
    "severity": "notice",
    "words": {
      "zh-Hans": "密码错了太多次，请过一会儿再试，或者刷卡。",
      "zh-Hant": "密碼錯了太多次，請過一會兒再試，或者刷卡。",
      "en": "Too many wrong PINs. Please wait a little, or use your card."
    }
  },
  "pin_needed": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请再输入密码。",
      "zh-Hant": "請再輸入密碼。",
      "en": "Please enter your PIN as well."
    }
  },
  "pin_wrong": {
    "severity": "notice",
    "words": {
      "zh-Hans": "密码不对，请再试一次。",
      "zh-Hant": "密碼不對，請再試一次。",
      "en": "The PIN is not right. Please try again."
    }
  },
  "policy_behind": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "policy_missing": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "系统正忙，请稍等一下再试。",
      "zh-Hant": "系統正忙，請稍等一下再試。",
      "en": "We are busy. Please wait a moment and try again."
    }
  },
  "policy_stale": {
    "severity": "notice",
    "words": {
      "zh-Hans": "门很久没有联网了，暂时不能用临时权限。请按呼叫键，我们来帮您。",
      "zh-Hant": "門很久沒有連線了，暫時不能用臨時權限。請按呼叫鍵，我們來幫您。",
      "en": "This door has been offline too long for temporary access. Press call, we will help."
    }
  },
  "proof_forged": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "proof_form": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "proof_missing": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这部手机需要重新登记。用一个新的六位数号码，一分钟就好。",
      "zh-Hant": "這部手機需要重新登記。用一個新的六位數號碼，一分鐘就好。",
      "en": "This phone must be introduced again. A new six-digit code takes a minute."
    }
  },
  "provider_refused": {
    "severity": "notice",
    "words": {
      "zh-Hans": "支付平台没有接受，请稍后再付。",
      "zh-Hant": "支付平台沒有接受，請稍後再付。",
      "en": "The payment service did not accept. Please pay later."
    }
  },
  "provider_silent": {
    "severity": "notice",
    "words": {
      "zh-Hans": "支付平台暂时连不上，请稍后再付。",
      "zh-Hant": "支付平台暫時連不上，請稍後再付。",
      "en": "The payment service cannot be reached. Please pay later."
    }
  },
  "reader_back": {
    "severity": "fine",
    "words": {
      "zh-Hans": "读卡器恢复了。",
      "zh-Hant": "讀卡器恢復了。",
      "en": "The reader answers again."
    }
  },
  "reader_silent": {
    "severity": "notice",
    "words": {
      "zh-Hans": "读卡器没有回应。",
      "zh-Hant": "讀卡器沒有回應。",
      "en": "The reader does not answer."
    }
  },
  "remote_only": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这种继电器不能用在大门、逃生门或有联动规则的门上。",
      "zh-Hant": "這種繼電器不能用在大門、逃生門或有連動規則的門上。",
      "en": "This kind of relay is not for perimeter or escape doors, nor for doors with stateful rules."
    }
  },
  "remote_refused": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这扇门只能在门前刷卡。",
      "zh-Hant": "這扇門只能在門前刷卡。",
      "en": "This door opens only with a card at the door."
    }
  },
  "request_altered": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "这次请求不是新的，门没有动。请再开一次。",
      "zh-Hant": "這次請求不是新的，門沒有動。請再開一次。",
      "en": "This request is not a new one, so the door did not move. Please try again."
    }
  },
  "request_repeated": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次请求已经用过了，门没有再动。",
      "zh-Hant": "這次請求已經用過了，門沒有再動。",
      "en": "This request was already used. The door did not move again."
    }
  },
  "request_spent": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次请求不是新的，门没有动。请再开一次。",
      "zh-Hant": "這次請求不是新的，門沒有動。請再開一次。",
      "en": "This request is not a new one, so the door did not move. Please try again."
    }
  },
  "request_stale": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次请求不是新的，门没有动。请再开一次。",
      "zh-Hant": "這次請求不是新的，門沒有動。請再開一次。",
      "en": "This request is not a new one, so the door did not move. Please try again."
    }
  },
  "residential": {
    "severity": "notice",
    "words": {
      "zh-Hans": "住宅入口不能这样设置。",
      "zh-Hant": "住宅入口不能這樣設定。",
      "en": "A residential entrance cannot be set like this."
    }
  },
  "schedule_closed": {
    "severity": "notice",
    "words": {
      "zh-Hans": "现在不在开放时间。请按呼叫键，我们来帮您。",
      "zh-Hant": "現在不在開放時間。請按呼叫鍵，我們來幫您。",
      "en": "This is outside the opening hours. Press call, we will help."
    }
  },
  "second_awaited": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请第二位也刷一下，十五秒之内。",
      "zh-Hant": "請第二位也刷一下，十五秒之內。",
      "en": "A second person, please, within fifteen seconds."
    }
  },
  "sheet_broken": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这个表格文件坏了，请重新保存一次。",
      "zh-Hant": "這個試算表檔案壞了，請重新儲存一次。",
      "en": "This workbook is damaged. Please save it again."
    }
  },
  "sheet_macros": {
    "severity": "notice",
    "words": {
      "zh-Hans": "带宏的表格不收，请另存为 .xlsx。",
      "zh-Hant": "帶巨集的試算表不收，請另存為 .xlsx。",
      "en": "Workbooks with macros are not taken. Please save it as .xlsx."
    }
  },
  "sheet_no_header": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有找到表头，要有“姓名”“房号”这样的一行。",
      "zh-Hant": "沒有找到表頭，要有「姓名」「房號」這樣的一行。",
      "en": "No header was found: one row must say Name, House and so on."
    }
  },
  "sheet_old": {
    "severity": "notice",
    "words": {
      "zh-Hans": "旧格式或带密码的表格读不了，请另存为 .xlsx。",
      "zh-Hant": "舊格式或帶密碼的試算表讀不了，請另存為 .xlsx。",
      "en": "Old or password-protected workbooks cannot be read. Please save it as .xlsx."
    }
  },
  "sheet_too_large": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这个表格太大了，请分成几份。",
      "zh-Hant": "這個試算表太大了，請分成幾份。",
      "en": "This sheet is too large. Please split it."
    }
  },
  "sheet_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "看不懂这个文件，请存成 .xlsx 或 CSV。",
      "zh-Hant": "看不懂這個檔案，請存成 .xlsx 或 CSV。",
      "en": "This file is not clear. Please save it as .xlsx or CSV."
    }
  },
  "sign_in_refused": {
    "severity": "notice",
    "words": {
      "zh-Hans": "姓名、密码或动态码不对。",
      "zh-Hant": "姓名、密碼或動態碼不對。",
      "en": "Name, password or code is not right."
    }
  },
  "signature": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "signed_out": {
    "severity": "notice",
    "words": {
      "zh-Hans": "请先登录。",
      "zh-Hant": "請先登入。",
      "en": "Please sign in first."
    }
  },
  "station_clock": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "接警台和我们的时钟对不上，它没有收，请打电话。",
      "zh-Hant": "接警臺和我們的時鐘對不上，它沒有收，請打電話。",
      "en": "The station's clock and ours are too far apart, so it did not take it. Please telephone."
    }
  },
  "station_flood": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "接警台的回答多得不正常，已断开，请打电话。",
      "zh-Hant": "接警臺的回答多得不正常，已斷開，請打電話。",
      "en": "The far end sends far too much; we hung up. Please telephone."
    }
  },
  "station_given_up": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "一整天没有送到，不再重试。",
      "zh-Hant": "一整天沒有送到，不再重試。",
      "en": "It did not get through for a day; we stopped trying."
    }
  },
  "station_missing": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有配置能接收这件事的接警台，请打电话。",
      "zh-Hant": "沒有設定能接收這件事的接警臺，請打電話。",
      "en": "No station is set up for this. Please telephone."
    }
  },
  "station_refused": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "接警台拒收：密钥或账号不对，请打电话。",
      "zh-Hant": "接警臺拒收：金鑰或帳號不對，請打電話。",
      "en": "The station refused: key or account are wrong. Please telephone."
    }
  },
  "station_restored": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "从备份恢复过，没有自动再发，请先问接警台。",
      "zh-Hant": "從備份還原過，沒有自動再送，請先問接警臺。",
      "en": "Restored from a back-up: it was not sent again by itself. Ask the station first."
    }
  },
  "station_silent": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "接警台没有回答，还在重试，请打电话。",
      "zh-Hant": "接警臺沒有回答，還在重試，請打電話。",
      "en": "The station does not answer. We keep trying; please telephone."
    }
  },
  "station_tls": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "接警台的证书不对，没有发出，请打电话。",
      "zh-Hant": "接警臺的憑證不對，沒有送出，請打電話。",
      "en": "The station's certificate is not right, so nothing was sent. Please telephone."
    }
  },
  "station_unable": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "接警台看不懂这类消息，请打电话。",
      "zh-Hant": "接警臺看不懂這類訊息，請打電話。",
      "en": "The station cannot use this kind of message. Please telephone."
    }
  },
  "station_unproven": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "有回答，但证明不了是接警台，不能算数，请打电话。",
      "zh-Hant": "有回答，但證明不了是接警臺，不能算數，請打電話。",
      "en": "An answer came that does not prove to be the station's, so it does not count. Please telephone."
    }
  },
  "station_unreachable": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "接警台连不上，还在重试，请打电话。",
      "zh-Hant": "接警臺連不上，還在重試，請打電話。",
      "en": "The station cannot be reached. We keep trying; please telephone."
    }
  },
  "storage_fault": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "系统正忙，请稍等一下再试。",
      "zh-Hant": "系統正忙，請稍等一下再試。",
      "en": "We are busy. Please wait a moment and try again."
    }
  },
  "store_unavailable": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "系统正忙，请稍等一下再试。",
      "zh-Hant": "系統正忙，請稍等一下再試。",
      "en": "We are busy. Please wait a moment and try again."
    }
  },
  "strike_fault": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "门锁没有反应。请按呼叫键，我们来帮您。",
      "zh-Hant": "門鎖沒有反應。請按呼叫鍵，我們來幫您。",
      "en": "The lock does not respond. Press call, we will help."
    }
  },
  "sun_forged": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "这张卡没有认出来。请找工作人员。",
      "zh-Hant": "這張卡沒有認出來。請找工作人員。",
      "en": "We did not recognise this card. Please ask the staff."
    }
  },
  "sun_form": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "sun_repeat": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "刚才已经记上了，不用再刷。",
      "zh-Hant": "剛才已經記上了，不用再刷。",
      "en": "You are already noted, no need to tap again."
    }
  },
  "sun_review": {
    "severity": "notice",
    "words": {
      "zh-Hans": "已经收到，等待核对。",
      "zh-Hant": "已經收到，等待核對。",
      "en": "Received; it will be checked."
    }
  },
  "tamper": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "设备外壳被打开。",
      "zh-Hant": "設備外殼被打開。",
      "en": "The device's case was opened."
    }
  },
  "too_early": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "too_many": {
    "severity": "notice",
    "words": {
      "zh-Hans": "试得太多了，请过一会儿再来。",
      "zh-Hant": "試得太多了，請過一會兒再來。",
      "en": "Too many tries. Please come back in a little while."
    }
  },
  "unlocked": {
    "severity": "fine",
    "words": {
      "zh-Hans": "门开着，请进",
      "zh-Hant": "門開著，請進",
      "en": "The door is unlocked, please come in"
    }
  },
  "unsupported": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "validity_over": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键，我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵，我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "window_long": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清，请再试一次。",
      "zh-Hant": "沒有聽清，請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  }
} as const;
export type ReasonCode = keyof typeof reasons;
