/** The words of the alert board; zh-Hans is the source, zh-Hant is translated, not converted. */

import { dictionary } from "@linli/shared/i18n";

export const alertWords = dictionary({
  alerts: { "zh-Hans": "警报", "zh-Hant": "警報", en: "Alerts" },
  waiting: { "zh-Hans": "{n} 条等人处理", "zh-Hant": "{n} 條等人處理", en: "{n} waiting for somebody" },
  open: { "zh-Hans": "进行中", "zh-Hant": "進行中", en: "Open" },
  closed: { "zh-Hans": "已结束", "zh-Hant": "已結束", en: "Ended" },
  which: { "zh-Hans": "看哪些", "zh-Hant": "看哪些", en: "Which ones" },

  allWell: { "zh-Hans": "{n} 扇门都好", "zh-Hant": "{n} 扇門都好", en: "All {n} doors are well" },
  stepDetail: { "zh-Hans": "第 {n} 步：{outlets}", "zh-Hant": "第 {n} 步：{outlets}", en: "step {n}: {outlets}" },
  someWell: {
    "zh-Hans": "{all} 扇门里有 {n} 扇是好的",
    "zh-Hant": "{all} 扇門裡有 {n} 扇是好的",
    en: "{n} of {all} doors are well",
  },
  nothingOpen: { "zh-Hans": "没有警报", "zh-Hant": "沒有警報", en: "There are no alerts" },
  checkedNow: { "zh-Hans": "刚刚检查过", "zh-Hant": "剛剛檢查過", en: "checked just now" },
  checked: { "zh-Hans": "{n} 分钟前检查过", "zh-Hant": "{n} 分鐘前檢查過", en: "checked {n} min ago" },
  notChecked: { "zh-Hans": "还没有检查过", "zh-Hant": "還沒有檢查過", en: "not checked yet" },
  nothingClosed: { "zh-Hans": "还没有结束的警报", "zh-Hant": "還沒有結束的警報", en: "No alert has ended yet" },

  extreme: { "zh-Hans": "极重", "zh-Hant": "極重", en: "Extreme" },
  severe: { "zh-Hans": "严重", "zh-Hant": "嚴重", en: "Severe" },
  moderate: { "zh-Hans": "一般", "zh-Hant": "一般", en: "Moderate" },
  minor: { "zh-Hans": "轻微", "zh-Hant": "輕微", en: "Minor" },
  since: { "zh-Hans": "{at} 起，{by}", "zh-Hant": "{at} 起，{by}", en: "since {at}, {by}" },
  justNow: { "zh-Hans": "刚刚", "zh-Hant": "剛剛", en: "just now" },
  minutesAgo: { "zh-Hans": "{n} 分钟前", "zh-Hant": "{n} 分鐘前", en: "{n} min ago" },
  hoursAgo: { "zh-Hans": "{n} 小时前", "zh-Hant": "{n} 小時前", en: "{n} h ago" },
  daysAgo: { "zh-Hans": "{n} 天前", "zh-Hant": "{n} 天前", en: "{n} days ago" },
  times: { "zh-Hans": "共 {n} 次", "zh-Hant": "共 {n} 次", en: "{n} times" },
  whatToDo: { "zh-Hans": "怎么办", "zh-Hant": "怎麼辦", en: "What to do" },
  named: { "zh-Hans": "只有指定的人看得到", "zh-Hant": "只有指定的人看得到", en: "Only named people see this" },

  nobodyYet: { "zh-Hans": "还没有人接手", "zh-Hant": "還沒有人接手", en: "Nobody has taken it yet" },
  takenBy: { "zh-Hans": "{name} {at} 接手", "zh-Hant": "{name} {at} 接手", en: "{name} took it at {at}" },
  waitingFor: { "zh-Hans": "还等：{names}", "zh-Hant": "還等：{names}", en: "Still waiting for {names}" },
  called: { "zh-Hans": "已通知：{outlets}", "zh-Hant": "已通知：{outlets}", en: "Called: {outlets}" },
  next: {
    "zh-Hans": "{at} 再通知：{outlets}",
    "zh-Hant": "{at} 再通知：{outlets}",
    en: "At {at} calls: {outlets}",
  },
  steps: { "zh-Hans": "通知到第 {n} 步，共 {all} 步", "zh-Hant": "通知到第 {n} 步，共 {all} 步", en: "Step {n} of {all}" },
  comma: { "zh-Hans": "、", "zh-Hant": "、", en: ", " },
  console: { "zh-Hans": "值班台", "zh-Hant": "值班台", en: "this console" },
  endedAt: { "zh-Hans": "{at} 结束", "zh-Hant": "{at} 結束", en: "ended at {at}" },

  take: { "zh-Hans": "我来处理", "zh-Hant": "我來處理", en: "I take it" },
  close: { "zh-Hans": "结束", "zh-Hant": "結束", en: "End it" },
  story: { "zh-Hans": "经过", "zh-Hant": "經過", en: "Story" },
  closeTitle: { "zh-Hans": "结束这条警报？", "zh-Hant": "結束這條警報？", en: "End this alert?" },
  note: { "zh-Hans": "怎么回事", "zh-Hant": "怎麼回事", en: "What was it" },
  noteHint: {
    "zh-Hans": "一句话，给后来的人看。",
    "zh-Hant": "一句話，給後來的人看。",
    en: "One sentence, for those who come after.",
  },
  closeYes: { "zh-Hans": "写好，结束", "zh-Hant": "寫好，結束", en: "Note it and end" },
  more: { "zh-Hans": "更早的", "zh-Hant": "更早的", en: "Older" },
  failing: {
    "zh-Hans": "“{outlet}”从 {at} 起发不出通知（{fault}），现在用别的渠道。",
    "zh-Hant": "「{outlet}」從 {at} 起發不出通知（{fault}），現在用別的管道。",
    en: "{outlet} has taken no message since {at} ({fault}); the other outlets are used.",
  },
});

/** What happened to an alert, as its story tells it. */
export const storyWords = dictionary({
  raised: { "zh-Hans": "发生", "zh-Hant": "發生", en: "Raised" },
  reopened: { "zh-Hans": "又发生", "zh-Hant": "又發生", en: "Came back" },
  step: { "zh-Hans": "通知", "zh-Hant": "通知", en: "Called" },
  hastened: { "zh-Hans": "提前叫下一步", "zh-Hant": "提前叫下一步", en: "Next step brought forward" },
  sent: { "zh-Hans": "送到", "zh-Hant": "送到", en: "Delivered" },
  given_up: { "zh-Hans": "没有送到", "zh-Hant": "沒有送到", en: "Not delivered" },
  unneeded: { "zh-Hans": "不用再送", "zh-Hant": "不用再送", en: "No longer needed" },
  acknowledged: { "zh-Hans": "接手", "zh-Hant": "接手", en: "Taken" },
  acknowledged_in_part: { "zh-Hans": "接手", "zh-Hant": "接手", en: "Taken" },
  cleared: { "zh-Hans": "自己恢复", "zh-Hant": "自己恢復", en: "Over by itself" },
  closed: { "zh-Hans": "结束", "zh-Hant": "結束", en: "Ended" },
  read: { "zh-Hans": "看过", "zh-Hant": "看過", en: "Read" },
});
