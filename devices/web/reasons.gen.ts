// Made from devices/reasons.py by `python -m devices.reasons`; do not edit.
export const reasons = {
  "assurance_low": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键,我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵,我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "audience": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
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
      "zh-Hans": "正在核对,请不要再付一次。",
      "zh-Hant": "正在核對,請不要再付一次。",
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
  "callback_amount": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_cipher": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_form": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_merchant": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_serial": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_signature": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "callback_timestamp": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "card_session_refused": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键,我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵,我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "checked_in": {
    "severity": "fine",
    "words": {
      "zh-Hans": "记上了,祝您愉快。",
      "zh-Hant": "記上了,祝您愉快。",
      "en": "Noted. Enjoy yourself."
    }
  },
  "checked_in_again": {
    "severity": "fine",
    "words": {
      "zh-Hans": "刚才已经记上了,不用再刷。",
      "zh-Hant": "剛才已經記上了,不用再刷。",
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
      "zh-Hans": "系统正忙,请稍等一下再试。",
      "zh-Hant": "系統正忙,請稍等一下再試。",
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
  "connection_old": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有等到门的回答。请看看门有没有开,没开就再试一次。",
      "zh-Hant": "沒有等到門的回答。請看看門有沒有開,沒開就再試一次。",
      "en": "The door did not answer. Please look whether it is open; if not, try again."
    }
  },
  "credential_blocked": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键,我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵,我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "credential_forged": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键,我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵,我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "credential_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键,我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵,我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
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
  "epoch_old": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "exit": {
    "severity": "fine",
    "words": {
      "zh-Hans": "门开了,请慢走",
      "zh-Hant": "門開了,請慢走",
      "en": "The door is open, goodbye"
    }
  },
  "expired": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次请求不是新的,门没有动。请再开一次。",
      "zh-Hant": "這次請求不是新的,門沒有動。請再開一次。",
      "en": "This request is not a new one, so the door did not move. Please try again."
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
      "zh-Hans": "消防警报,请马上离开。",
      "zh-Hant": "消防警報,請馬上離開。",
      "en": "Fire alarm. Please leave now."
    }
  },
  "font_missing": {
    "severity": "notice",
    "words": {
      "zh-Hans": "服务器缺中文字体,信打不出来。",
      "zh-Hant": "伺服器缺中文字型,信印不出來。",
      "en": "The server has no Chinese font to print letters with."
    }
  },
  "form": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "granted": {
    "severity": "fine",
    "words": {
      "zh-Hans": "门开了,请进",
      "zh-Hant": "門開了,請進",
      "en": "The door is open, please come in"
    }
  },
  "hold_long": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
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
      "zh-Hans": "系统正忙,请稍等一下再试。",
      "zh-Hant": "系統正忙,請稍等一下再試。",
      "en": "We are busy. Please wait a moment and try again."
    }
  },
  "id_conflict": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "import_forgotten": {
    "severity": "notice",
    "words": {
      "zh-Hans": "预览过期了,请重新选一次文件。",
      "zh-Hant": "預覽過期了,請重新選一次檔案。",
      "en": "The preview has expired. Please choose the file again."
    }
  },
  "import_overtaken": {
    "severity": "notice",
    "words": {
      "zh-Hans": "导入之后有人改过,撤销会盖掉这些改动。",
      "zh-Hant": "匯入之後有人改過,復原會蓋掉這些改動。",
      "en": "Somebody has changed rows since; undoing would overwrite that."
    }
  },
  "import_running": {
    "severity": "notice",
    "words": {
      "zh-Hans": "另一份表格正在导入,请等它完成。",
      "zh-Hant": "另一份試算表正在匯入,請等它完成。",
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
  "internal": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "出了点问题,已经记下来了。请按呼叫键。",
      "zh-Hant": "出了點問題,已經記下來了。請按呼叫鍵。",
      "en": "Something went wrong and has been recorded. Press call, please."
    }
  },
  "key_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
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
      "zh-Hans": "时间到了,请重新查一次。",
      "zh-Hant": "時間到了,請重新查一次。",
      "en": "Time is up. Please look it up again."
    }
  },
  "method_wrong": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
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
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "outcome_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有等到门的回答。请看看门有没有开,没开就再试一次。",
      "zh-Hant": "沒有等到門的回答。請看看門有沒有開,沒開就再試一次。",
      "en": "The door did not answer. Please look whether it is open; if not, try again."
    }
  },
  "oversize": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
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
      "zh-Hans": "正在核对,请不要再付一次。",
      "zh-Hant": "正在核對,請不要再付一次。",
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
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键,我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵,我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "person_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这部手机现在开不了这扇门。请按呼叫键,我们来帮您。",
      "zh-Hant": "這部手機現在開不了這扇門。請按呼叫鍵,我們來幫您。",
      "en": "This phone cannot open this door now. Press call, we will help."
    }
  },
  "phone_revoked": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这部手机需要重新登记。用一个新的六位数号码,一分钟就好。",
      "zh-Hant": "這部手機需要重新登記。用一個新的六位數號碼,一分鐘就好。",
      "en": "This phone must be introduced again. A new six-digit code takes a minute."
    }
  },
  "phone_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这部手机需要重新登记。用一个新的六位数号码,一分钟就好。",
      "zh-Hant": "這部手機需要重新登記。用一個新的六位數號碼,一分鐘就好。",
      "en": "This phone must be introduced again. A new six-digit code takes a minute."
    }
  },
  "policy_behind": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "policy_missing": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "系统正忙,请稍等一下再试。",
      "zh-Hant": "系統正忙,請稍等一下再試。",
      "en": "We are busy. Please wait a moment and try again."
    }
  },
  "proof_forged": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "proof_form": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "proof_missing": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这部手机需要重新登记。用一个新的六位数号码,一分钟就好。",
      "zh-Hant": "這部手機需要重新登記。用一個新的六位數號碼,一分鐘就好。",
      "en": "This phone must be introduced again. A new six-digit code takes a minute."
    }
  },
  "provider_refused": {
    "severity": "notice",
    "words": {
      "zh-Hans": "支付平台没有接受,请稍后再付。",
      "zh-Hant": "支付平台沒有接受,請稍後再付。",
      "en": "The payment service did not accept. Please pay later."
    }
  },
  "provider_silent": {
    "severity": "notice",
    "words": {
      "zh-Hans": "支付平台暂时连不上,请稍后再付。",
      "zh-Hant": "支付平台暫時連不上,請稍後再付。",
      "en": "The payment service cannot be reached. Please pay later."
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
      "zh-Hans": "这次请求不是新的,门没有动。请再开一次。",
      "zh-Hant": "這次請求不是新的,門沒有動。請再開一次。",
      "en": "This request is not a new one, so the door did not move. Please try again."
    }
  },
  "request_repeated": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次请求已经用过了,门没有再动。",
      "zh-Hant": "這次請求已經用過了,門沒有再動。",
      "en": "This request was already used. The door did not move again."
    }
  },
  "request_spent": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次请求不是新的,门没有动。请再开一次。",
      "zh-Hant": "這次請求不是新的,門沒有動。請再開一次。",
      "en": "This request is not a new one, so the door did not move. Please try again."
    }
  },
  "request_stale": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这次请求不是新的,门没有动。请再开一次。",
      "zh-Hant": "這次請求不是新的,門沒有動。請再開一次。",
      "en": "This request is not a new one, so the door did not move. Please try again."
    }
  },
  "schedule_closed": {
    "severity": "notice",
    "words": {
      "zh-Hans": "现在不在开放时间。请按呼叫键,我们来帮您。",
      "zh-Hant": "現在不在開放時間。請按呼叫鍵,我們來幫您。",
      "en": "This is outside the opening hours. Press call, we will help."
    }
  },
  "sheet_broken": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这个表格文件坏了,请重新保存一次。",
      "zh-Hant": "這個試算表檔案壞了,請重新儲存一次。",
      "en": "This workbook is damaged. Please save it again."
    }
  },
  "sheet_macros": {
    "severity": "notice",
    "words": {
      "zh-Hans": "带宏的表格不收,请另存为 .xlsx。",
      "zh-Hant": "帶巨集的試算表不收,請另存為 .xlsx。",
      "en": "Workbooks with macros are not taken. Please save it as .xlsx."
    }
  },
  "sheet_no_header": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有找到表头,要有“姓名”“房号”这样的一行。",
      "zh-Hant": "沒有找到表頭,要有「姓名」「房號」這樣的一行。",
      "en": "No header was found: one row must say Name, House and so on."
    }
  },
  "sheet_old": {
    "severity": "notice",
    "words": {
      "zh-Hans": "旧格式或带密码的表格读不了,请另存为 .xlsx。",
      "zh-Hant": "舊格式或帶密碼的試算表讀不了,請另存為 .xlsx。",
      "en": "Old or password-protected workbooks cannot be read. Please save it as .xlsx."
    }
  },
  "sheet_too_large": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这个表格太大了,请分成几份。",
      "zh-Hant": "這個試算表太大了,請分成幾份。",
      "en": "This sheet is too large. Please split it."
    }
  },
  "sheet_unknown": {
    "severity": "notice",
    "words": {
      "zh-Hans": "看不懂这个文件,请存成 .xlsx 或 CSV。",
      "zh-Hant": "看不懂這個檔案,請存成 .xlsx 或 CSV。",
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
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
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
  "storage_fault": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "系统正忙,请稍等一下再试。",
      "zh-Hant": "系統正忙,請稍等一下再試。",
      "en": "We are busy. Please wait a moment and try again."
    }
  },
  "store_unavailable": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "系统正忙,请稍等一下再试。",
      "zh-Hant": "系統正忙,請稍等一下再試。",
      "en": "We are busy. Please wait a moment and try again."
    }
  },
  "strike_fault": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "门锁没有反应。请按呼叫键,我们来帮您。",
      "zh-Hant": "門鎖沒有反應。請按呼叫鍵,我們來幫您。",
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
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "sun_repeat": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "刚才已经记上了,不用再刷。",
      "zh-Hant": "剛才已經記上了,不用再刷。",
      "en": "You are already noted, no need to tap again."
    }
  },
  "sun_review": {
    "severity": "notice",
    "words": {
      "zh-Hans": "已经收到,等待核对。",
      "zh-Hant": "已經收到,等待核對。",
      "en": "Received; it will be checked."
    }
  },
  "too_early": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "too_many": {
    "severity": "notice",
    "words": {
      "zh-Hans": "试得太多了,请过一会儿再来。",
      "zh-Hant": "試得太多了,請過一會兒再來。",
      "en": "Too many tries. Please come back in a little while."
    }
  },
  "unsupported": {
    "severity": "notice",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  },
  "validity_over": {
    "severity": "notice",
    "words": {
      "zh-Hans": "这张卡现在开不了这扇门。请按呼叫键,我们来帮您。",
      "zh-Hant": "這張卡現在開不了這扇門。請按呼叫鍵,我們來幫您。",
      "en": "This card cannot open this door now. Press call, we will help."
    }
  },
  "window_long": {
    "severity": "alarm",
    "words": {
      "zh-Hans": "没有听清,请再试一次。",
      "zh-Hant": "沒有聽清,請再試一次。",
      "en": "That did not arrive clearly. Please try again."
    }
  }
} as const;
export type ReasonCode = keyof typeof reasons;
