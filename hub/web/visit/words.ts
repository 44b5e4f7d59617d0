/** Every word of the visitor's page; zh-Hans is the source, zh-Hant is translated, not converted. */

import { dictionary } from "@linli/shared/i18n";

export const words = dictionary({
  title: { "zh-Hans": "您的访客码", "zh-Hant": "您的訪客碼", en: "Your visitor code" },
  how: {
    "zh-Hans": "到了门口，把这个码对着扫码口。每扇门开一次。",
    "zh-Hant": "到了門口，把這個碼對著掃碼口。每扇門開一次。",
    en: "At the door, hold this code to the scanner. It opens each door once.",
  },
  picture: { "zh-Hans": "访客码", "zh-Hant": "訪客碼", en: "Visitor code" },
  doors: { "zh-Hans": "能开的门", "zh-Hant": "能開的門", en: "Doors" },
  when: { "zh-Hans": "能用的时间", "zh-Hant": "能用的時間", en: "Time" },
  today: { "zh-Hans": "今天", "zh-Hant": "今天", en: "Today" },
  span: { "zh-Hans": "{from} 到 {to}", "zh-Hant": "{from} 到 {to}", en: "{from} to {to}" },
  early: {
    "zh-Hans": "还没到时间，{from} 起可以用。",
    "zh-Hant": "還沒到時間，{from} 起可以用。",
    en: "Not yet: it opens from {from}.",
  },
  overTitle: { "zh-Hans": "这个访客码已经过期了", "zh-Hant": "這個訪客碼已經過期了", en: "This code has ended" },
  overLine: {
    "zh-Hans": "请让邀请您的人再发一个，或在门口按呼叫键。",
    "zh-Hant": "請讓邀請您的人再發一個，或在門口按呼叫鍵。",
    en: "Please ask your host for a new one, or press call at the door.",
  },
  brokenTitle: { "zh-Hans": "这个链接不完整", "zh-Hant": "這個連結不完整", en: "This link is not complete" },
  brokenLine: {
    "zh-Hans": "可能在发送时被截断了。请让邀请您的人再发一次。",
    "zh-Hant": "可能在傳送時被截斷了。請讓邀請您的人再傳一次。",
    en: "It may have been cut off on its way. Please ask your host to send it again.",
  },
  note: {
    "zh-Hans": "没有网络也能用。请不要转给别人：先用的人进门。",
    "zh-Hant": "沒有網路也能用。請不要轉給別人：先用的人進門。",
    en: "It works without a network. Please do not pass it on: whoever uses it first comes in.",
  },
});
