/** The words about visitors and calls; zh-Hans is the source, zh-Hant is translated, not converted. */

import { dictionary } from "@linli/shared/i18n";

export const visitWords = dictionary({
  visitors: { "zh-Hans": "请人进门", "zh-Hant": "請人進門", en: "Let a visitor in" },
  mine: { "zh-Hans": "我的访客", "zh-Hant": "我的訪客", en: "My visitors" },
  fresh: { "zh-Hans": "做一个访客码", "zh-Hant": "做一個訪客碼", en: "Make a visitor code" },
  none: { "zh-Hans": "还没有访客码", "zh-Hant": "還沒有訪客碼", en: "No visitor codes yet" },
  noneLine: {
    "zh-Hans": "做一个，发给要来的人，到门口扫一下就能进。",
    "zh-Hant": "做一個，傳給要來的人，到門口掃一下就能進。",
    en: "Make one and send it to whoever is coming. They hold it to the scanner at the door.",
  },

  // making one
  who: { "zh-Hans": "谁要来？", "zh-Hant": "誰要來？", en: "Who is coming?" },
  family: { "zh-Hans": "亲友", "zh-Hant": "親友", en: "Family or friend" },
  courier: { "zh-Hans": "快递", "zh-Hant": "快遞", en: "Courier" },
  helper: { "zh-Hans": "家政", "zh-Hant": "家政", en: "Home help" },
  other: { "zh-Hans": "别的", "zh-Hant": "別的", en: "Other" },
  nickname: { "zh-Hans": "称呼", "zh-Hant": "稱呼", en: "A short name" },
  nicknameEmpty: { "zh-Hans": "请写一个称呼。", "zh-Hant": "請寫一個稱呼。", en: "Please write a short name." },
  when: { "zh-Hans": "什么时候来？", "zh-Hant": "什麼時候來？", en: "When?" },
  soon: { "zh-Hans": "两小时内", "zh-Hant": "兩小時內", en: "Within two hours" },
  today: { "zh-Hans": "今天", "zh-Hant": "今天", en: "Today" },
  another: { "zh-Hans": "另选时间", "zh-Hant": "另選時間", en: "Another time" },
  day: { "zh-Hans": "哪一天", "zh-Hant": "哪一天", en: "Day" },
  from: { "zh-Hans": "从", "zh-Hant": "從", en: "From" },
  to: { "zh-Hans": "到", "zh-Hant": "到", en: "To" },
  timeWrong: {
    "zh-Hans": "请看看时间：要在一个月以内，还没有过去。",
    "zh-Hant": "請看看時間：要在一個月以內，還沒有過去。",
    en: "Please look at the time: within a month, and not yet over.",
  },
  which: { "zh-Hans": "能开哪些门？", "zh-Hant": "能開哪些門？", en: "Which doors?" },
  whichHint: {
    "zh-Hans": "最多四扇，每扇开一次。",
    "zh-Hant": "最多四扇，每扇開一次。",
    en: "Four at most; each opens once.",
  },
  whichEmpty: { "zh-Hans": "请选一扇门。", "zh-Hant": "請選一扇門。", en: "Please choose a door." },
  make: { "zh-Hans": "做好访客码", "zh-Hant": "做好訪客碼", en: "Make the code" },
  making: { "zh-Hans": "正在做…", "zh-Hant": "正在做…", en: "One moment…" },
  back: { "zh-Hans": "先不做", "zh-Hant": "先不做", en: "Not now" },

  // one visitor
  share: { "zh-Hans": "发给访客", "zh-Hant": "傳給訪客", en: "Send it" },
  copy: { "zh-Hans": "复制链接", "zh-Hant": "複製連結", en: "Copy the link" },
  copied: { "zh-Hans": "已复制，去粘贴给访客吧", "zh-Hant": "已複製，去貼給訪客吧", en: "Copied. Now paste it to your visitor." },
  address: { "zh-Hans": "链接", "zh-Hant": "連結", en: "Link" },
  shareText: {
    "zh-Hans": "{site}的访客码，到门口扫一下就能进。",
    "zh-Hant": "{site}的訪客碼，到門口掃一下就能進。",
    en: "Your visitor code for {site}. Hold it to the scanner at the door.",
  },
  picture: { "zh-Hans": "访客码", "zh-Hant": "訪客碼", en: "Visitor code" },
  doors: { "zh-Hans": "能开的门", "zh-Hant": "能開的門", en: "Doors" },
  time: { "zh-Hans": "时间", "zh-Hant": "時間", en: "Time" },
  span: { "zh-Hans": "{day} {from} 到 {to}", "zh-Hant": "{day} {from} 到 {to}", en: "{day} {from} to {to}" },
  expected: { "zh-Hans": "还没来", "zh-Hant": "還沒來", en: "Not yet here" },
  cameAt: { "zh-Hans": "{at} 来了", "zh-Hant": "{at} 來了", en: "Came {at}" },
  over: { "zh-Hans": "过期了，没有来", "zh-Hant": "過期了，沒有來", en: "Over, did not come" },
  revoked: { "zh-Hans": "已取消", "zh-Hant": "已取消", en: "Cancelled" },
  came: { "zh-Hans": "进了哪些门", "zh-Hant": "進了哪些門", en: "Came in at" },
  end: { "zh-Hans": "取消这个访客码", "zh-Hant": "取消這個訪客碼", en: "Cancel this code" },
  endAsk: {
    "zh-Hans": "取消以后，这个码就开不了门了。没有连上网络的门可能晚一些才知道。",
    "zh-Hant": "取消以後，這個碼就開不了門了。沒有連上網絡的門可能晚一些才知道。",
    en: "After that the code opens nothing. A door without a network may learn it a little later.",
  },
  endYes: { "zh-Hans": "取消它", "zh-Hant": "取消它", en: "Cancel it" },
  endNo: { "zh-Hans": "留着", "zh-Hant": "留著", en: "Keep it" },
  noHub: {
    "zh-Hans": "没有连上，请看看网络再试。",
    "zh-Hant": "沒有連上，請看看網絡再試。",
    en: "We could not connect. Please check the network and try again.",
  },

  // somebody rings
  ringing: { "zh-Hans": "有人按门铃", "zh-Hant": "有人按門鈴", en: "Somebody is at the door" },
  letIn: { "zh-Hans": "开门", "zh-Hant": "開門", en: "Open" },
  notNow: { "zh-Hans": "现在不方便", "zh-Hant": "現在不方便", en: "Not now" },
  lookFirst: {
    "zh-Hans": "认识的人再开门。",
    "zh-Hant": "認識的人再開門。",
    en: "Open only for somebody you know.",
  },
  secondsLeft: { "zh-Hans": "还响 {n} 秒", "zh-Hant": "還響 {n} 秒", en: "Rings for {n} s" },
  taken: { "zh-Hans": "家里有人已经应答了", "zh-Hant": "家裡有人已經應答了", en: "Somebody at home has answered" },
  tooLate: { "zh-Hans": "这次呼叫已经结束了", "zh-Hant": "這次呼叫已經結束了", en: "This call is over" },
});
