/** The words of the household's cards; zh-Hans is the source, zh-Hant is translated. */

import { dictionary } from "@linli/shared/i18n";

export const cardWords = dictionary({
  title: { "zh-Hans": "家里的卡", "zh-Hant": "家裡的卡片", en: "Cards of this home" },
  mine: { "zh-Hans": "我的卡", "zh-Hant": "我的卡片", en: "My card" },
  none: {
    "zh-Hans": "家里没有登记的卡。",
    "zh-Hant": "家裡沒有登記的卡片。",
    en: "No card is registered for this home.",
  },
  since: { "zh-Hans": "{day} 领的", "zh-Hant": "{day} 領的", en: "since {day}" },
  lostMine: { "zh-Hans": "我的卡丢了", "zh-Hant": "我的卡片不見了", en: "I lost this card" },
  lostTheirs: { "zh-Hans": "这张卡丢了", "zh-Hant": "這張卡片不見了", en: "This card is lost" },
  sure: {
    "zh-Hans": "别着急。停用以后，捡到的人拿它开不了门。您的手机照样开门；卡要是找到了，到服务台就能恢复。",
    "zh-Hant": "別著急。停用以後，撿到的人拿它開不了門。您的手機照樣開門；卡片要是找到了，到服務台就能恢復。",
    en: "Do not worry. Nobody will open a door with it. Your phone still works; the desk can bring it back.",
  },
  yes: { "zh-Hans": "停用这张卡", "zh-Hant": "停用這張卡片", en: "Stop this card" },
  busy: { "zh-Hans": "请稍等…", "zh-Hant": "請稍候…", en: "One moment…" },
  no: { "zh-Hans": "先不停用", "zh-Hant": "先不停用", en: "Not now" },
  telling: { "zh-Hans": "已停用，正在通知各扇门", "zh-Hant": "已停用，正在通知各扇門", en: "Stopped; the doors are being told" },
  goneEverywhere: {
    "zh-Hans": "已停用，{n} 扇门都不认它了",
    "zh-Hant": "已停用，{n} 扇門都不認它了",
    en: "Stopped: gone from {n} of {n} doors",
  },
  goneFrom: {
    "zh-Hans": "已停用，{all} 扇门里 {n} 扇不认它了",
    "zh-Hant": "已停用，{all} 扇門裡 {n} 扇不認它了",
    en: "Stopped: gone from {n} of {all} doors",
  },
  still: {
    "zh-Hans": "还没通知到：{doors}。一连上就会不认它。",
    "zh-Hant": "還沒通知到：{doors}。一連上就會不認它。",
    en: "Not told yet: {doors}. They forget it as soon as they are reached.",
  },
  comma: { "zh-Hans": "、", "zh-Hant": "、", en: ", " },
  stoppedAt: { "zh-Hans": "{at} 停用", "zh-Hant": "{at} 停用", en: "stopped at {at}" },
  notReached: {
    "zh-Hans": "没有连上，请看看网络，再试一次。",
    "zh-Hant": "沒有連上，請看看網路，再試一次。",
    en: "Not connected. Please check the network and try again.",
  },
});
