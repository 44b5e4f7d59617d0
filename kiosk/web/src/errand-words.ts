/** The words of what is done beside bills; zh-Hans is the source, zh-Hant is translated. */
import { dictionary } from "@linli/shared/i18n";

export const e = dictionary({
  /** Between names in a row. */
  comma: { "zh-Hans": "、", "zh-Hant": "、", en: "; " },
  services: { "zh-Hans": "办别的事", "zh-Hant": "辦別的事", en: "Other things" },
  servicesTitle: { "zh-Hans": "您要办什么？", "zh-Hant": "您要辦什麼？", en: "What would you like to do?" },
  phone: { "zh-Hans": "登记新手机", "zh-Hant": "登記新手機", en: "Bring in a new phone" },
  phoneLine: { "zh-Hans": "拿一个六位号码", "zh-Hant": "拿一組六位數號碼", en: "Get six digits for it" },
  cardFirst: {
    "zh-Hans": "要先刷卡",
    "zh-Hant": "要先感應卡片",
    en: "Tap your card first",
  },

  // lost card
  lost: { "zh-Hans": "卡丢了", "zh-Hant": "卡片不見了", en: "I lost my card" },
  lostHome: { "zh-Hans": "卡丢了？马上停用", "zh-Hant": "卡片不見了？馬上停用", en: "Lost your card? Stop it now" },
  lostLine: {
    "zh-Hans": "马上停用，别人开不了门",
    "zh-Hant": "馬上停用，別人開不了門",
    en: "Stop it, so that it opens nothing",
  },
  lostTitle: { "zh-Hans": "哪张卡丢了？", "zh-Hant": "哪張卡片不見了？", en: "Which card is lost?" },
  lostNone: {
    "zh-Hans": "您家没有卡。请到服务台。",
    "zh-Hant": "您家沒有卡片。請到服務台。",
    en: "Your home has no cards. Please come to the desk.",
  },
  lostBusy: { "zh-Hans": "正在找您家的卡", "zh-Hant": "正在找您家的卡片", en: "Looking for your cards" },
  lostIssued: { "zh-Hans": "{day} 发的", "zh-Hant": "{day} 發的", en: "Given out {day}" },
  lostThis: { "zh-Hans": "丢的是这张", "zh-Hant": "這張不見了", en: "This one is lost" },
  lostAsk: { "zh-Hans": "停用{name}的卡？", "zh-Hant": "停用{name}的卡片？", en: "Stop the card of {name}?" },
  lostAskLine: {
    "zh-Hans": "停用以后，这张卡什么门都开不了。找到了，拿到服务台就能恢复。",
    "zh-Hant": "停用以後，這張卡片什麼門都開不了。找到了，拿到服務台就能恢復。",
    en: "After that it opens no door. If you find it, the desk can bring it back.",
  },
  lostYes: { "zh-Hans": "停用这张卡", "zh-Hant": "停用這張卡片", en: "Stop this card" },
  lostNo: { "zh-Hans": "先不停用", "zh-Hant": "先不停用", en: "Not now" },
  lostDone: { "zh-Hans": "已经停用", "zh-Hant": "已經停用", en: "Stopped" },
  lostTelling: { "zh-Hans": "正在告诉每扇门", "zh-Hant": "正在告訴每扇門", en: "Telling every door" },
  lostGone: {
    "zh-Hans": "{total} 扇门里，{gone} 扇已经确认开不了",
    "zh-Hant": "{total} 扇門裡，{gone} 扇已經確認開不了",
    en: "{gone} of {total} doors have confirmed that it opens nothing",
  },
  lostAll: {
    "zh-Hans": "{total} 扇门都确认了，这张卡开不了门了。",
    "zh-Hant": "{total} 扇門都確認了，這張卡片開不了門了。",
    en: "All {total} doors have confirmed. This card opens nothing any more.",
  },
  lostNowhere: {
    "zh-Hans": "没有哪扇门认得这张卡。",
    "zh-Hant": "沒有哪扇門認得這張卡片。",
    en: "No door knows this card.",
  },
  lostStill: {
    "zh-Hans": "还没确认：{doors}",
    "zh-Hant": "還沒確認：{doors}",
    en: "Not yet confirmed: {doors}",
  },
  lostNew: {
    "zh-Hans": "要新卡，请到服务台。",
    "zh-Hant": "要新卡片，請到服務台。",
    en: "For a new card, please come to the desk.",
  },

  // visitors
  guest: { "zh-Hans": "请人进门", "zh-Hant": "請人進門", en: "Let a visitor in" },
  guestLine: {
    "zh-Hans": "给客人或送货的人一个码",
    "zh-Hant": "給客人或送貨的人一個碼",
    en: "A code for a guest or a courier",
  },
  guestTitle: { "zh-Hans": "谁要来？", "zh-Hant": "誰要來？", en: "Who is coming?" },
  guestBusy: { "zh-Hans": "请稍等", "zh-Hant": "請稍候", en: "One moment" },
  guestNone: {
    "zh-Hans": "您家的门不收访客码。请到服务台。",
    "zh-Hant": "您家的門不收訪客碼。請到服務台。",
    en: "Your doors take no visitor codes. Please come to the desk.",
  },
  guestPass: { "zh-Hans": "客人", "zh-Hant": "客人", en: "A guest" },
  guestPassLine: {
    "zh-Hans": "用手机拍下图，到门口扫",
    "zh-Hant": "用手機拍下圖，到門口掃",
    en: "Photographs a picture, shows it at the door",
  },
  guestCode: { "zh-Hans": "送货的人", "zh-Hant": "送貨的人", en: "A courier" },
  guestCodeLine: {
    "zh-Hans": "电话里告诉他九个数字",
    "zh-Hant": "電話裡告訴他九個數字",
    en: "You tell them nine digits by telephone",
  },
  guestLabel: { "zh-Hans": "访客", "zh-Hant": "訪客", en: "Visitor" },
  guestWhen: { "zh-Hans": "什么时候来？", "zh-Hant": "什麼時候來？", en: "When?" },
  guestSoon: { "zh-Hans": "两小时内", "zh-Hant": "兩小時內", en: "Within two hours" },
  guestDay: { "zh-Hans": "十二小时内", "zh-Hant": "十二小時內", en: "Within twelve hours" },
  guestDoor: { "zh-Hans": "开哪扇门？", "zh-Hant": "開哪扇門？", en: "Which door?" },
  guestDoors: { "zh-Hans": "能开的门：{doors}", "zh-Hant": "能開的門：{doors}", en: "Opens: {doors}" },
  guestMake: { "zh-Hans": "做好这个码", "zh-Hant": "做好這個碼", en: "Make the code" },
  guestMaking: { "zh-Hans": "正在做，请稍等", "zh-Hant": "正在做，請稍候", en: "Making it, one moment" },
  madePass: { "zh-Hans": "请客人拍下这个图", "zh-Hant": "請客人拍下這個圖", en: "Let your guest photograph this" },
  madePassLine: {
    "zh-Hans": "到门口对着扫码口，每扇门开一次。",
    "zh-Hant": "到門口對著掃碼口，每扇門開一次。",
    en: "At the door, hold it to the scanner. It opens each door once.",
  },
  madePicture: { "zh-Hans": "访客码", "zh-Hant": "訪客碼", en: "Visitor code" },
  madeCode: { "zh-Hans": "告诉他这九个数字", "zh-Hant": "告訴他這九個數字", en: "Tell them these nine digits" },
  madeCodeLine: {
    "zh-Hans": "在{door}按这些数字，再按 #。只能开一次。",
    "zh-Hant": "在{door}按這些數字，再按 #。只能開一次。",
    en: "At {door} they press these, then #. It opens once.",
  },
  madeUntil: { "zh-Hans": "{at} 以前有效", "zh-Hant": "{at} 以前有效", en: "Good until {at}" },
  madeNotYet: {
    "zh-Hans": "门正在收这个码，一两分钟后才能用。",
    "zh-Hant": "門正在收這個碼，一兩分鐘後才能用。",
    en: "The door is still learning it. It works in a minute or two.",
  },

  paperPrint: { "zh-Hans": "打印出来", "zh-Hant": "列印出來", en: "Print it" },
  paperAgain: { "zh-Hans": "再打一张", "zh-Hant": "再印一張", en: "Print again" },
  paperPrinting: { "zh-Hans": "正在打印", "zh-Hant": "正在列印", en: "Printing" },
  paperTake: {
    "zh-Hans": "请取走下面的小票，交给客人",
    "zh-Hant": "請取走下面的單子，交給客人",
    en: "Please take the slip below and give it to your visitor",
  },
  paperFailed: {
    "zh-Hans": "小票没有打出来。请拍下屏幕，或把号码记下来。",
    "zh-Hant": "單子沒有印出來。請拍下螢幕，或把號碼記下來。",
    en: "The slip did not come out. Please photograph the screen, or note the digits.",
  },

  // a call
  ring: {
    "zh-Hans": "{house} 有人按门铃",
    "zh-Hant": "{house} 有人按門鈴",
    en: "Somebody rings for {house}",
  },
  ringAt: { "zh-Hans": "在{door}等着", "zh-Hant": "在{door}等著", en: "They wait at {door}" },
  ringCard: {
    "zh-Hans": "您家的？刷卡，就能开门。",
    "zh-Hant": "您家的？感應卡片，就能開門。",
    en: "For you? Tap your card to answer.",
  },
  ringOpen: { "zh-Hans": "开门", "zh-Hant": "開門", en: "Open the door" },
  ringNo: { "zh-Hans": "先不开", "zh-Hant": "先不開", en: "Not now" },
  ringKnow: {
    "zh-Hans": "不认识的人，不用开。",
    "zh-Hant": "不認識的人，不用開。",
    en: "You need not open to somebody you do not know.",
  },
  rungOpen: { "zh-Hans": "门开了", "zh-Hant": "門開了", en: "The door is open" },
  rungOpenLine: { "zh-Hans": "客人可以进来了。", "zh-Hant": "客人可以進來了。", en: "Your visitor can come in." },
  rungNo: { "zh-Hans": "没有开门", "zh-Hant": "沒有開門", en: "The door was not opened" },
  rungNoLine: { "zh-Hans": "客人可以再按一次。", "zh-Hant": "客人可以再按一次。", en: "They may ring again." },
  rungDone: { "zh-Hans": "好了，退出", "zh-Hant": "好了，離開", en: "Done" },
});
