/** Words of a door's page, of timelines, and of what staff should know of a device. */

import { dictionary } from "@linli/shared/i18n";

export const doorWords = dictionary({
  back: { "zh-Hans": "回到所有的门", "zh-Hant": "回到所有的門", en: "All doors" },
  backPeople: { "zh-Hans": "回到住户", "zh-Hant": "回到住戶", en: "All residents" },
  gone: { "zh-Hans": "没有这扇门", "zh-Hant": "沒有這扇門", en: "There is no such door" },
  unit: { "zh-Hans": "{n} 单元", "zh-Hant": "{n} 單元", en: "Unit {n}" },
  timeline: { "zh-Hans": "记录", "zh-Hant": "記錄", en: "Timeline" },
  timelineOf: { "zh-Hans": "{name}的记录", "zh-Hant": "{name}的記錄", en: "Timeline of {name}" },
  timelineNote: {
    "zh-Hans": "谁看过这一页，会记下来。",
    "zh-Hant": "誰看過這一頁，會記下來。",
    en: "Whoever looks at this page is written down.",
  },
  nothing: { "zh-Hans": "还没有记录", "zh-Hant": "還沒有記錄", en: "Nothing is recorded yet" },
  speed: { "zh-Hans": "开门用时", "zh-Hant": "開門用時", en: "How fast it opens" },
  speedNote: {
    "zh-Hans": "最近 {n} 次：一半、九成五、九成九的开门都不超过这个数。",
    "zh-Hant": "最近 {n} 次：一半、九成五、九成九的開門都不超過這個數。",
    en: "Of the last {n} openings, half, 95 % and 99 % took no longer than this.",
  },
  noSpeed: { "zh-Hans": "还没有开过门", "zh-Hant": "還沒有開過門", en: "No openings yet" },
  stage: { "zh-Hans": "步骤", "zh-Hant": "步驟", en: "Stage" },
  half: { "zh-Hans": "一半", "zh-Hant": "一半", en: "p50" },
  most: { "zh-Hans": "九成五", "zh-Hant": "九成五", en: "p95" },
  all: { "zh-Hans": "九成九", "zh-Hant": "九成九", en: "p99" },
  total: { "zh-Hans": "门端合计", "zh-Hant": "門端合計", en: "at the door" },
  roundTrip: { "zh-Hans": "往返", "zh-Hant": "往返", en: "to the door and back" },

  // why
  why: { "zh-Hans": "为什么？", "zh-Hant": "為什麼？", en: "Why?" },
  cure: { "zh-Hans": "怎么办", "zh-Hant": "怎麼辦", en: "What to do" },
  policyThen: { "zh-Hans": "当时的名单", "zh-Hant": "當時的名單", en: "Access list then" },
  notKnown: { "zh-Hans": "不知道", "zh-Hant": "不知道", en: "not known" },
  rules: { "zh-Hans": "现在的规则", "zh-Hant": "現在的規則", en: "Rules today" },
  noRules: {
    "zh-Hans": "这扇门没有管到他的规则。",
    "zh-Hant": "這扇門沒有管到他的規則。",
    en: "No rule of this door speaks of this person.",
  },
  allows: { "zh-Hans": "准许", "zh-Hant": "准許", en: "allows" },
  denies: { "zh-Hans": "禁止", "zh-Hant": "禁止", en: "forbids" },
  now: { "zh-Hans": "现在再试", "zh-Hant": "現在再試", en: "If tried now" },
  wouldOpen: { "zh-Hans": "会开", "zh-Hant": "會開", en: "would open" },
  wouldNot: { "zh-Hans": "不会开：{code}", "zh-Hant": "不會開：{code}", en: "would not open: {code}" },
  whyFailed: { "zh-Hans": "没有问到，请再试。", "zh-Hant": "沒有問到，請再試。", en: "No answer; please try again." },
  states: { "zh-Hans": "要留意", "zh-Hant": "要留意", en: "To look at" },
});

/** Whom a rule speaks of. */
export const subjectWords = dictionary({
  everyone: { "zh-Hans": "所有人", "zh-Hant": "所有人", en: "everybody" },
  building: { "zh-Hans": "整幢楼", "zh-Hant": "整幢樓", en: "the building" },
  household: { "zh-Hans": "这一户", "zh-Hant": "這一戶", en: "the household" },
  group: { "zh-Hans": "一组人", "zh-Hant": "一組人", en: "a group" },
  person: { "zh-Hans": "他本人", "zh-Hant": "他本人", en: "the person" },
});

/** Named states of a device (hub/core/states.py) with what to do. */
export const stateWords = dictionary({
  storage_fault: {
    "zh-Hans": "硬盘满了或坏了：出门照常，进门拒绝。请清理或更换。",
    "zh-Hant": "硬碟滿了或壞了：出門照常，進門拒絕。請清理或更換。",
    en: "Disk full or broken: leaving works, entering is refused. Free or replace it.",
  },
  device_silent: {
    "zh-Hans": "没有电或断了网：刷卡照常。请看电源和网线。",
    "zh-Hant": "沒有電或斷了網：感應卡照常。請看電源和網路線。",
    en: "No power or no network: cards open as before. Look at both.",
  },
  feature_missing: {
    "zh-Hans": "看不懂新的名单，还用旧的：请更新程序。",
    "zh-Hant": "看不懂新的名單，還用舊的：請更新程式。",
    en: "Cannot read the newest access list and keeps the old one: update its program.",
  },
  recall_waiting: {
    "zh-Hans": "数据恢复后还没有报告：名单暂时不动。",
    "zh-Hant": "資料還原後還沒有回報：名單暫時不動。",
    en: "After a restore it has not reported yet: its access list stays as it is.",
  },
  policy_stale: {
    "zh-Hans": "连不上，名单是旧的：之后停用的卡在这里可能还能开。",
    "zh-Hant": "連不上，名單是舊的：之後停用的卡在這裡可能還能開。",
    en: "Out of reach with an older access list: a card blocked since may still open it.",
  },
  policy_behind: {
    "zh-Hans": "还没有确认最新的名单。",
    "zh-Hant": "還沒有確認最新的名單。",
    en: "Has not confirmed the newest access list yet.",
  },
  meter_silent: {
    "zh-Hans": "有表读不到：请看它的线和电源。",
    "zh-Hant": "有表讀不到：請看它的線和電源。",
    en: "A meter does not answer: look at its wires and power.",
  },
  clock_unsigned: {
    "zh-Hans": "还没有对过时：按时间的规则和远程开门要等。",
    "zh-Hant": "還沒有對過時：按時間的規則和遠端開門要等。",
    en: "Its time is not confirmed: timed rules and remote opening wait.",
  },
});
