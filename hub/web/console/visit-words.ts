/** The words about calls and visitors at the desk; zh-Hant is translated, not converted. */

import { dictionary } from "@linli/shared/i18n";

export const visitWords = dictionary({
  ringsAt: { "zh-Hans": "{door}有人呼叫", "zh-Hant": "{door}有人呼叫", en: "Somebody calls at {door}" },
  ringsFor: {
    "zh-Hans": "找 {house}，那里没有登记手机",
    "zh-Hant": "找 {house}，那裡沒有登記手機",
    en: "For {house}, where no phone is introduced",
  },
  ringsDesk: { "zh-Hans": "找值班台", "zh-Hant": "找值班台", en: "For the desk" },
  secondsLeft: { "zh-Hans": "还响 {n} 秒", "zh-Hant": "還響 {n} 秒", en: "Rings for {n} s" },
  letIn: { "zh-Hans": "开门", "zh-Hant": "開門", en: "Open the door" },
  notNow: { "zh-Hans": "不开", "zh-Hant": "不開", en: "Do not open" },
  openTitle: { "zh-Hans": "打开{door}", "zh-Hant": "打開{door}", en: "Open {door}" },
  reason: { "zh-Hans": "为什么开", "zh-Hant": "為什麼開", en: "Why" },
  reasonHint: { "zh-Hans": "会和您的名字一起记下来。", "zh-Hant": "會和您的名字一起記下來。", en: "It is recorded with your name." },
  reasonFirst: { "zh-Hans": "应答门口呼叫", "zh-Hant": "應答門口呼叫", en: "Answered a call at the door" },
  otp: { "zh-Hans": "六位动态码", "zh-Hant": "六位動態碼", en: "Six-digit code" },
  opened: { "zh-Hans": "门开了", "zh-Hant": "門開了", en: "The door is open" },
  done: { "zh-Hans": "好", "zh-Hant": "好", en: "OK" },

  visits: { "zh-Hans": "访客码", "zh-Hant": "訪客碼", en: "Visitor code" },
  visitsOf: { "zh-Hans": "{name}的访客", "zh-Hant": "{name}的訪客", en: "Visitors of {name}" },
  who: { "zh-Hans": "称呼", "zh-Hant": "稱呼", en: "A short name" },
  whoHint: { "zh-Hans": "不用全名，比如“快递”。", "zh-Hant": "不用全名，比如「快遞」。", en: "No full names; courier is enough." },
  when: { "zh-Hans": "什么时候", "zh-Hant": "什麼時候", en: "When" },
  soon: { "zh-Hans": "两小时内", "zh-Hant": "兩小時內", en: "Within two hours" },
  today: { "zh-Hans": "今天", "zh-Hant": "今天", en: "Today" },
  doors: { "zh-Hans": "哪些门", "zh-Hant": "哪些門", en: "Doors" },
  how: { "zh-Hans": "怎么进门", "zh-Hant": "怎麼進門", en: "How they come in" },
  byScan: { "zh-Hans": "扫码", "zh-Hant": "掃碼", en: "A code to scan" },
  byDigits: { "zh-Hans": "按九个数字", "zh-Hant": "按九個數字", en: "Nine digits to type" },
  slipDigits: {
    "zh-Hans": "在门口按这九个数字，再按 #。只能开一次。",
    "zh-Hant": "在門口按這九個數字，再按 #。只能開一次。",
    en: "At the door, type these nine digits and then #. It opens once.",
  },
  waits: {
    "zh-Hans": "门正在收这个码，一两分钟后才能用。",
    "zh-Hant": "門正在收這個碼，一兩分鐘後才能用。",
    en: "The door is still learning it. It works in a minute or two.",
  },
  make: { "zh-Hans": "做访客码", "zh-Hant": "做訪客碼", en: "Make the code" },
  slip: {
    "zh-Hans": "到门口把这个码对着扫码口。每扇门开一次。",
    "zh-Hant": "到門口把這個碼對著掃碼口。每扇門開一次。",
    en: "At the door, hold this code to the scanner. It opens each door once.",
  },
  until: { "zh-Hans": "{day} {at} 前有效", "zh-Hant": "{day} {at} 前有效", en: "Valid until {at}, {day}" },
  picture: { "zh-Hans": "访客码", "zh-Hant": "訪客碼", en: "Visitor code" },
  open: { "zh-Hans": "还能用的访客码", "zh-Hant": "還能用的訪客碼", en: "Codes still in use" },
  byResident: { "zh-Hans": "住户自己发的", "zh-Hant": "住戶自己發的", en: "Made by the resident" },
  came: { "zh-Hans": "来过了", "zh-Hant": "來過了", en: "has come" },
  expected: { "zh-Hans": "还没来", "zh-Hant": "還沒來", en: "not yet here" },
  end: { "zh-Hans": "取消", "zh-Hant": "取消", en: "Cancel" },
});
