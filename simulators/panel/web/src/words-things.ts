/** Words for keys, paper, meters and plugs, and for why a door did what it did; see words.ts. */
import { dictionary, type Words } from "@linli/shared/i18n";

import type { Ail, Hand, KioskNow, Said } from "./town";

export const t = dictionary({
  // the drawer of plugs
  plugs: { "zh-Hans": "拔插头", "zh-Hant": "拔插頭", en: "Pull plugs" },
  plugsTitle: { "zh-Hans": "设备和插头", "zh-Hant": "設備和插頭", en: "Devices and their plugs" },
  plugsWhat: {
    "zh-Hans": "拔掉一个，看门怎么办，主机知道什么。故事开始时，都会自己插好。",
    "zh-Hant": "拔掉一個，看門怎麼辦，主機知道什麼。故事開始時，都會自己插好。",
    en: "Pull one: see what the door does, and what the hub knows. The story puts all of them back.",
  },
  allWell: { "zh-Hans": "正常", "zh-Hant": "正常", en: "All is well" },
  hubKnows: { "zh-Hans": "主机：{what}", "zh-Hant": "主機：{what}", en: "Hub: {what}" },
  hubSees: { "zh-Hans": "在线", "zh-Hant": "已連線", en: "online" },
  hubMisses: { "zh-Hans": "连不上", "zh-Hant": "連不上", en: "not reached" },
  contactUnknown: {
    "zh-Hans": "不知道门关没关",
    "zh-Hant": "不知道門關沒關",
    en: "whether its doors are shut is not known",
  },
  kioskSays: { "zh-Hans": "缴费机：{what}", "zh-Hant": "繳費機：{what}", en: "Kiosk: {what}" },
  troubleUnplugged: {
    "zh-Hans": "它的插头拔掉了，没有反应。先在“拔插头”里插好。",
    "zh-Hant": "它的插頭拔掉了，沒有反應。先在「拔插頭」裡插好。",
    en: "Its plug is pulled, so nothing happens. Put it back under “Pull plugs”.",
  },

  // paper
  slipVerb: { "zh-Hans": "看小票", "zh-Hant": "看收據條", en: "Look at the slip" },
  slipTitle: { "zh-Hans": "打印出来的小票", "zh-Hant": "列印出來的收據條", en: "The printed slip" },
  slipWhat: {
    "zh-Hans": "这是打印机收到的字节画出来的纸，第 {n} 张。",
    "zh-Hant": "這是列印機收到的位元組畫出來的紙，第 {n} 張。",
    en: "Paper drawn from the bytes that the printer received; slip {n}.",
  },
  slipNone: { "zh-Hans": "还没有打印过。", "zh-Hant": "還沒有列印過。", en: "Nothing was printed yet." },

  // meters
  power: { "zh-Hans": "电表", "zh-Hant": "電錶", en: "Electricity" },
  water: { "zh-Hans": "水表", "zh-Hant": "水錶", en: "Water" },
  meterRead: { "zh-Hans": "{at} 读到 {value}", "zh-Hant": "{at} 讀到 {value}", en: "read {value} at {at}" },
  meterUnread: { "zh-Hans": "还没有读过", "zh-Hant": "還沒有讀過", en: "not read yet" },
  meterWhen: { "zh-Hans": "每分钟读一次。", "zh-Hant": "每分鐘讀一次。", en: "They are read once a minute." },

  // the keypad
  byPin: { "zh-Hans": "密码", "zh-Hant": "密碼", en: "PIN" },
  padVerb: { "zh-Hans": "{door}的键盘", "zh-Hant": "{door}的鍵盤", en: "The keypad of {door}" },
  padHint: {
    "zh-Hans": "先按房号 {claim} 和 #，再按密码 {pin} 和 #。",
    "zh-Hant": "先按房號 {claim} 和 #，再按密碼 {pin} 和 #。",
    en: "Type the flat {claim} and #, then the PIN {pin} and #.",
  },
  padDuress: {
    "zh-Hans": "受人胁迫时按 {duress}：门照样开，只有指定的人会知道。",
    "zh-Hant": "受人脅迫時按 {duress}：門照樣開，只有指定的人會知道。",
    en: "Under duress type {duress}: the door opens as ever, and only named people learn of it.",
  },
  padFlat: { "zh-Hans": "房号", "zh-Hant": "房號", en: "Flat" },
  padPin: { "zh-Hans": "密码", "zh-Hant": "密碼", en: "PIN" },
  padStar: { "zh-Hans": "重新按", "zh-Hant": "重新按", en: "Start again" },
  padHash: { "zh-Hans": "确定", "zh-Hant": "確定", en: "Enter" },
});

const h = dictionary({
  plug: { "zh-Hans": "插上", "zh-Hant": "插上", en: "Plug in" },
  unplug: { "zh-Hans": "拔掉", "zh-Hant": "拔掉", en: "Unplug" },
  open_case: { "zh-Hans": "撬开外壳", "zh-Hant": "撬開外殼", en: "Open the case" },
  close_case: { "zh-Hans": "合上外壳", "zh-Hant": "合上外殼", en: "Shut the case" },
  paper_low: { "zh-Hans": "纸快用完", "zh-Hant": "紙快用完", en: "Paper runs low" },
  paper_out: { "zh-Hans": "纸用完", "zh-Hant": "紙用完", en: "Paper runs out" },
  new_roll: { "zh-Hans": "换一卷纸", "zh-Hant": "換一卷紙", en: "New roll" },
  jam: { "zh-Hans": "卡住刀", "zh-Hant": "卡住刀", en: "Jam the blade" },
  unjam: { "zh-Hans": "松开刀", "zh-Hant": "鬆開刀", en: "Free the blade" },
  open_cover: { "zh-Hans": "打开盖子", "zh-Hant": "打開蓋子", en: "Open the cover" },
  close_cover: { "zh-Hans": "盖上盖子", "zh-Hant": "蓋上蓋子", en: "Shut the cover" },
  use_power: { "zh-Hans": "洗一次衣服", "zh-Hant": "洗一次衣服", en: "Do a wash" },
  use_water: { "zh-Hans": "洗一次澡", "zh-Hant": "洗一次澡", en: "Have a bath" },
});
/** What a key of the drawer does. */
export const HANDS: Readonly<Record<Hand, Words>> = h;

const a = dictionary({
  unplugged: { "zh-Hans": "插头拔掉了", "zh-Hant": "插頭拔掉了", en: "unplugged" },
  tampered: { "zh-Hans": "外壳开着", "zh-Hant": "外殼開著", en: "case open" },
  paper_low: { "zh-Hans": "纸快用完了", "zh-Hant": "紙快用完了", en: "paper low" },
  paper_out: { "zh-Hans": "没有纸了", "zh-Hant": "沒有紙了", en: "out of paper" },
  jammed: { "zh-Hans": "刀卡住了", "zh-Hant": "刀卡住了", en: "blade stuck" },
  cover_open: { "zh-Hans": "盖子开着", "zh-Hant": "蓋子開著", en: "cover open" },
});
/** What somebody sees who stands before it. */
export const AILS: Readonly<Record<Ail, Words>> = a;

const p = dictionary({
  ok: { "zh-Hans": "能打印", "zh-Hant": "能列印", en: "it prints" },
  low: { "zh-Hans": "打印纸快用完了", "zh-Hant": "列印紙快用完了", en: "the paper is nearly used up" },
  out: {
    "zh-Hans": "打印纸用完了，还是可以缴费",
    "zh-Hant": "列印紙用完了，還是可以繳費",
    en: "the paper is used up; you can still pay",
  },
  stuck: {
    "zh-Hans": "打印机用不了，还是可以缴费",
    "zh-Hant": "列印機不能使用，還是可以繳費",
    en: "the printer does not work; you can still pay",
  },
  none: { "zh-Hans": "没有打印机", "zh-Hant": "沒有列印機", en: "there is no printer" },
});
/** What the kiosk says of its printer. */
export const PAPER: Readonly<Record<KioskNow["paper"], Words>> = p;

const y = dictionary({
  oldOpened: {
    "zh-Hans": "这扇门只看号码：旧卡能开，它的复制品也一样，谁也分不出来。",
    "zh-Hant": "這扇門只看號碼：舊卡能開，它的複製品也一樣，誰也分不出來。",
    en: "This gate takes a bare number: an old card opens it, and so does its copy. Nobody can tell them apart.",
  },
  assurance_low: {
    "zh-Hans": "旧卡只有一个号码，谁都能抄。这扇门要卡证明自己；西门还认旧卡。",
    "zh-Hant": "舊卡只有一個號碼，誰都能抄。這扇門要卡證明自己；西門還認舊卡。",
    en: "An old card is a bare number that anybody can copy. This door wants proof; the west gate does not yet.",
  },
  credential_blocked: {
    "zh-Hans": "这张卡报失了，每扇门都停用了它。",
    "zh-Hant": "這張卡報失了，每扇門都停用了它。",
    en: "This card was reported lost; every door has stopped it.",
  },
  credential_forged: {
    "zh-Hans": "号码一样，里面没有密钥：门出了一道题，这张卡答不出来。",
    "zh-Hant": "號碼一樣，裡面沒有金鑰：門出了一道題，這張卡答不出來。",
    en: "The same number without its key: the door set a challenge, and this card could not answer it.",
  },
  credential_unknown: {
    "zh-Hans": "没有人登记过这个号码。",
    "zh-Hant": "沒有人登記過這個號碼。",
    en: "Nobody was ever given a card of this number.",
  },
  pass_forged: {
    "zh-Hans": "改了一个字，签名就对不上了。",
    "zh-Hant": "改了一個字，簽名就對不上了。",
    en: "One letter was changed, so the signature does not fit.",
  },
  pass_used: {
    "zh-Hans": "这张访客码在这扇门只能用一次。",
    "zh-Hant": "這張訪客碼在這扇門只能用一次。",
    en: "The pass opens each of its doors once.",
  },
  pin_locked: {
    "zh-Hans": "错了太多次：这扇门要歇一会儿才听这一户的密码，刷卡照样开。",
    "zh-Hant": "錯了太多次：這扇門要歇一會兒才聽這一戶的密碼，感應卡照樣開。",
    en: "Too many wrong ones: the door rests before it hears this flat's PIN again. Cards open as ever.",
  },
  pin_wrong: {
    "zh-Hans": "房号对，密码不对。连着错，就要等。",
    "zh-Hant": "房號對，密碼不對。連著錯，就要等。",
    en: "The flat is right, the PIN is not. After some wrong ones the door makes everybody wait.",
  },
  card_session_refused: {
    "zh-Hans": "缴费机也要卡证明自己，这张卡证明不了。",
    "zh-Hant": "繳費機也要卡證明自己，這張卡證明不了。",
    en: "The kiosk wants proof, too, and this card has none.",
  },
});

/** Why it came so, in the viewer's words; null where the door's own words say it all. */
export function whyOf(said: Said, isOldCard: boolean): Words | null {
  if (said.outcome === "opened") return isOldCard ? y.oldOpened : null;
  return said.reason in y ? y[said.reason as keyof typeof y] : null;
}
