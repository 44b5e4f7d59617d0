/** The words of the watch list; zh-Hans is the source, zh-Hant is translated, not converted. */

import { dictionary } from "@linli/shared/i18n";

export const watchWords = dictionary({
  title: { "zh-Hans": "布控名单", "zh-Hant": "布控名單", en: "Watch list" },
  line: {
    "zh-Hans": "平时是关的。要有机关、依据、期限和实测的误报数，一个人填，另一个人批。每看一次都会记下来。",
    "zh-Hant": "平時是關的。要有機關、依據、期限和實測的誤報數，一個人填，另一個人批。每看一次都會記下來。",
    en:
      "Off by itself. It needs an authority, a basis, an end and a measured number of false alarms; " +
      "one person enters it, another approves. Every look is written down.",
  },
  look: { "zh-Hans": "打开名单", "zh-Hant": "打開名單", en: "Open the list" },
  off: { "zh-Hans": "没有布控", "zh-Hant": "沒有布控", en: "Nobody is looked for" },
  newOrder: { "zh-Hans": "填一份", "zh-Hant": "填一份", en: "Enter an order" },

  waiting: { "zh-Hans": "等另一个人批", "zh-Hant": "等另一個人批", en: "Waits for a second person" },
  inForce: { "zh-Hans": "正在布控", "zh-Hant": "正在布控", en: "In force" },
  resting: {
    "zh-Hans": "停着：现在量不出误报，或照片是别的模型做的",
    "zh-Hant": "停著：現在量不出誤報，或照片是別的模型做的",
    en: "Rests: its false alarms cannot be measured now, or its faces are of another model",
  },
  ended: { "zh-Hans": "已结束，照片已销毁", "zh-Hant": "已結束，照片已銷毀", en: "Ended; its faces are destroyed" },
  byOne: { "zh-Hans": "{one} 填写", "zh-Hant": "{one} 填寫", en: "entered by {one}" },
  byTwo: {
    "zh-Hans": "{one} 填写，{other} 批准",
    "zh-Hant": "{one} 填寫，{other} 批准",
    en: "entered by {one}, approved by {other}",
  },
  until: { "zh-Hans": "到 {at}", "zh-Hant": "到 {at}", en: "until {at}" },
  hits: { "zh-Hans": "命中", "zh-Hant": "命中", en: "Hits" },
  hitsOf: { "zh-Hans": "{n}（误报 {wrong}）", "zh-Hant": "{n}（誤報 {wrong}）", en: "{n} ({wrong} false)" },
  faces: { "zh-Hans": "{n} 张脸", "zh-Hant": "{n} 張臉", en: "Faces: {n}" },
  otherModel: { "zh-Hans": "别的模型做的，不会命中", "zh-Hant": "別的模型做的，不會命中", en: "of another model: never found" },
  addFace: { "zh-Hans": "加一张机关给的照片", "zh-Hant": "加一張機關給的照片", en: "Add a picture from the authority" },
  another: {
    "zh-Hans": "您填过这一份，要由别人批准。批准以后不能再加照片。",
    "zh-Hant": "您填過這一份，要由別人批准。批准以後不能再加照片。",
    en: "You had a hand in this order: somebody else approves it. No face can be added afterwards.",
  },
  approve: { "zh-Hans": "批准", "zh-Hant": "批准", en: "Approve" },
  approveTitle: { "zh-Hans": "批准布控", "zh-Hant": "批准布控", en: "Put the order in force" },
  approveLine: {
    "zh-Hans": "{n} 张脸，名单满时每天约误报 {expected} 次，每一次都要有人看。请对照机关的文书。",
    "zh-Hant": "{n} 張臉，名單滿時每天約誤報 {expected} 次，每一次都要有人看。請對照機關的文書。",
    en: "{n} faces, about {expected} false alarms a day when the list is full. Compare with the authority's paper.",
  },
  end: { "zh-Hans": "结束并销毁", "zh-Hant": "結束並銷毀", en: "End and destroy" },

  authority: { "zh-Hans": "哪个机关（代号）", "zh-Hant": "哪個機關（代號）", en: "Authority (id)" },
  basis: { "zh-Hans": "依据（文书号）", "zh-Hant": "依據（文書號）", en: "Legal basis (number of the paper)" },
  idHint: { "zh-Hans": "小写字母、数字、短横", "zh-Hant": "小寫字母、數字、短橫", en: "small letters, digits, hyphens" },
  days: { "zh-Hans": "几天后自动结束", "zh-Hant": "幾天後自動結束", en: "Ends by itself after (days)" },
  passers: { "zh-Hans": "每天路过的人", "zh-Hant": "每天路過的人", en: "Passers-by a day" },
  alarms: { "zh-Hans": "每天最多能看几次误报", "zh-Hant": "每天最多能看幾次誤報", en: "False alarms a day that people can look at" },
  expected: { "zh-Hans": "批准时实测的误报（每天）", "zh-Hant": "批准時實測的誤報（每天）", en: "False alarms a day, as entered" },
  expectedNow: { "zh-Hans": "按现在的实测", "zh-Hant": "按現在的實測", en: "As measured now" },
  measure: { "zh-Hans": "先量误报", "zh-Hant": "先量誤報", en: "Measure the false alarms" },
  costs: { "zh-Hans": "每天约误报 {n} 次", "zh-Hant": "每天約誤報 {n} 次", en: "About {n} false alarms a day" },
  costsLine: {
    "zh-Hans": "按本小区住户的实测，名单满 {n} 人时。每一次都要有人看两张照片。",
    "zh-Hant": "按本社區住戶的實測，名單滿 {n} 人時。每一次都要有人看兩張照片。",
    en: "Measured on your own residents, for a full list of {n}. Somebody looks at both pictures each time.",
  },
  enter: { "zh-Hans": "填入，等另一个人批", "zh-Hant": "填入，等另一個人批", en: "Enter it for a second person" },
});
