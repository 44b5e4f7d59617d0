/** Every word of the phone page; zh-Hans is the source, zh-Hant is translated, not converted. */

import { dictionary } from "@linli/shared/i18n";

export const words = dictionary({
  product: { "zh-Hans": "邻里", "zh-Hant": "鄰里", en: "Linli" },

  // introducing the phone
  enrolTitle: {
    "zh-Hans": "让大门认识这部手机",
    "zh-Hant": "讓大門認識這部手機",
    en: "Introduce this phone to the doors",
  },
  enrolLine: {
    "zh-Hans": "输入六位数号码，一分钟就好。",
    "zh-Hant": "輸入六位數號碼，一分鐘就好。",
    en: "Enter your six-digit code. It takes a minute.",
  },
  codeLabel: { "zh-Hans": "六位数号码", "zh-Hant": "六位數號碼", en: "Six-digit code" },
  codeShort: {
    "zh-Hans": "号码是六个数字，请再看一下。",
    "zh-Hant": "號碼是六個數字，請再看一下。",
    en: "The code has six digits. Please look again.",
  },
  letterLabel: { "zh-Hans": "信上的十二位号码", "zh-Hant": "信上的十二位號碼", en: "The letter's twelve characters" },
  letterLine: {
    "zh-Hans": "输入信上的号码，一分钟就好。",
    "zh-Hant": "輸入信上的號碼，一分鐘就好。",
    en: "Enter the code of your letter. It takes a minute.",
  },
  letterShort: {
    "zh-Hans": "信上的号码有十二位，请再看一下。",
    "zh-Hant": "信上的號碼有十二位，請再看一下。",
    en: "The letter's code has twelve characters. Please look again.",
  },
  byLetter: { "zh-Hans": "我有一封信", "zh-Hant": "我有一封信", en: "I have a letter" },
  byDigits: { "zh-Hans": "我有六位数号码", "zh-Hant": "我有六位數號碼", en: "I have six digits" },
  codeFilled: {
    "zh-Hans": "号码已经填好了，按下面的按钮就行。",
    "zh-Hant": "號碼已經填好了，按下面的按鈕就行。",
    en: "The code is filled in. Just press the button.",
  },
  enrolButton: { "zh-Hans": "登记这部手机", "zh-Hant": "登記這部手機", en: "Introduce this phone" },
  enrolBusy: { "zh-Hans": "正在登记…", "zh-Hant": "正在登記…", en: "One moment…" },
  whereTitle: { "zh-Hans": "号码从哪里来？", "zh-Hant": "號碼從哪裡來？", en: "Where do I get a code?" },
  whereDesk: {
    "zh-Hans": "到邻里服务台，请工作人员给您一个",
    "zh-Hant": "到鄰里服務台，請工作人員給您一個",
    en: "At the neighbour desk: the staff give you one",
  },
  whereKiosk: {
    "zh-Hans": "在自助机上刷您的卡，点“办别的事”，再点“登记新手机”",
    "zh-Hant": "在自助機上感應您的卡片，點「辦別的事」，再點「登記新手機」",
    en: "At the kiosk: tap your card, then “Other things”, “Bring in a new phone”",
  },
  phoneLabel: { "zh-Hans": "给这部手机起个名字", "zh-Hant": "給這部手機取個名字", en: "A name for this phone" },
  phoneLabelHint: {
    "zh-Hans": "手机丢了的时候，好知道停用哪一部。",
    "zh-Hant": "手機不見了的時候，好知道停用哪一部。",
    en: "So that the right one is stopped when a phone is lost.",
  },
  labelIphone: { "zh-Hans": "苹果手机", "zh-Hant": "蘋果手機", en: "iPhone" },
  labelAndroid: { "zh-Hans": "安卓手机", "zh-Hant": "安卓手機", en: "Android phone" },
  labelOther: { "zh-Hans": "我的手机", "zh-Hant": "我的手機", en: "My phone" },
  welcome: { "zh-Hans": "认识您了", "zh-Hant": "認識您了", en: "Nice to meet you" },
  noKeys: {
    "zh-Hans": "这个浏览器不能安全地保存钥匙。请换一个浏览器，或用您的卡开门。",
    "zh-Hant": "這個瀏覽器不能安全地保存鑰匙。請換一個瀏覽器，或用您的卡開門。",
    en: "This browser cannot keep a key safely. Please use another browser, or open with your card.",
  },
  noHub: {
    "zh-Hans": "没有连上，请看看网络，再按一次。号码还在。",
    "zh-Hant": "沒有連上，請看看網路，再按一次。號碼還在。",
    en: "We could not connect. Please check the network and press again. Your code is still there.",
  },

  // the key is gone
  lostTitle: {
    "zh-Hans": "这部手机要重新认识一下",
    "zh-Hant": "這部手機要重新認識一下",
    en: "This phone must be introduced again",
  },
  lostLine: {
    "zh-Hans": "手机里的开门钥匙不见了，可能是清理过手机。要一个新的号码，一分钟就好。您的卡照样能用。",
    "zh-Hant": "手機裡的開門鑰匙不見了，可能是清理過手機。要一個新的號碼，一分鐘就好。您的卡照樣能用。",
    en: "This phone has lost its door key. With a new code it takes a minute. Your card still works.",
  },
  unknownLine: {
    "zh-Hans": "这部手机的开门钥匙已经停用了。要一个新的号码，一分钟就好。您的卡照样能用。",
    "zh-Hant": "這部手機的開門鑰匙已經停用了。要一個新的號碼，一分鐘就好。您的卡照樣能用。",
    en: "The door key of this phone has been stopped. With a new code it takes a minute. Your card still works.",
  },

  // where the page is open
  wechatTitle: {
    "zh-Hans": "先换到手机浏览器里打开",
    "zh-Hant": "先換到手機瀏覽器裡打開",
    en: "Open it in your browser first",
  },
  wechatHint: {
    "zh-Hans": "在浏览器里打开，用起来更快",
    "zh-Hant": "在瀏覽器裡打開，用起來更快",
    en: "It is quicker in your browser",
  },
  wechatStep1: {
    "zh-Hans": "点右上角的三个点",
    "zh-Hant": "點右上角的三個點",
    en: "Tap the three dots at the top right",
  },
  wechatStep2: {
    "zh-Hans": "选“在浏览器打开”",
    "zh-Hant": "選「在瀏覽器開啟」",
    en: 'Choose "Open in browser"',
  },
  iosTitle: {
    "zh-Hans": "先把邻里放到桌面",
    "zh-Hant": "先把鄰里放到桌面",
    en: "Put Linli on your home screen first",
  },
  iosLine: {
    "zh-Hans": "从桌面打开，钥匙才不会丢。",
    "zh-Hant": "從桌面打開，鑰匙才不會丟。",
    en: "Opened from there, the key is never lost.",
  },
  iosStep1: { "zh-Hans": "点浏览器的“分享”", "zh-Hant": "點瀏覽器的「分享」", en: 'Tap "Share" in the browser' },
  iosStep2: {
    "zh-Hans": "选“添加到主屏幕”",
    "zh-Hant": "選「加入主畫面」",
    en: 'Choose "Add to Home Screen"',
  },
  iosStep3: {
    "zh-Hans": "从桌面打开邻里，再输入号码",
    "zh-Hant": "從桌面打開鄰里，再輸入號碼",
    en: "Open Linli from there and enter the code",
  },
  yourCode: { "zh-Hans": "您的号码", "zh-Hant": "您的號碼", en: "Your code" },
  hereAnyway: { "zh-Hans": "就在这里登记", "zh-Hant": "就在這裡登記", en: "Continue here" },
  install: { "zh-Hans": "放到手机桌面", "zh-Hant": "放到手機桌面", en: "Put it on the home screen" },
  installAndroid: {
    "zh-Hans": "点浏览器的菜单，选“添加到主屏幕”。",
    "zh-Hant": "點瀏覽器的選單，選「加到主畫面」。",
    en: "Open the browser's menu and choose \"Add to Home screen\".",
  },

  // opening
  open: { "zh-Hans": "开门", "zh-Hant": "開門", en: "Open" },
  opening: { "zh-Hans": "正在开…", "zh-Hant": "正在開…", en: "Opening…" },
  orShake: { "zh-Hans": "摇一摇手机也能开", "zh-Hant": "搖一搖手機也能開", en: "Or shake your phone" },
  allowShake: { "zh-Hans": "允许摇一摇", "zh-Hant": "允許搖一搖", en: "Allow shaking" },
  thisDoor: { "zh-Hans": "要开的门", "zh-Hant": "要開的門", en: "The door" },
  otherDoor: { "zh-Hans": "换一扇", "zh-Hant": "換一扇", en: "Change" },
  whichDoor: { "zh-Hans": "要开哪扇门？", "zh-Hant": "要開哪扇門？", en: "Which door?" },
  noDoors: { "zh-Hans": "还没有您能开的门", "zh-Hant": "還沒有您能開的門", en: "There is no door for you yet" },
  noDoorsLine: {
    "zh-Hans": "请到邻里服务台问一下。",
    "zh-Hant": "請到鄰里服務台問一下。",
    en: "Please ask at the neighbour desk.",
  },
  gate: { "zh-Hans": "小区大门", "zh-Hant": "社區大門", en: "Gate" },
  house: { "zh-Hans": "楼门", "zh-Hant": "樓門", en: "Building door" },

  // what became of it
  openedAgain: { "zh-Hans": "再开一次", "zh-Hant": "再開一次", en: "Open again" },
  done: { "zh-Hans": "好", "zh-Hant": "好", en: "OK" },
  offlineTitle: { "zh-Hans": "手机现在没有网络", "zh-Hant": "手機現在沒有網路", en: "No network on this phone" },
  offlineLine: {
    "zh-Hans": "门没有动。请打开网络再试，或用您的卡开门。",
    "zh-Hant": "門沒有動。請打開網路再試，或用您的卡開門。",
    en: "The door did not move. Switch the network on and try again, or use your card.",
  },
  silentTitle: { "zh-Hans": "没有连上小区", "zh-Hant": "沒有連上社區", en: "We could not reach the community" },
  silentLine: {
    "zh-Hans": "请看看门有没有开，没开就再试一次，或用您的卡开门。",
    "zh-Hant": "請看看門有沒有開，沒開就再試一次，或用您的卡開門。",
    en: "Please look whether the door is open. If not, try again, or use your card.",
  },
  unknownTitle: { "zh-Hans": "没有等到门的回答", "zh-Hant": "沒有等到門的回答", en: "The door did not answer" },
  unknownNext: {
    "zh-Hans": "请看看门有没有开，没开就再试一次。",
    "zh-Hant": "請看看門有沒有開，沒開就再試一次。",
    en: "Please look whether it is open. If not, try again.",
  },

  // my openings
  history: { "zh-Hans": "我的开门记录", "zh-Hant": "我的開門記錄", en: "My openings" },
  historyEmpty: { "zh-Hans": "还没有开过门", "zh-Hant": "還沒有開過門", en: "No openings yet" },
  historyNote: {
    "zh-Hans": "这些记录只留在这部手机里。",
    "zh-Hant": "這些記錄只留在這部手機裡。",
    en: "This list is kept on this phone only.",
  },
  historyAll: {
    "zh-Hans": "您用手机和卡开的门都在这里，只有您看得到。",
    "zh-Hant": "您用手機和卡開的門都在這裡，只有您看得到。",
    en: "Your openings by phone and by card; only you see this page.",
  },
  someDoor: { "zh-Hans": "一扇门", "zh-Hant": "一扇門", en: "A door" },
  lastOpening: { "zh-Hans": "上次 {at}，{what}", "zh-Hant": "上次 {at}，{what}", en: "Last time {at}: {what}" },
  lookingLine: {
    "zh-Hans": "认出您，门就开。",
    "zh-Hant": "認出您，門就開。",
    en: "The door opens once it knows you.",
  },
  didOpen: { "zh-Hans": "开了", "zh-Hant": "開了", en: "opened" },
  didRefuse: { "zh-Hans": "没有开", "zh-Hant": "沒有開", en: "not opened" },
  didUnknown: { "zh-Hans": "不知道开没开", "zh-Hant": "不知道開了沒有", en: "not known" },
  today: { "zh-Hans": "今天", "zh-Hant": "今天", en: "Today" },

  // settings
  settings: { "zh-Hans": "设置", "zh-Hant": "設定", en: "Settings" },
  size: { "zh-Hans": "字的大小", "zh-Hant": "字的大小", en: "Text size" },
  sizeUsual: { "zh-Hans": "标准", "zh-Hant": "標準", en: "Usual" },
  sizeElder: { "zh-Hans": "大字", "zh-Hant": "大字", en: "Large" },
  sound: { "zh-Hans": "提示音", "zh-Hant": "提示音", en: "Sounds" },
  soundOn: { "zh-Hans": "开", "zh-Hant": "開", en: "On" },
  soundOff: { "zh-Hans": "关", "zh-Hant": "關", en: "Off" },
  about: { "zh-Hans": "关于", "zh-Hant": "關於", en: "About" },
  aboutPerson: { "zh-Hans": "姓名", "zh-Hant": "姓名", en: "Name" },
  aboutPhone: { "zh-Hans": "这部手机", "zh-Hant": "這部手機", en: "This phone" },
  aboutSite: { "zh-Hans": "小区", "zh-Hant": "社區", en: "Community" },
  aboutShake: {
    "zh-Hans": "摇一摇只在这一页打开着的时候有用。",
    "zh-Hant": "搖一搖只在這一頁打開著的時候有用。",
    en: "Shaking works only while this page is open.",
  },
  forget: { "zh-Hans": "不再用这部手机开门", "zh-Hant": "不再用這部手機開門", en: "Stop using this phone" },
  forgetAsk: {
    "zh-Hans": "钥匙会从这部手机里删掉，以后要用新的号码重新登记。您的卡照样能用。",
    "zh-Hant": "鑰匙會從這部手機裡刪掉，以後要用新的號碼重新登記。您的卡照樣能用。",
    en: "The key will be removed from this phone; to use it again you need a new code. Your card still works.",
  },
  forgetYes: { "zh-Hans": "删掉钥匙", "zh-Hant": "刪掉鑰匙", en: "Remove the key" },
  forgetNo: { "zh-Hans": "先不删", "zh-Hant": "先不刪", en: "Keep it" },

  // starting
  starting: { "zh-Hans": "正在打开…", "zh-Hant": "正在打開…", en: "Starting…" },
  oldList: {
    "zh-Hans": "没有连上小区，门的名单是上次的。",
    "zh-Hant": "沒有連上社區，門的名單是上次的。",
    en: "Not connected; the list of doors is from last time.",
  },
});
