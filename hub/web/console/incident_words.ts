/** The words of the page of incidents; zh-Hans is the source, zh-Hant is translated, not converted. */

import { dictionary } from "@linli/shared/i18n";

export const incidentWords = dictionary({
  incidents: { "zh-Hans": "事件", "zh-Hant": "事件", en: "Incidents" },
  waiting: { "zh-Hans": "{n} 件等人定", "zh-Hant": "{n} 件等人決定", en: "{n} waiting for a decision" },
  open: { "zh-Hans": "进行中", "zh-Hant": "進行中", en: "Open" },
  closed: { "zh-Hans": "已结束", "zh-Hant": "已結束", en: "Ended" },
  which: { "zh-Hans": "看哪些", "zh-Hant": "看哪些", en: "Which ones" },
  line: {
    "zh-Hans": "没有人确认，什么都不会送出去。紧急时先打 110。",
    "zh-Hant": "沒有人確認，什麼都不會送出去。緊急時先打報警電話。",
    en: "Nothing leaves before somebody has confirmed it. In an emergency telephone the police first.",
  },
  barred: {
    "zh-Hans": "这一页只给核对事件的人看。",
    "zh-Hant": "這一頁只給核對事件的人看。",
    en: "This page is for those who review incidents.",
  },
  nothingOpen: { "zh-Hans": "没有等人定的事件", "zh-Hant": "沒有等人決定的事件", en: "No incident is open" },
  nothingClosed: { "zh-Hans": "还没有结束的事件", "zh-Hant": "還沒有結束的事件", en: "No incident has ended yet" },
  more: { "zh-Hans": "更早的", "zh-Hant": "更早的", en: "Older" },
  look: { "zh-Hans": "看", "zh-Hant": "看", en: "Look" },
  back: { "zh-Hans": "全部事件", "zh-Hant": "全部事件", en: "All incidents" },
  since: { "zh-Hans": "{at}，{by}", "zh-Hant": "{at}，{by}", en: "{at}, {by}" },
  by: { "zh-Hans": "{name} 在核对", "zh-Hant": "{name} 在核對", en: "{name} reviews it" },
  named: { "zh-Hans": "只有指定的人看得到", "zh-Hant": "只有指定的人看得到", en: "Only named people see this" },
  simulated: { "zh-Hans": "模拟", "zh-Hant": "模擬", en: "Simulated" },
  simulatedLine: {
    "zh-Hans": "还没有接警台接受这条线路，送出去的都标着“测试”，没有人会来。",
    "zh-Hant": "還沒有接警臺接受這條線路，送出去的都標著「測試」，沒有人會來。",
    en: "No station has accepted this way. What is sent says that it is a test, and nobody will come.",
  },
  source: { "zh-Hans": "来自", "zh-Hant": "來自", en: "From" },
  sourceRule: { "zh-Hans": "摄像头或规则", "zh-Hant": "攝影機或規則", en: "a camera or rule" },
  sourceStaff: { "zh-Hans": "人工填写", "zh-Hant": "人工填寫", en: "entered by hand" },
  sourceAlert: { "zh-Hans": "警报", "zh-Hant": "警報", en: "an alert" },
  order: { "zh-Hans": "授权", "zh-Hant": "授權", en: "Order" },
  orderLine: { "zh-Hans": "{who}，{basis}，到 {at}", "zh-Hant": "{who}，{basis}，到 {at}", en: "{who}, {basis}, until {at}" },
  station: { "zh-Hans": "接警台", "zh-Hant": "接警臺", en: "Station" },
  noStation: { "zh-Hans": "没有", "zh-Hant": "沒有", en: "none" },
  message: { "zh-Hans": "消息号", "zh-Hant": "訊息號", en: "Message" },
  hash: { "zh-Hans": "证据摘要", "zh-Hant": "證據摘要", en: "Hash of the evidence" },

  pictures: { "zh-Hans": "图片", "zh-Hant": "圖片", en: "Pictures" },
  scene: { "zh-Hans": "现场", "zh-Hant": "現場", en: "At the door" },
  listed: { "zh-Hans": "名单上", "zh-Hant": "名單上", en: "On the list" },
  sceneAlt: { "zh-Hans": "现场的图片，{at}", "zh-Hant": "現場的圖片，{at}", en: "Picture at the door, {at}" },
  listedAlt: { "zh-Hans": "名单上的图片，{at}", "zh-Hant": "名單上的圖片，{at}", en: "Picture on the list, {at}" },
  gone: { "zh-Hans": "图片已经删除", "zh-Hant": "圖片已經刪除", en: "The picture has been deleted" },
  notLoaded: { "zh-Hans": "图片没有读出来", "zh-Hant": "圖片沒有讀出來", en: "The picture could not be read" },
  loadAgain: { "zh-Hans": "再读一次", "zh-Hant": "再讀一次", en: "Read it again" },
  compare: {
    "zh-Hans": "两张都看清楚再定：像，不等于是。",
    "zh-Hant": "兩張都看清楚再決定：像，不等於是。",
    en: "Look well at both before you decide: alike is not the same.",
  },
  takeFirst: {
    "zh-Hans": "先接手，再看图片和定。",
    "zh-Hant": "先接手，再看圖片和決定。",
    en: "Take it up first, then look at the pictures and decide.",
  },

  takeUp: { "zh-Hans": "我来核对", "zh-Hant": "我來核對", en: "I review it" },
  takeOver: { "zh-Hans": "换我来核对", "zh-Hant": "換我來核對", en: "I take it over" },
  confirm: { "zh-Hans": "属实，上报", "zh-Hant": "屬實，上報", en: "It is so: report it" },
  confirmTitle: { "zh-Hans": "上报这件事？", "zh-Hant": "上報這件事？", en: "Report this?" },
  confirmTo: {
    "zh-Hans": "马上送到接警台“{station}”。",
    "zh-Hant": "馬上送到接警臺「{station}」。",
    en: "It goes to the station {station} at once.",
  },
  confirmNowhere: {
    "zh-Hans": "没有接警台能收，确认以后请打电话。",
    "zh-Hant": "沒有接警臺能收，確認以後請打電話。",
    en: "No station takes it: after confirming, please telephone.",
  },
  confirmYes: { "zh-Hans": "上报", "zh-Hant": "上報", en: "Report" },
  dismiss: { "zh-Hans": "误报", "zh-Hant": "誤報", en: "False alarm" },
  dismissTitle: { "zh-Hans": "这是误报？", "zh-Hant": "這是誤報？", en: "A false alarm?" },
  dismissLine: {
    "zh-Hans": "图片马上删除；送出去过的，会告诉接警台撤回。",
    "zh-Hant": "圖片馬上刪除；送出去過的，會告訴接警臺撤回。",
    en: "The pictures are deleted at once; if it was sent, the station is told to forget it.",
  },
  handle: { "zh-Hans": "处理完了", "zh-Hant": "處理完了", en: "Dealt with" },
  handleTitle: { "zh-Hans": "这件事处理完了？", "zh-Hant": "這件事處理完了？", en: "Is it dealt with?" },
  why: { "zh-Hans": "怎么回事", "zh-Hant": "怎麼回事", en: "What was it" },
  whyHint: {
    "zh-Hans": "一句话，留给后来的人；不会送出去。",
    "zh-Hant": "一句話，留給後來的人；不會送出去。",
    en: "One sentence for those who come after; it never leaves this house.",
  },
  noteYes: { "zh-Hans": "写好，结束", "zh-Hant": "寫好，結束", en: "Note it and end" },
  again: { "zh-Hans": "再发一次", "zh-Hant": "再送一次", en: "Send again" },
  export: { "zh-Hans": "导出证据", "zh-Hant": "匯出證據", en: "Export the evidence" },
  exported: { "zh-Hans": "导出好了。", "zh-Hant": "匯出好了。", en: "It is exported." },
  queued: { "zh-Hans": "等着送出", "zh-Hant": "等著送出", en: "waiting to be sent" },
  owes: { "zh-Hans": "还要告诉接警台撤回", "zh-Hant": "還要告訴接警臺撤回", en: "the station has yet to hear that it was false" },

  enter: { "zh-Hans": "填一件", "zh-Hant": "填一件", en: "Enter one" },
  enterTitle: { "zh-Hans": "填一件事", "zh-Hant": "填一件事", en: "Enter an incident" },
  enterLine: {
    "zh-Hans": "填好以后还要核对确认，才会送出去。",
    "zh-Hant": "填好以後還要核對確認，才會送出去。",
    en: "It still has to be reviewed and confirmed before it leaves.",
  },
  what: { "zh-Hans": "什么事", "zh-Hant": "什麼事", en: "What happened" },
  where: { "zh-Hans": "哪扇门", "zh-Hant": "哪扇門", en: "At which door" },
  enterYes: { "zh-Hans": "填好", "zh-Hant": "填好", en: "Enter it" },
  raise: { "zh-Hans": "转为事件", "zh-Hant": "轉為事件", en: "Make it an incident" },
  raiseTitle: { "zh-Hans": "转为事件？", "zh-Hant": "轉為事件？", en: "Make it an incident?" },
  raiseLine: {
    "zh-Hans": "转过去以后还要核对确认，才会送出去。",
    "zh-Hant": "轉過去以後還要核對確認，才會送出去。",
    en: "It still has to be reviewed and confirmed before it leaves.",
  },
  raiseNow: {
    "zh-Hans": "胁迫不用再确认：马上送到接警台。",
    "zh-Hant": "脅迫不用再確認：馬上送到接警臺。",
    en: "Duress needs no further confirmation: it goes to the station at once.",
  },

  stations: { "zh-Hans": "接警台", "zh-Hant": "接警臺", en: "Stations" },
  noStations: {
    "zh-Hans": "没有配置接警台：确认以后请打电话。",
    "zh-Hant": "沒有設定接警臺：確認以後請打電話。",
    en: "No station is set up: after confirming, please telephone.",
  },
  accepted: {
    "zh-Hans": "{at} 由 {name} 登记接受：{basis}",
    "zh-Hant": "{at} 由 {name} 登記接受：{basis}",
    en: "accepted {at}, entered by {name}: {basis}",
  },
  failingSince: { "zh-Hans": "{at} 起送不到", "zh-Hant": "{at} 起送不到", en: "not reached since {at}" },
  accept: { "zh-Hans": "登记接受", "zh-Hant": "登記接受", en: "Enter its acceptance" },
  acceptTitle: { "zh-Hans": "接警台接受了这条线路？", "zh-Hant": "接警臺接受了這條線路？", en: "Has the station accepted this way?" },
  acceptLine: {
    "zh-Hans": "登记以后，送出去的就是真的报警。",
    "zh-Hant": "登記以後，送出去的就是真的報警。",
    en: "From then on what is sent is a real alarm.",
  },
  basis: { "zh-Hans": "依据", "zh-Hant": "依據", en: "Basis" },
  basisHint: { "zh-Hans": "例如接警台的函号。", "zh-Hant": "例如接警臺的函號。", en: "Such as the number of its letter." },
  acceptYes: { "zh-Hans": "登记", "zh-Hant": "登記", en: "Enter it" },
  endAcceptance: { "zh-Hans": "取消接受", "zh-Hant": "取消接受", en: "End its acceptance" },

  story: { "zh-Hans": "经过", "zh-Hant": "經過", en: "Story" },
  numbered: { "zh-Hans": "消息 {n}", "zh-Hant": "訊息 {n}", en: "message {n}" },
});

export const kindWords = dictionary({
  watch_list: { "zh-Hans": "像关注名单上的人", "zh-Hant": "像關注名單上的人", en: "Like somebody on a watch list" },
  repeated: { "zh-Hans": "有人反复试图开门", "zh-Hant": "有人反覆試圖開門", en: "Repeated attempts at a door" },
  tailgate: { "zh-Hans": "有人尾随进门", "zh-Hant": "有人尾隨進門", en: "Somebody followed through a door" },
  forced: { "zh-Hans": "门被强行打开", "zh-Hant": "門被強行打開", en: "Door forced open" },
  duress: { "zh-Hans": "有人被胁迫开门", "zh-Hant": "有人被脅迫開門", en: "Opened under duress" },
  panic: { "zh-Hans": "有人按了求助键", "zh-Hant": "有人按了求助鍵", en: "Panic button pressed" },
  fire: { "zh-Hans": "消防报警", "zh-Hant": "消防警報", en: "Fire alarm" },
  tamper: { "zh-Hans": "设备外壳被打开", "zh-Hant": "設備外殼被打開", en: "A housing was opened" },
});

export const stateWords = dictionary({
  detected: { "zh-Hans": "等人看", "zh-Hant": "等人看", en: "Waits for a look" },
  reviewing: { "zh-Hans": "核对中", "zh-Hant": "核對中", en: "In review" },
  confirmed: { "zh-Hans": "已确认", "zh-Hant": "已確認", en: "Confirmed" },
  sent: { "zh-Hans": "已送出，等回答", "zh-Hant": "已送出，等回答", en: "Sent, no answer yet" },
  acknowledged: { "zh-Hans": "接警台已收到", "zh-Hant": "接警臺已收到", en: "The station has it" },
  handled: { "zh-Hans": "处理完了", "zh-Hant": "處理完了", en: "Dealt with" },
  false_alarm: { "zh-Hans": "误报", "zh-Hant": "誤報", en: "False alarm" },
});

/** What happened to an incident, as its story tells it. */
export const stepWords = dictionary({
  detected: { "zh-Hans": "发现", "zh-Hant": "發現", en: "Noticed" },
  taken_up: { "zh-Hans": "接手核对", "zh-Hant": "接手核對", en: "Taken up" },
  confirmed: { "zh-Hans": "确认", "zh-Hant": "確認", en: "Confirmed" },
  dismissed: { "zh-Hans": "误报", "zh-Hant": "誤報", en: "False alarm" },
  sent: { "zh-Hans": "送出", "zh-Hant": "送出", en: "Sent" },
  returned: { "zh-Hans": "退回", "zh-Hant": "退回", en: "Came back" },
  acknowledged: { "zh-Hans": "接警台收到", "zh-Hant": "接警臺收到", en: "The station has it" },
  handled: { "zh-Hans": "处理完了", "zh-Hant": "處理完了", en: "Dealt with" },
  otherwise: { "zh-Hans": "另外处理了", "zh-Hant": "另外處理了", en: "Dealt with another way" },
  withdrawn: { "zh-Hans": "接警台知道是误报了", "zh-Hant": "接警臺知道是誤報了", en: "The station knows it was false" },
  read: { "zh-Hans": "看过", "zh-Hant": "看過", en: "Read" },
  asked: { "zh-Hans": "要求再发", "zh-Hant": "要求再送", en: "Asked to send again" },
  exported: { "zh-Hans": "导出证据", "zh-Hant": "匯出證據", en: "Evidence exported" },
});

export const wireWords = dictionary({
  dc09: { "zh-Hans": "SIA DC-09", "zh-Hant": "SIA DC-09", en: "SIA DC-09" },
  webhook: { "zh-Hans": "签名 webhook", "zh-Hant": "簽章 webhook", en: "Signed webhook" },
  cap: { "zh-Hans": "CAP 1.2", "zh-Hant": "CAP 1.2", en: "CAP 1.2" },
});
