/** The words of the page of lost cards; zh-Hans is the source, zh-Hant is translated. */

import { dictionary } from "@linli/shared/i18n";

export const cardWords = dictionary({
  title: { "zh-Hans": "卡", "zh-Hant": "卡片", en: "Cards" },
  whose: { "zh-Hans": "持卡人姓名或门牌", "zh-Hant": "持卡人姓名或門牌", en: "Holder or house number" },
  lost: { "zh-Hans": "已挂失的卡", "zh-Hant": "已掛失的卡片", en: "Lost cards" },
  noneLost: { "zh-Hans": "没有挂失的卡", "zh-Hant": "沒有掛失的卡片", en: "No card is lost" },
  noneLostLine: {
    "zh-Hans": "有人丢了卡，先查找持卡人，再挂失。",
    "zh-Hant": "有人的卡片不見了，先查找持卡人，再掛失。",
    en: "When somebody has lost one, search for the holder and stop the card.",
  },
  nothing: { "zh-Hans": "没有找到卡", "zh-Hant": "沒有找到卡片", en: "No card was found" },
  issuedOn: { "zh-Hans": "{day} 发卡", "zh-Hant": "{day} 發卡", en: "issued {day}" },
  stop: { "zh-Hans": "挂失", "zh-Hant": "掛失", en: "Stop this card" },
  stopTitle: { "zh-Hans": "挂失这张卡？", "zh-Hant": "掛失這張卡片？", en: "Stop this card?" },
  stopLine: {
    "zh-Hans": "{name}（{house}）的这张卡马上就开不了门了。",
    "zh-Hant": "{name}（{house}）的這張卡片馬上就開不了門了。",
    en: "This card of {name}, {house}, will open no door from now on.",
  },
  stopYes: { "zh-Hans": "挂失", "zh-Hant": "掛失", en: "Stop it" },
  stoppedAt: { "zh-Hans": "{at} 挂失", "zh-Hant": "{at} 掛失", en: "Stopped {at}" },
  byStaff: { "zh-Hans": "值班台办理", "zh-Hant": "值班台辦理", en: "at the desk" },
  byPhone: { "zh-Hans": "住户用手机办理", "zh-Hant": "住戶用手機辦理", en: "by the household, on a phone" },
  byKiosk: { "zh-Hans": "在自助机办理", "zh-Hant": "在自助機辦理", en: "at a kiosk" },
  byRecall: {
    "zh-Hans": "恢复备份后从各扇门查到",
    "zh-Hant": "還原備份後從各扇門查到",
    en: "learnt from the doors after a restore",
  },
  endedPhones: { "zh-Hans": "已停用的手机", "zh-Hant": "已停用的手機", en: "Ended phones" },
  endedAt: {
    "zh-Hans": "{at} 停用，当时起开不了门",
    "zh-Hant": "{at} 停用，當時起開不了門",
    en: "Ended {at}, opens nothing since",
  },
  telling: { "zh-Hans": "正在通知各扇门", "zh-Hant": "正在通知各扇門", en: "Telling the doors" },
  goneFrom: {
    "zh-Hans": "{all} 扇门，已有 {n} 扇不认这张卡",
    "zh-Hant": "{all} 扇門，已有 {n} 扇不認這張卡片",
    en: "Gone from {n} of {all} doors",
  },
  lastAfter: { "zh-Hans": "最晚 {n} 秒", "zh-Hant": "最晚 {n} 秒", en: "the last after {n} s" },
  afterSeconds: { "zh-Hans": "{n} 秒后不认", "zh-Hant": "{n} 秒後不認", en: "gone after {n} s" },
  onItsWay: { "zh-Hans": "正在通知", "zh-Hant": "正在通知", en: "being told" },
  stillSince: {
    "zh-Hans": "连不上，还认这张卡；{at} 断开",
    "zh-Hant": "連不上，還認這張卡片；{at} 斷開",
    en: "still knows it; offline since {at}",
  },
  stillOffline: { "zh-Hans": "连不上，还认这张卡", "zh-Hant": "連不上，還認這張卡片", en: "still knows it; offline" },
  cannot: { "zh-Hans": "还认这张卡：{why}", "zh-Hant": "還認這張卡片：{why}", en: "still knows it: {why}" },
  moreDoors: { "zh-Hans": "另有 {n} 扇门", "zh-Hant": "另有 {n} 扇門", en: "and {n} more doors" },
  found: { "zh-Hans": "找到了", "zh-Hant": "找到了", en: "It was found" },
  foundTitle: { "zh-Hans": "恢复这张卡？", "zh-Hant": "恢復這張卡片？", en: "Let this card open again?" },
  foundLine: {
    "zh-Hans": "请确认卡在 {name} 本人手里。经过别人的手，就请换一张新卡。",
    "zh-Hant": "請確認卡片在 {name} 本人手裡。經過別人的手，就請換一張新卡片。",
    en: "Make sure that {name} holds it. If it was in other hands, give out a new card instead.",
  },
  foundWhy: { "zh-Hans": "怎么找到的", "zh-Hant": "怎麼找到的", en: "How it was found" },
  foundYes: { "zh-Hans": "恢复", "zh-Hant": "恢復", en: "Let it open again" },
});
