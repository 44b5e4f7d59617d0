/** What the reader feels, in words: each refusal says what it is and what to do now. */
import { dictionary, type Words } from "@linli/shared/i18n";

import type { CardSign } from "./local";
import { w } from "./words";

const c = dictionary({
  lost: {
    "zh-Hans": "卡拿开得早了一点",
    "zh-Hant": "卡片拿開得早了一點",
    en: "The card left a little early",
  },
  lostDo: {
    "zh-Hans": "请再放一次，等屏幕变了再拿开。",
    "zh-Hant": "請再放一次，等螢幕變了再拿開。",
    en: "Please hold it there again until the screen changes.",
  },
  number: {
    "zh-Hans": "这是一张旧式卡",
    "zh-Hant": "這是一張舊式卡片",
    en: "This is a card of the old kind",
  },
  numberDo: {
    "zh-Hans": "有的门认它，在这里认不出您。请按门牌号查，或到服务台换新卡。",
    "zh-Hant": "有的門認它，在這裡認不出您。請用門牌號碼查，或到服務台換新卡。",
    en: "It cannot prove who you are. Use your house number, or get a new card at the desk.",
  },
  refused: {
    "zh-Hans": "这不是本小区的卡",
    "zh-Hant": "這不是本社區的卡片",
    en: "This is not a card of this estate",
  },
  refusedDo: {
    "zh-Hans": "请换门禁卡，一次只放一张。还不行就到服务台，我们来帮您。",
    "zh-Hant": "請改用門禁卡，一次只放一張。還不行就到服務台，我們來幫您。",
    en: "Use your door card, one at a time. If that fails, come to the desk. We will help.",
  },
  stopped: { "zh-Hans": "这张卡已经停用", "zh-Hant": "這張卡片已經停用", en: "This card was stopped" },
  stoppedDo: {
    "zh-Hans": "有人报过丢失。找回来了也请到服务台，我们给您换一张。",
    "zh-Hant": "有人報過遺失。找回來了也請到服務台，我們給您換一張。",
    en: "It was reported lost. If you found it again, the desk will give you a new one.",
  },
  homeless: {
    "zh-Hans": "这张卡没有登记在哪一户",
    "zh-Hant": "這張卡片沒有登記在哪一戶",
    en: "No flat is recorded for this card",
  },
  homelessDo: {
    "zh-Hans": "可能是租期到了。请到服务台问一问，我们马上查。",
    "zh-Hant": "可能是租期到了。請到服務台問一問，我們馬上查。",
    en: "Perhaps a tenancy has ended. Please ask at the desk.",
  },
  taken: { "zh-Hans": "前面的人正在缴费", "zh-Hant": "前面的人正在繳費", en: "Somebody is paying just now" },
  takenDo: {
    "zh-Hans": "请等一下，用完了再放卡。",
    "zh-Hant": "請等一下，用完了再放卡片。",
    en: "Please wait until they have finished, then hold your card there again.",
  },
  many: { "zh-Hans": "刷得太快了", "zh-Hant": "感應得太快了", en: "Too many taps" },
  manyDo: {
    "zh-Hans": "请等一分钟，再放一次卡。",
    "zh-Hant": "請等一分鐘，再放一次卡片。",
    en: "Please wait a minute, then hold your card there again.",
  },
  busy: { "zh-Hans": "系统正忙", "zh-Hant": "系統正忙", en: "We are busy" },
  busyDo: {
    "zh-Hans": "您的卡没有问题。请过一会儿再放一次。",
    "zh-Hant": "您的卡片沒有問題。請過一會兒再放一次。",
    en: "Nothing is wrong with your card. Please try again in a moment.",
  },
  silent: { "zh-Hans": "网络断了，暂时认不出卡", "zh-Hant": "網路斷了，暫時認不出卡片", en: "The network is down" },
  silentDo: {
    "zh-Hans": "您的卡没有问题，照样能开门。网络好了请再来。",
    "zh-Hant": "您的卡片沒有問題，照樣能開門。網路好了請再來。",
    en: "Nothing is wrong with your card, and it still opens doors. Please come back later.",
  },
  fault: {
    "zh-Hans": "机器出了点问题",
    "zh-Hant": "機器出了點問題",
    en: "Something is wrong with this machine",
  },
  faultDo: {
    "zh-Hans": "您的卡没有问题。请再放一次；还不行就到服务台，我们来帮您。",
    "zh-Hant": "您的卡片沒有問題。請再放一次；還不行就到服務台，我們來幫您。",
    en: "Nothing is wrong with your card. Try once more, or come to the desk. We will help.",
  },
});

interface Said {
  title: Words;
  /** What to do now; only a refusal needs it. */
  line?: Words;
}

export const CARD_WORDS: Readonly<Record<CardSign["state"], Said>> = {
  reading: { title: w.cardReading },
  known: { title: w.cardKnown },
  lost: { title: c.lost, line: c.lostDo },
  number: { title: c.number, line: c.numberDo },
  refused: { title: c.refused, line: c.refusedDo },
  stopped: { title: c.stopped, line: c.stoppedDo },
  homeless: { title: c.homeless, line: c.homelessDo },
  taken: { title: c.taken, line: c.takenDo },
  many: { title: c.many, line: c.manyDo },
  busy: { title: c.busy, line: c.busyDo },
  silent: { title: c.silent, line: c.silentDo },
  fault: { title: c.fault, line: c.faultDo },
};
