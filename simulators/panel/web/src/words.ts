/** Every word of the panel; zh-Hans is the source, zh-Hant is translated, not converted. */
import { dictionary } from "@linli/shared/i18n";

export const w = dictionary({
  // the page
  subtitle: {
    "zh-Hans": "一座会动的小模型",
    "zh-Hant": "一座會動的小模型",
    en: "A model town that really works",
  },
  intro: {
    "zh-Hans": "门、卡、网线和缴费机都在真的运行，只有硬件是做出来的模型。可以看一个三分钟的故事，也可以自己动手。",
    "zh-Hant": "門、卡、網線和繳費機都在真的運作，只有硬件是做出來的模型。可以看一個三分鐘的故事，也可以自己動手。",
    en: "Doors, cards and wires really run; only the hardware is a model. Watch the story, or try it yourself.",
  },
  reset: { "zh-Hans": "回到早上", "zh-Hant": "回到早上", en: "Back to morning" },
  starting: {
    "zh-Hans": "小镇正在醒来，请稍等。",
    "zh-Hant": "小鎮正在醒來，請稍候。",
    en: "The town is waking up. One moment, please.",
  },
  lost: {
    "zh-Hans": "和小镇断开了，正在重新连接。",
    "zh-Hant": "和小鎮斷開了，正在重新連線。",
    en: "The town cannot be reached; reconnecting.",
  },
  pictureLabel: {
    "zh-Hans": "小镇的模型：两幢楼、两座大门、活动室、缴费机，还有通到主机的网线",
    "zh-Hant": "小鎮的模型：兩幢樓、兩座大門、活動室、繳費機，還有通到主機的網線",
    en: "A model of the town: two buildings, two gates, the activity room, the kiosk, and the wire to the hub",
  },
  language: { "zh-Hans": "语言", "zh-Hant": "語言", en: "Language" },
  between: { "zh-Hans": " · ", "zh-Hant": " · ", en: ", " },

  // the story
  storyTitle: { "zh-Hans": "三分钟的故事", "zh-Hant": "三分鐘的故事", en: "The three-minute story" },
  storyPlay: { "zh-Hans": "看三分钟的故事", "zh-Hant": "看三分鐘的故事", en: "Watch the story" },
  storyPause: { "zh-Hans": "暂停", "zh-Hant": "暫停", en: "Pause" },
  storyOn: { "zh-Hans": "接着看", "zh-Hant": "接著看", en: "Go on" },
  storyNext: { "zh-Hans": "下一步", "zh-Hant": "下一步", en: "Next" },
  storyStart: { "zh-Hans": "回到开头", "zh-Hant": "回到開頭", en: "Back to start" },
  storyStep: { "zh-Hans": "第 {n} 步，共 5 步", "zh-Hant": "第 {n} 步，共 5 步", en: "Step {n} of 5" },
  storyLook: { "zh-Hans": "看这里", "zh-Hant": "看這裡", en: "Look here" },
  storyAgain: {
    "zh-Hans": "这一步没有走完，可以再来一次。",
    "zh-Hant": "這一步沒有走完，可以再來一次。",
    en: "This step did not finish. It can be played again.",
  },
  storyRetry: { "zh-Hans": "再来一次", "zh-Hant": "再來一次", en: "Play it again" },
  storyEnd: {
    "zh-Hans": "故事讲完了。现在轮到您：拿一张卡，去试试哪扇门。",
    "zh-Hant": "故事講完了。現在輪到您：拿一張卡，去試試哪扇門。",
    en: "That was the story. Now it is your turn: take a card and try a door.",
  },

  // step 1
  tapTitle: { "zh-Hans": "一刷就开", "zh-Hant": "一感應就開", en: "One tap, and the door opens" },
  tapWhat: {
    "zh-Hans": "{name}今年 {age} 岁，住 {house}。她把卡放到{door}的读卡器上，门开了。",
    "zh-Hant": "{name}今年 {age} 歲，住 {house}。她把卡放到{door}的讀卡器上，門開了。",
    en: "{name} is {age} and lives at {house}. She holds her card to the reader of {door}, and the door opens.",
  },
  tapLook: {
    "zh-Hans": "{door}的门和门上的灯。是门自己认出了她的卡，没有去问别人。",
    "zh-Hant": "{door}的門和門上的燈。是門自己認出了她的卡，沒有去問別人。",
    en: "The door of {door} and the lamp above it. The door itself knows her card; it asks nobody.",
  },
  tapResult: {
    "zh-Hans": "从碰到卡到锁动，{ms} 毫秒。",
    "zh-Hant": "從碰到卡到鎖動，{ms} 毫秒。",
    en: "From touch to lock: {ms} ms.",
  },

  // step 2
  cutTitle: {
    "zh-Hans": "断了网，门照样开",
    "zh-Hant": "斷了網，門照樣開",
    en: "No network, and it still opens",
  },
  cutWhat: {
    "zh-Hans": "网线剪断了，她再刷一次，门照样开。网接上以后，这件事补记进来，而且只记一次。",
    "zh-Hant": "網線剪斷了，她再感應一次，門照樣開。網接上以後，這件事補記進來，而且只記一次。",
    en: "The wire is cut. She taps again, and the door still opens. When the wire is joined, the event arrives, once.",
  },
  cutLook: {
    "zh-Hans": "断开的网线，和门边等着的那封信。接上以后，看它飞进记录本。",
    "zh-Hant": "斷開的網線，和門邊等著的那封信。接上以後，看它飛進記錄本。",
    en: "The broken wire, and the letter that waits at the door. Once joined, watch it fly into the journal.",
  },
  cutResultOpen: {
    "zh-Hans": "没有网络，{ms} 毫秒开门。",
    "zh-Hant": "沒有網路，{ms} 毫秒開門。",
    en: "Without a network: open in {ms} ms.",
  },
  cutResult: {
    "zh-Hans": "接上以后，记录本里多了 {entries} 条。",
    "zh-Hant": "接上以後，記錄本裡多了 {entries} 條。",
    en: "After joining, the journal has {entries} new entry.",
  },

  // step 3
  shakeTitle: {
    "zh-Hans": "摇一摇就开，抄走也没用",
    "zh-Hant": "搖一搖就開，抄走也沒用",
    en: "A shake opens; a copy does not",
  },
  shakeWhat: {
    "zh-Hans": "{name}在{door}前摇一摇手机，门开了。有人把刚才的请求一字不差地抄下来再发一次，门没有动。",
    "zh-Hant": "{name}在{door}前搖一搖手機，門開了。有人把剛才的請求一字不差地抄下來再發一次，門沒有動。",
    en: "{name} shakes a phone at {door}; it opens. Somebody sends a copy of that request: the door stays shut.",
  },
  shakeLook: {
    "zh-Hans": "门上说的话：抄来的请求，会用一句明白话回绝。",
    "zh-Hant": "門上說的話：抄來的請求，會用一句明白話回絕。",
    en: "What the door says: the copy is refused in plain words.",
  },
  shakeResult: {
    "zh-Hans": "摇一摇到锁动，{ms} 毫秒。",
    "zh-Hant": "搖一搖到鎖動，{ms} 毫秒。",
    en: "From shake to lock: {ms} ms.",
  },

  // step 4
  payTitle: { "zh-Hans": "三次通知，一张收据", "zh-Hant": "三次通知，一張收據", en: "Three notices, one receipt" },
  payWhat: {
    "zh-Hans": "{name}在缴费机上付物业费 {amount}。支付平台把“已付”连说三遍，账上只记一笔。",
    "zh-Hant": "{name}在繳費機上付管理費 {amount}。支付平台把「已付」連說三遍，帳上只記一筆。",
    en: "{name} pays the property fee of {amount}. The payment service says so three times; the books take it once.",
  },
  payLook: {
    "zh-Hans": "缴费机吐出来的那张收据，和旁边的数字。",
    "zh-Hant": "繳費機吐出來的那張收據，和旁邊的數字。",
    en: "The receipt that comes out of the kiosk, and the numbers beside it.",
  },
  payResult: {
    "zh-Hans": "通知 {callbacks} 次，收据 {receipts} 张。",
    "zh-Hant": "通知 {callbacks} 次，收據 {receipts} 張。",
    en: "Notices: {callbacks}. Receipts: {receipts}.",
  },

  // step 5
  lostTitle: {
    "zh-Hans": "卡丢了，马上没用",
    "zh-Hant": "卡丟了，馬上沒用",
    en: "A lost card, gone from every door",
  },
  lostWhat: {
    "zh-Hans": "{name}照护两幢楼的老人，她的卡能开所有的门。卡丢了，她在手机上停掉它；有人捡到，拿去试门。",
    "zh-Hant": "{name}照護兩幢樓的長者，她的卡能開所有的門。卡丟了，她在手機上停用它；有人撿到，拿去試門。",
    en: "{name}'s card opens every door: she cares for elders. Lost, she stops it by phone. Somebody tries it.",
  },
  lostLook: {
    "zh-Hans": "每扇门忘掉这张卡以后，都签一张回执，数字一扇一扇地长。还没回执的门，会点名告诉您。",
    "zh-Hant": "每扇門忘掉這張卡以後，都簽一張回執，數字一扇一扇地增加。還沒回執的門，會點名告訴您。",
    en: "Each door signs a receipt when it has forgotten the card; one that has not would be named.",
  },
  lostResult: {
    "zh-Hans": "{all} 扇门里，{gone} 扇已经不认它了，最慢的用了 {seconds} 秒。",
    "zh-Hant": "{all} 扇門裡，{gone} 扇已經不認它了，最慢的用了 {seconds} 秒。",
    en: "Gone from {gone} of {all} doors; the slowest took {seconds} s.",
  },
  lostKeptOut: {
    "zh-Hans": "捡到卡的人，没有打开{door}。",
    "zh-Hant": "撿到卡的人，沒有打開{door}。",
    en: "Whoever found the card did not open {door}.",
  },

  // guests
  byPass: { "zh-Hans": "访客码", "zh-Hant": "訪客碼", en: "pass" },
  byStaff: { "zh-Hans": "值班台", "zh-Hant": "值班台", en: "duty desk" },
  inviteVerb: { "zh-Hans": "再请一位客人", "zh-Hant": "再請一位客人", en: "Invite another guest" },
  bellVerb: { "zh-Hans": "按{door}的门铃", "zh-Hant": "按{door}的門鈴", en: "Press the bell of {door}" },
  ringsPhone: {
    "zh-Hans": "{door}有人按铃，{name}的手机响了。",
    "zh-Hant": "{door}有人按鈴，{name}的手機響了。",
    en: "Somebody rings at {door}: the phone of {name} rings.",
  },
  ringsDesk: {
    "zh-Hans": "{door}有人按铃，值班台响了。",
    "zh-Hant": "{door}有人按鈴，值班台響了。",
    en: "Somebody rings at {door}: the duty desk rings.",
  },
  answerOpen: { "zh-Hans": "应门，开门", "zh-Hant": "應門，開門", en: "Answer and open" },
  answerNot: { "zh-Hans": "现在不方便", "zh-Hant": "現在不方便", en: "Not now" },
  answeredNot: {
    "zh-Hans": "{door}的铃有人应了：现在不方便。",
    "zh-Hant": "{door}的鈴有人應了：現在不方便。",
    en: "The bell of {door} was answered: not now.",
  },
  answeredOpen: {
    "zh-Hans": "{door}的铃有人应了：请进。",
    "zh-Hant": "{door}的鈴有人應了：請進。",
    en: "The bell of {door} was answered: come in.",
  },
  unanswered: {
    "zh-Hans": "{door}的铃没有人应。可以再按一次。",
    "zh-Hant": "{door}的鈴沒有人應。可以再按一次。",
    en: "Nobody answered the bell of {door}. It can be pressed again.",
  },

  // free play
  trayCards: { "zh-Hans": "卡片", "zh-Hant": "卡片", en: "Cards" },
  trayPhones: { "zh-Hans": "手机", "zh-Hant": "手機", en: "Phones" },
  trayHint: {
    "zh-Hans": "把卡放到读卡器上，把访客码对着扫码口，或者让一个人到门前摇手机：拖过去，或先点这里，再点门牌。",
    "zh-Hant": "把卡放到讀卡器上，把訪客碼對著掃碼口，或者讓一個人到門前搖手機：拖過去，或先點這裡，再點門牌。",
    en: "Drag a card, a pass or a phone to a door, or press it, then a plate.",
  },
  holding: {
    "zh-Hans": "手里拿着：{what}。现在点一块门牌。",
    "zh-Hant": "手裡拿著：{what}。現在點一塊門牌。",
    en: "In your hand: {what}. Now press a house plate.",
  },
  where: { "zh-Hans": "放到哪里？", "zh-Hant": "放到哪裡？", en: "Where to?" },
  putDown: { "zh-Hans": "放下", "zh-Hant": "放下", en: "Put down" },
  phoneOf: { "zh-Hans": "{name}的手机", "zh-Hant": "{name}的手機", en: "{name}'s phone" },
  cardOf: { "zh-Hans": "{name}的卡", "zh-Hant": "{name}的卡", en: "{name}'s card" },
  copyVerb: {
    "zh-Hans": "把刚才的请求抄一遍再发",
    "zh-Hant": "把剛才的請求抄一遍再發",
    en: "Send a copy of the last request",
  },
  emptyHand: {
    "zh-Hans": "先拿一张卡，或者叫上一个人。",
    "zh-Hant": "先拿一張卡，或者叫上一個人。",
    en: "First take a card, or call somebody.",
  },
  noPhoneHere: {
    "zh-Hans": "手机只能用在门上。",
    "zh-Hant": "手機只能用在門上。",
    en: "A phone works at doors only.",
  },
  payVerb: { "zh-Hans": "拿手机扫码付款", "zh-Hant": "拿手機掃碼付款", en: "Scan and pay with a phone" },
  roleElder: { "zh-Hans": "老人家", "zh-Hant": "長者", en: "Elder" },
  roleCarer: { "zh-Hans": "结对照护", "zh-Hant": "結對照護", en: "Paired carer" },
  roleResident: { "zh-Hans": "住户", "zh-Hant": "住戶", en: "Resident" },
  roleStranger: { "zh-Hans": "陌生人", "zh-Hant": "陌生人", en: "Stranger" },

  // what stands in the picture
  doorOpen: { "zh-Hans": "开了", "zh-Hant": "開了", en: "open" },
  doorShut: { "zh-Hans": "关着", "zh-Hant": "關著", en: "closed" },
  lettersWaiting: {
    "zh-Hans": "{n} 件事等着网络",
    "zh-Hant": "{n} 件事等著網路",
    en: "{n} waiting for the network",
  },
  netOn: { "zh-Hans": "网络通着", "zh-Hant": "網路通著", en: "Network joined" },
  netOff: { "zh-Hans": "网络断了", "zh-Hant": "網路斷了", en: "Network cut" },
  netCut: { "zh-Hans": "剪断网线", "zh-Hant": "剪斷網線", en: "Cut the wire" },
  netJoin: { "zh-Hans": "接上网线", "zh-Hant": "接上網線", en: "Join the wire" },
  hub: { "zh-Hans": "邻里主机", "zh-Hant": "鄰里主機", en: "Linli hub" },
  kioskQuiet: { "zh-Hans": "空着", "zh-Hant": "空著", en: "free" },
  kioskBills: { "zh-Hans": "正在查账单", "zh-Hant": "正在查帳單", en: "showing bills" },
  kioskCode: { "zh-Hans": "等着付款", "zh-Hant": "等著付款", en: "waiting for payment" },
  kioskPaid: { "zh-Hans": "付好了", "zh-Hant": "付好了", en: "paid" },
  kioskCounts: {
    "zh-Hans": "通知 {callbacks} 次 · 收据 {receipts} 张",
    "zh-Hant": "通知 {callbacks} 次 · 收據 {receipts} 張",
    en: "Notices {callbacks}, receipts {receipts}",
  },

  // the journal
  journal: { "zh-Hans": "记录本", "zh-Hant": "記錄本", en: "Journal" },
  journalWhat: {
    "zh-Hans": "主机记下的每一件事，一件一行。",
    "zh-Hant": "主機記下的每一件事，一件一行。",
    en: "Everything the hub has noted, a line each.",
  },
  journalEmpty: {
    "zh-Hans": "还没有事。刷一次卡试试。",
    "zh-Hant": "還沒有事。感應一次卡試試。",
    en: "Nothing yet. Try a card.",
  },
  journalLate: {
    "zh-Hans": "断网时发生，后来补记",
    "zh-Hant": "斷網時發生，後來補記",
    en: "happened while cut, noted later",
  },
  byCard: { "zh-Hans": "刷卡", "zh-Hant": "感應卡", en: "card" },
  byPhone: { "zh-Hans": "手机", "zh-Hant": "手機", en: "phone" },
  byOther: { "zh-Hans": "其他", "zh-Hant": "其他", en: "other" },
  outcomeOpened: { "zh-Hans": "门开了", "zh-Hant": "門開了", en: "opened" },
  outcomeRefused: { "zh-Hans": "没有开", "zh-Hant": "沒有開", en: "refused" },
  outcomeNoted: { "zh-Hans": "记上了", "zh-Hant": "記上了", en: "noted" },
  outcomeUnknown: { "zh-Hans": "没有回音", "zh-Hant": "沒有回音", en: "no answer" },

  // the made-up police desk
  station: { "zh-Hans": "接警台（模拟）", "zh-Hant": "接警臺（模擬）", en: "Police desk (simulated)" },
  stationWhat: {
    "zh-Hans": "值班台确认以后送到这里的，一件一行；同一件再送也只有一行。",
    "zh-Hant": "值班台確認以後送到這裡的，一件一行；同一件再送也只有一行。",
    en: "What the staff console confirmed and sent here, a line each; a copy adds none.",
  },
  stationTest: { "zh-Hans": "测试，没有人会出警", "zh-Hant": "測試，沒有人會出警", en: "A test: nobody moves" },
  stationPanic: { "zh-Hans": "求助", "zh-Hant": "求助", en: "Panic" },
  stationDuress: { "zh-Hans": "胁迫", "zh-Hant": "脅迫", en: "Duress" },
  stationForced: { "zh-Hans": "门被强行打开", "zh-Hant": "門被強行打開", en: "Door forced open" },
  stationRepeated: { "zh-Hans": "有人反复试图开门", "zh-Hant": "有人反覆試圖開門", en: "Repeated attempts" },
  stationFire: { "zh-Hans": "消防报警", "zh-Hant": "消防警報", en: "Fire alarm" },
  stationTamper: { "zh-Hans": "设备外壳被打开", "zh-Hant": "設備外殼被打開", en: "A housing was opened" },
  stationOther: { "zh-Hans": "报警", "zh-Hant": "警報", en: "Alarm" },

  // doors into the other pages
  pages: { "zh-Hans": "进去看看", "zh-Hant": "進去看看", en: "Go inside" },
  pagePhone: { "zh-Hans": "住户的手机页面", "zh-Hant": "住戶的手機頁面", en: "The residents' phone page" },
  pageKiosk: { "zh-Hans": "缴费机的屏幕", "zh-Hant": "繳費機的螢幕", en: "The kiosk's screen" },
  pageConsole: { "zh-Hans": "物业的管理台", "zh-Hant": "管理處的管理台", en: "The staff console" },
  pageMailbox: { "zh-Hans": "信箱", "zh-Hant": "信箱", en: "Mailbox" },
  signIn: { "zh-Hans": "登录用", "zh-Hant": "登入用", en: "To sign in" },
  copyText: { "zh-Hans": "复制", "zh-Hant": "複製", en: "Copy" },
  copied: { "zh-Hans": "已复制", "zh-Hant": "已複製", en: "Copied" },

  // the bytes
  bytes: { "zh-Hans": "看字节", "zh-Hant": "看位元組", en: "Show the bytes" },
  bytesTitle: { "zh-Hans": "线上的字节", "zh-Hant": "線上的位元組", en: "The bytes on the wires" },
  bytesWhat: {
    "zh-Hans": "每一行都刚刚真的走过一条线：谁对谁说，一句明白话，原样的字节。",
    "zh-Hant": "每一行都剛剛真的走過一條線：誰對誰說，一句明白話，原樣的位元組。",
    en: "Each line has just travelled over a real wire: who to whom, what it means, and the bytes as they were.",
  },
  bytesEmpty: { "zh-Hans": "线上还没有动静。", "zh-Hant": "線上還沒有動靜。", en: "The wires are quiet so far." },
  bytesAll: { "zh-Hans": "全部", "zh-Hant": "全部", en: "All" },
  bytesSerial: { "zh-Hans": "读卡器和门锁", "zh-Hant": "讀卡器和門鎖", en: "Readers and locks" },
  bytesMqtt: { "zh-Hans": "门和主机", "zh-Hant": "門和主機", en: "Doors and hub" },
  bytesHttp: { "zh-Hans": "手机和缴费机", "zh-Hant": "手機和繳費機", en: "Phones and kiosk" },
  bytesPay: { "zh-Hans": "支付平台", "zh-Hant": "支付平台", en: "Payment service" },
  bytesHold: { "zh-Hans": "停住", "zh-Hant": "停住", en: "Hold still" },
  bytesGo: { "zh-Hans": "继续", "zh-Hant": "繼續", en: "Go on" },
  bytesHex: { "zh-Hans": "十六进制", "zh-Hant": "十六進位", en: "Hexadecimal" },
  bytesCount: { "zh-Hans": "{n} 字节", "zh-Hant": "{n} 位元組", en: "{n} bytes" },
  bytesNewest: { "zh-Hans": "到最新的一行", "zh-Hant": "到最新的一行", en: "To the newest line" },
  close: { "zh-Hans": "关上", "zh-Hant": "關上", en: "Close" },

  // when something does not work
  troubleSilent: {
    "zh-Hans": "小镇没有回答，请再试一次。",
    "zh-Hant": "小鎮沒有回答，請再試一次。",
    en: "The town did not answer. Please try again.",
  },
  troubleNoScanner: {
    "zh-Hans": "这里没有扫码口。访客码请用在东门或1幢2单元。",
    "zh-Hant": "這裡沒有掃碼口。訪客碼請用在東門或1幢2單元。",
    en: "There is no scanner here. Use the pass at the east gate or at building 1, unit 2.",
  },
  troubleBellRings: {
    "zh-Hans": "铃正在响，请先等人应门。",
    "zh-Hant": "鈴正在響，請先等人應門。",
    en: "The bell is ringing; somebody has to answer first.",
  },
  troubleBellUnheard: {
    "zh-Hans": "铃按了，没有人听见。网络接上以后再按一次。",
    "zh-Hant": "鈴按了，沒有人聽見。網路接上以後再按一次。",
    en: "The bell was pressed and nobody heard it. Try again when the wire is joined.",
  },
  troubleBellDeclined: {
    "zh-Hans": "刚才已经有人应了：现在不方便。过一会儿再按。",
    "zh-Hant": "剛才已經有人應了：現在不方便。過一會兒再按。",
    en: "The answer was “not now”. Please press again in a moment.",
  },
  troubleNobodyRings: {
    "zh-Hans": "现在没有人按铃。",
    "zh-Hant": "現在沒有人按鈴。",
    en: "Nobody rings just now.",
  },
  troubleNoCode: {
    "zh-Hans": "缴费机上还没有付款码。先刷卡，再选一笔账单。",
    "zh-Hant": "繳費機上還沒有付款碼。先感應卡，再選一筆帳單。",
    en: "There is no code on the kiosk yet. Tap a card there and choose a bill.",
  },
  troubleNothingToCopy: {
    "zh-Hans": "还没有可以抄的请求。先让人摇一摇手机。",
    "zh-Hant": "還沒有可以抄的請求。先讓人搖一搖手機。",
    en: "There is nothing to copy yet. Let somebody shake a phone first.",
  },
  troubleStory: {
    "zh-Hans": "故事正在走，请先按暂停。",
    "zh-Hant": "故事正在走，請先按暫停。",
    en: "The story is playing. Please pause it first.",
  },
});
