/** Every word of the kiosk; zh-Hans is the source, zh-Hant is translated, not converted. */
import { dictionary } from "@linli/shared/i18n";

export const w = dictionary({
  brand: { "zh-Hans": "邻里", "zh-Hant": "鄰里", en: "Linli" },
  today: { "zh-Hans": "今天", "zh-Hant": "今天", en: "Today" },
  tapTitle: { "zh-Hans": "刷卡，查账单", "zh-Hant": "感應卡片，查帳單", en: "Tap your card to see your bills" },
  tapLine: {
    "zh-Hans": "把卡放在下面的读卡处，停一下",
    "zh-Hant": "把卡片放在下面的感應區，停一下",
    en: "Hold your card on the reader below for a moment",
  },
  findButton: {
    "zh-Hans": "没有卡？按门牌号查",
    "zh-Hant": "沒帶卡片？用門牌號碼查",
    en: "No card? Use your house number",
  },
  bigText: { "zh-Hans": "大字", "zh-Hant": "大字", en: "Large text" },
  readAloud: { "zh-Hans": "读出来", "zh-Hant": "讀出來", en: "Read aloud" },
  language: { "zh-Hans": "语言", "zh-Hant": "語言", en: "Language" },
  moreBelow: { "zh-Hans": "下面还有", "zh-Hant": "下面還有", en: "More below" },
  end: { "zh-Hans": "退出", "zh-Hant": "離開", en: "Leave" },
  back: { "zh-Hans": "返回", "zh-Hant": "返回", en: "Back" },

  // card
  cardReading: {
    "zh-Hans": "正在读卡，请先别拿开",
    "zh-Hant": "正在讀卡，請先別拿開",
    en: "Reading your card. Please keep it there",
  },
  cardKnown: {
    "zh-Hans": "认出来了，请稍等",
    "zh-Hant": "認出來了，請稍候",
    en: "We know your card. One moment",
  },

  // net
  netOffline: {
    "zh-Hans": "网络断了，暂时不能缴费。别着急，网络好了会自动恢复。",
    "zh-Hant": "網路斷了，暫時不能繳費。別著急，網路好了會自動恢復。",
    en: "The network is down, so nothing can be paid now. It will come back by itself.",
  },
  netAgent: {
    "zh-Hans": "正在恢复，请稍等。",
    "zh-Hant": "正在恢復，請稍候。",
    en: "One moment, please. We will be back.",
  },
  netBillsAt: { "zh-Hans": "账单是 {at} 的", "zh-Hant": "帳單是 {at} 的", en: "Bills as of {at}" },

  // paper
  paperLow: { "zh-Hans": "打印纸快用完了。", "zh-Hant": "列印紙快用完了。", en: "The paper is nearly used up." },
  paperOut: {
    "zh-Hans": "打印纸用完了。缴费照常，收据可到服务台补打。",
    "zh-Hant": "列印紙用完了。繳費照常，收據可到服務台補印。",
    en: "The paper is used up. You can still pay; the desk prints your receipt.",
  },
  paperStuck: {
    "zh-Hans": "打印机暂时用不了。缴费照常，收据可到服务台补打。",
    "zh-Hant": "列印機暫時不能使用。繳費照常，收據可到服務台補印。",
    en: "The printer does not work now. You can still pay; the desk prints your receipt.",
  },

  // find
  findTitle: { "zh-Hans": "您家的门牌号", "zh-Hant": "您家的門牌號碼", en: "Your house number" },
  findTitlePhone: {
    "zh-Hans": "户主手机的最后四位",
    "zh-Hant": "戶主手機的最後四碼",
    en: "Last four digits of the householder's phone",
  },
  findWhy: {
    "zh-Hans": "只用来核对是不是您家，不会显示出来。",
    "zh-Hant": "只用來核對是不是您家，不會顯示出來。",
    en: "Only to check that this is your home. It is not shown.",
  },
  findBuilding: { "zh-Hans": "幢", "zh-Hant": "幢", en: "Building" },
  findUnit: { "zh-Hans": "单元", "zh-Hant": "單元", en: "Unit" },
  findRoom: { "zh-Hans": "室", "zh-Hant": "室", en: "Room" },
  findPhone: { "zh-Hans": "手机最后四位", "zh-Hant": "手機最後四碼", en: "Last four digits" },
  findErase: { "zh-Hans": "删除", "zh-Hant": "刪除", en: "Delete" },
  findNext: { "zh-Hans": "下一步", "zh-Hant": "下一步", en: "Next" },
  findLook: { "zh-Hans": "查账单", "zh-Hant": "查帳單", en: "Find my bills" },
  findLooking: { "zh-Hans": "正在查，请稍等", "zh-Hant": "正在查，請稍候", en: "Looking, one moment" },
  findDigit: { "zh-Hans": "第 {n} 位", "zh-Hant": "第 {n} 碼", en: "Digit {n}" },
  findEmpty: { "zh-Hans": "未填", "zh-Hant": "未填", en: "empty" },
  findFilled: { "zh-Hans": "已填", "zh-Hant": "已填", en: "filled in" },

  // bills
  billsTitle: { "zh-Hans": "您的账单", "zh-Hant": "您的帳單", en: "Your bills" },
  billsHolder: {
    "zh-Hans": "{name}　{house}",
    "zh-Hant": "{name}　{house}",
    en: "{name} · {house}",
  },
  billsHouse: { "zh-Hans": "门牌 {house}", "zh-Hant": "門牌 {house}", en: "House {house}" },
  billsNone: { "zh-Hans": "都付清了，没有要缴的。", "zh-Hant": "都繳清了，沒有要繳的。", en: "Everything is paid." },
  billsNoneLine: { "zh-Hans": "谢谢您。", "zh-Hant": "謝謝您。", en: "Thank you." },
  billsChoose: { "zh-Hans": "选一笔来缴", "zh-Hant": "選一筆來繳", en: "Choose one to pay" },
  billsTotal: { "zh-Hans": "还要缴", "zh-Hant": "還要繳", en: "Still to pay" },
  billsPay: { "zh-Hans": "缴这一笔", "zh-Hant": "繳這一筆", en: "Pay this one" },
  billsPaid: { "zh-Hans": "已付清", "zh-Hant": "已繳清", en: "Paid" },
  billsPending: {
    "zh-Hans": "正在核对，请不要再付一次。",
    "zh-Hant": "正在核對，請不要再付一次。",
    en: "We are checking. Please do not pay again.",
  },
  billsDue: { "zh-Hans": "{day}前缴", "zh-Hant": "{day}前繳", en: "Due by {day}" },
  billsHow: { "zh-Hans": "怎么算的", "zh-Hant": "怎麼算的", en: "How it adds up" },
  billsOffline: {
    "zh-Hans": "网络恢复后再缴",
    "zh-Hant": "網路恢復後再繳",
    en: "Pay when the network is back",
  },

  // kind
  kindProperty: { "zh-Hans": "物业费", "zh-Hant": "管理費", en: "Property fee" },
  kindWater: { "zh-Hans": "水费", "zh-Hant": "水費", en: "Water" },
  kindPower: { "zh-Hans": "电费", "zh-Hant": "電費", en: "Power" },

  // period
  periodMonth: {
    "zh-Hans": "{year}年{month}月",
    "zh-Hant": "{year}年{month}月",
    en: "{month} {year}",
  },
  periodQuarter: {
    "zh-Hans": "{year}年第{quarter}季度",
    "zh-Hant": "{year}年第{quarter}季",
    en: "Quarter {quarter}, {year}",
  },
  periodYear: { "zh-Hans": "{year}年", "zh-Hant": "{year}年", en: "{year}" },

  // pay
  payCreating: {
    "zh-Hans": "正在准备付款码，请稍等",
    "zh-Hant": "正在準備付款碼，請稍候",
    en: "Preparing your payment code, one moment",
  },
  payScan: {
    "zh-Hans": "请用手机微信扫一扫",
    "zh-Hant": "請用手機微信掃一掃",
    en: "Scan with WeChat on your phone",
  },
  payWaiting: { "zh-Hans": "正在等您付款", "zh-Hant": "正在等您付款", en: "Waiting for your payment" },
  payLeft: { "zh-Hans": "还可以付", "zh-Hant": "還可以付", en: "Time left" },
  payLeftValue: {
    "zh-Hans": "{minutes}分{seconds}秒",
    "zh-Hant": "{minutes}分{seconds}秒",
    en: "{minutes}:{seconds}",
  },
  payCode: { "zh-Hans": "付款码", "zh-Hant": "付款碼", en: "Payment code" },
  payCancel: { "zh-Hans": "先不付了", "zh-Hant": "先不付了", en: "Not now" },
  payChecking: {
    "zh-Hans": "正在核对，请不要再付一次。",
    "zh-Hant": "正在核對，請不要再付一次。",
    en: "We are checking. Please do not pay again.",
  },
  payCheckingLine: {
    "zh-Hans": "小票上有查询号。您可以先走，结果不会丢。",
    "zh-Hant": "收據條上有查詢號碼。您可以先走，結果不會丟。",
    en: "Your slip has a number to ask with. You may leave; nothing gets lost.",
  },
  payCheckingNoPaper: {
    "zh-Hans": "请记下查询号。您可以先走，结果不会丢。",
    "zh-Hant": "請記下查詢號碼。您可以先走，結果不會丟。",
    en: "Please note the number. You may leave; nothing gets lost.",
  },
  payCheckingNumber: { "zh-Hans": "查询号", "zh-Hant": "查詢號碼", en: "Number to ask with" },
  payClosedTitle: { "zh-Hans": "没有付款", "zh-Hant": "沒有付款", en: "Nothing was paid" },
  payClosedLine: {
    "zh-Hans": "这笔账单还在，没有扣您的钱。",
    "zh-Hant": "這筆帳單還在，沒有扣您的錢。",
    en: "The bill is still there. No money was taken.",
  },
  paySuspenseTitle: {
    "zh-Hans": "钱收到了，要核对一下",
    "zh-Hant": "錢收到了，要核對一下",
    en: "Your money came, and we must check it",
  },
  paySuspenseLine: {
    "zh-Hans": "这笔钱对不上账单，会原路退回。请到服务台，我们来帮您。",
    "zh-Hant": "這筆錢對不上帳單，會原路退回。請到服務台，我們來幫您。",
    en: "It does not match the bill and will be given back. Please come to the desk. We will help.",
  },
  payToBills: { "zh-Hans": "回到账单", "zh-Hant": "回到帳單", en: "Back to the bills" },
  payLeave: { "zh-Hans": "我先走了", "zh-Hant": "我先走了", en: "I will leave now" },

  // receipt
  receiptTitle: { "zh-Hans": "付好了，谢谢您", "zh-Hant": "付好了，謝謝您", en: "Paid. Thank you" },
  receiptNumber: { "zh-Hans": "收据号", "zh-Hant": "收據號碼", en: "Receipt number" },
  receiptTake: { "zh-Hans": "请取走小票", "zh-Hant": "請取走收據", en: "Please take your receipt" },
  receiptNote: {
    "zh-Hans": "请记下收据号，服务台可以查到。",
    "zh-Hant": "請記下收據號碼，服務台可以查到。",
    en: "Please note the receipt number; the desk can look it up.",
  },
  receiptPrinting: { "zh-Hans": "正在打印小票", "zh-Hant": "正在列印收據", en: "Printing your receipt" },
  receiptFailed: {
    "zh-Hans": "小票没有打出来。请记下收据号，到服务台可以补打。",
    "zh-Hant": "收據沒有印出來。請記下收據號碼，到服務台可以補印。",
    en: "The receipt did not print. Please note its number; the desk can print it.",
  },
  receiptAgain: { "zh-Hans": "再打一张", "zh-Hant": "再印一張", en: "Print again" },
  receiptOthers: { "zh-Hans": "还有账单，接着缴", "zh-Hant": "還有帳單，接著繳", en: "Pay the next bill" },
  receiptDone: { "zh-Hans": "好了，退出", "zh-Hant": "好了，離開", en: "Done" },
  receiptSlip: { "zh-Hans": "缴费收据", "zh-Hant": "繳費收據", en: "Receipt" },
  receiptHouse: { "zh-Hans": "门牌", "zh-Hant": "門牌", en: "House" },
  receiptItem: { "zh-Hans": "项目", "zh-Hant": "項目", en: "For" },
  receiptAmount: { "zh-Hans": "金额", "zh-Hant": "金額", en: "Amount" },
  receiptPaidAt: { "zh-Hans": "时间", "zh-Hant": "時間", en: "Time" },
  receiptBy: { "zh-Hans": "方式", "zh-Hant": "方式", en: "By" },
  receiptWechat: { "zh-Hans": "微信支付", "zh-Hant": "微信支付", en: "WeChat Pay" },
  receiptReference: { "zh-Hans": "交易号", "zh-Hant": "交易號碼", en: "Reference" },
  receiptKeep: { "zh-Hans": "请保管好这张小票", "zh-Hant": "請保管好這張收據", en: "Please keep this receipt" },
  receiptEnds: {
    "zh-Hans": "{seconds} 秒后自动退出，点一下屏幕可以多看一会儿",
    "zh-Hant": "{seconds} 秒後自動離開，點一下螢幕可以多看一會兒",
    en: "Closes in {seconds} s. Touch the screen to stay longer",
  },

  // phone
  phoneTitle: { "zh-Hans": "把新手机登记进来", "zh-Hant": "把新手機登記進來", en: "Bring in a new phone" },
  phoneLine: {
    "zh-Hans": "在新手机上打开邻里，输入这六个数字。",
    "zh-Hant": "在新手機上打開鄰里，輸入這六個數字。",
    en: "Open Linli on the new phone and enter these six digits.",
  },
  phoneValid: {
    "zh-Hans": "{minutes} 分钟内有效，只能用一次。",
    "zh-Hant": "{minutes} 分鐘內有效，只能用一次。",
    en: "Good for {minutes} minutes, once.",
  },
  phoneWarn: {
    "zh-Hans": "不要告诉别人。工作人员也不会向您要这个号码。",
    "zh-Hant": "不要告訴別人。工作人員也不會向您要這個號碼。",
    en: "Tell nobody. Our staff will never ask for it.",
  },

  // still
  stillTitle: { "zh-Hans": "您还在吗？", "zh-Hant": "您還在嗎？", en: "Are you still there?" },
  stillLine: {
    "zh-Hans": "按“还在”，我等您。",
    "zh-Hant": "按「還在」，我等您。",
    en: 'Press "I am here" and I will wait.',
  },
  stillButton: { "zh-Hans": "还在", "zh-Hant": "還在", en: "I am here" },
  stillCount: {
    "zh-Hans": "{seconds} 秒后清空屏幕，别人看不到您的信息",
    "zh-Hant": "{seconds} 秒後清空螢幕，別人看不到您的資料",
    en: "In {seconds} s the screen is cleared so that nobody sees your details",
  },

  // trouble
  troubleSilent: {
    "zh-Hans": "机器没有反应，请稍等一下再试。",
    "zh-Hant": "機器沒有反應，請稍候再試。",
    en: "The machine did not answer. Please try again in a moment.",
  },
  troublePaperOut: {
    "zh-Hans": "打印纸用完了，请到服务台补打。",
    "zh-Hant": "列印紙用完了，請到服務台補印。",
    en: "The paper is used up. The desk can print your receipt.",
  },
  troubleOther: {
    "zh-Hans": "没有办成，钱没有动。请再试一次，或到服务台，我们来帮您。",
    "zh-Hant": "沒有辦成，錢沒有動。請再試一次，或到服務台，我們來幫您。",
    en: "That did not work, and no money moved. Please try again, or come to the desk. We will help.",
  },
});
