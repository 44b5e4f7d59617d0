/** When a lost card was last surely had: five plain answers. The hub reckons the moment by its own clock. */

import { dictionary, say, type Words } from "./i18n";

export const HAD = ["just_now", "today", "yesterday", "days", "unknown"] as const;
export type Had = (typeof HAD)[number];

/** Whoever says nothing does not know: then the hub looks back furthest. */
export const HAD_FIRST: Had = "unknown";

export const hadWords = dictionary({
  question: {
    "zh-Hans": "上一次用这张卡是什么时候？",
    "zh-Hant": "上一次用這張卡片是什麼時候？",
    en: "When did you last have it?",
  },
  deskQuestion: {
    "zh-Hans": "持卡人上一次用这张卡是什么时候？",
    "zh-Hant": "持卡人上一次用這張卡片是什麼時候？",
    en: "When did they last have it?",
  },
  line: {
    "zh-Hans": "那以后用这张卡登记的手机先停一停，是自己家的，确认一下就能接着用。",
    "zh-Hant": "那以後用這張卡片登記的手機先停一停，是自己家的，確認一下就能接著用。",
    en: "Phones that this card brought in since then are paused. Your own goes on once it is confirmed.",
  },
});

const ANSWERS: Readonly<Record<Had, Words>> = dictionary({
  just_now: { "zh-Hans": "刚才还用过", "zh-Hant": "剛才還用過", en: "Just now" },
  today: { "zh-Hans": "今天", "zh-Hant": "今天", en: "Today" },
  yesterday: { "zh-Hans": "昨天", "zh-Hant": "昨天", en: "Yesterday" },
  days: { "zh-Hans": "几天前", "zh-Hant": "幾天前", en: "Some days ago" },
  unknown: { "zh-Hans": "不记得了", "zh-Hant": "不記得了", en: "I do not know" },
});

/** The answers as a choice shows them, in the page's language. */
export function hadOptions(): { value: Had; text: string }[] {
  return HAD.map((value) => ({ value, text: say(ANSWERS[value]) }));
}
