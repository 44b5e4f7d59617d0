/** The words of import, letters and the desk; zh-Hans is the source, zh-Hant is translated. */

import { dictionary } from "@linli/shared/i18n";

export const words = dictionary({
  importing: { "zh-Hans": "导入", "zh-Hant": "匯入", en: "Import" },
  desk: { "zh-Hans": "服务台", "zh-Hant": "服務台", en: "Desk" },

  // choosing a file
  importTitle: { "zh-Hans": "导入住户表", "zh-Hant": "匯入住戶表", en: "Import a spreadsheet" },
  importLine: {
    "zh-Hans": "住户、租户、门和卡都可以。先看一遍再写入，表里没有的不会删。",
    "zh-Hant": "住戶、租戶、門和卡都可以。先看一遍再寫入，表裡沒有的不會刪。",
    en: "Households, tenants, doors and cards. You look first; nothing absent is deleted.",
  },
  dropHere: {
    "zh-Hans": "把 .xlsx 或 CSV 文件拖到这里",
    "zh-Hant": "把 .xlsx 或 CSV 檔案拖到這裡",
    en: "Drop an .xlsx or CSV file here",
  },
  choose: { "zh-Hans": "选择文件", "zh-Hant": "選擇檔案", en: "Choose a file" },
  reading: { "zh-Hans": "正在读 {file}…", "zh-Hant": "正在讀 {file}…", en: "Reading {file}…" },
  tooLarge: { "zh-Hans": "文件最大 20 MB。", "zh-Hant": "檔案最大 20 MB。", en: "A file may have 20 MB at most." },

  // the preview
  previewTitle: {
    "zh-Hans": "还没有写入，请先看一遍",
    "zh-Hant": "還沒有寫入，請先看一遍",
    en: "Nothing is written yet. Please look",
  },
  rowsNew: { "zh-Hans": "新增", "zh-Hant": "新增", en: "New" },
  rowsChanged: { "zh-Hans": "有改动", "zh-Hant": "有改動", en: "Changed" },
  rowsSame: { "zh-Hans": "没变", "zh-Hant": "沒變", en: "Same" },
  rowsError: { "zh-Hans": "有问题", "zh-Hant": "有問題", en: "Problems" },
  understood: {
    "zh-Hans": "{sheet}：第 {line} 行是表头，读懂了 {columns}",
    "zh-Hant": "{sheet}：第 {line} 列是表頭，讀懂了 {columns}",
    en: "{sheet}: header in line {line}; understood {columns}",
  },
  leftOut: { "zh-Hans": "没有用到：{columns}", "zh-Hant": "沒有用到：{columns}", en: "Not used: {columns}" },
  withoutHeader: {
    "zh-Hans": "这些工作表没有表头，跳过：{sheets}",
    "zh-Hant": "這些工作表沒有表頭，跳過：{sheets}",
    en: "Sheets without a header, skipped: {sheets}",
  },
  problems: { "zh-Hans": "有问题的行（不会写入）", "zh-Hant": "有問題的列（不會寫入）", en: "Rows with problems (left out)" },
  problemsFile: {
    "zh-Hans": "下载有问题的行",
    "zh-Hant": "下載有問題的列",
    en: "Download the rows with problems",
  },
  firstRows: { "zh-Hans": "前几行读成这样", "zh-Hant": "前幾列讀成這樣", en: "The first rows as understood" },
  line: { "zh-Hans": "行", "zh-Hant": "列", en: "Line" },
  state: { "zh-Hans": "结果", "zh-Hant": "結果", en: "Result" },
  house: { "zh-Hans": "房号", "zh-Hant": "房號", en: "House" },
  who: { "zh-Hans": "姓名", "zh-Hant": "姓名", en: "Name" },
  what: { "zh-Hans": "问题", "zh-Hant": "問題", en: "Problem" },
  cardDoors: {
    "zh-Hans": "表里的普通卡（{kinds}）谁都能复制，{all} 扇门里有 {n} 扇认它：{doors}",
    "zh-Hant": "表裡的普通卡（{kinds}）誰都能複製，{all} 扇門裡有 {n} 扇認它：{doors}",
    en: "Anybody can copy the plain cards in this sheet ({kinds}); {n} of {all} doors take them: {doors}",
  },
  cardNoDoors: {
    "zh-Hans": "表里的普通卡（{kinds}）谁都能复制，现在没有一扇门认它。",
    "zh-Hant": "表裡的普通卡（{kinds}）誰都能複製，現在沒有一扇門認它。",
    en: "Anybody can copy the plain cards in this sheet ({kinds}); no door takes them now.",
  },
  otherCard: { "zh-Hans": "别的卡", "zh-Hant": "別的卡片", en: "other cards" },
  apply: { "zh-Hans": "写入 {n} 处", "zh-Hant": "寫入 {n} 處", en: "Apply {n} changes" },
  nothingToDo: { "zh-Hans": "没有要写入的", "zh-Hant": "沒有要寫入的", en: "There is nothing to change" },
  otherFile: { "zh-Hans": "换一个文件", "zh-Hant": "換一個檔案", en: "Another file" },

  // what became of it
  history: { "zh-Hans": "最近的导入", "zh-Hant": "最近的匯入", en: "Recent imports" },
  noHistory: { "zh-Hans": "还没有导入过", "zh-Hant": "還沒有匯入過", en: "Nothing was imported yet" },
  progress: { "zh-Hans": "{done} / {all}", "zh-Hant": "{done} / {all}", en: "{done} of {all}" },
  staging: { "zh-Hans": "准备中", "zh-Hant": "準備中", en: "Preparing" },
  applying: { "zh-Hans": "正在写入", "zh-Hant": "正在寫入", en: "Applying" },
  applied: { "zh-Hans": "已写入", "zh-Hant": "已寫入", en: "Applied" },
  undoing: { "zh-Hans": "正在撤销", "zh-Hant": "正在復原", en: "Undoing" },
  undone: { "zh-Hans": "已撤销", "zh-Hant": "已復原", en: "Undone" },
  settled: { "zh-Hans": "已写入，过期不能撤销", "zh-Hant": "已寫入，過期不能復原", en: "Applied, too old to undo" },
  failed: { "zh-Hans": "没有写完", "zh-Hant": "沒有寫完", en: "Not finished" },
  undo: { "zh-Hans": "撤销", "zh-Hant": "復原", en: "Undo" },
  undoTitle: { "zh-Hans": "撤销这次导入？", "zh-Hant": "復原這次匯入？", en: "Undo this import?" },
  undoLine: {
    "zh-Hans": "{file} 写入的 {n} 处会恢复原样。",
    "zh-Hant": "{file} 寫入的 {n} 處會恢復原樣。",
    en: "The {n} changes of {file} go back to how they were.",
  },
  overtaken: {
    "zh-Hans": "导入之后有人改过这些，所以没有撤销：",
    "zh-Hant": "匯入之後有人改過這些，所以沒有復原：",
    en: "These changed after the import, so it was not undone:",
  },
  inUse: { "zh-Hans": "已经有别的记录", "zh-Hant": "已經有別的記錄", en: "other records point at it" },
  cancel: { "zh-Hans": "取消", "zh-Hant": "取消", en: "Cancel" },

  // letters
  letters: { "zh-Hans": "给住户的信", "zh-Hant": "給住戶的信", en: "Letters to households" },
  lettersLine: {
    "zh-Hans": "每户一张 A4，折三折，里面有每个人的登记号码，三十天有效。新的信一打，旧信作废。",
    "zh-Hant": "每戶一張 A4，折三折，裡面有每個人的登記號碼，三十天有效。新的信一印，舊信作廢。",
    en: "One folded A4 per household with a code for each person, good for thirty days. Newer letters void older.",
  },
  whichBuilding: { "zh-Hans": "楼栋（空着就是全部）", "zh-Hant": "樓棟（空著就是全部）", en: "Building (empty: all)" },
  print: { "zh-Hans": "生成 PDF", "zh-Hant": "產生 PDF", en: "Make the PDF" },
  printing: { "zh-Hans": "正在生成…", "zh-Hant": "正在產生…", en: "Making it…" },
  printed: {
    "zh-Hans": "信在下载文件夹里。里面有号码，打印后请删掉。",
    "zh-Hant": "信在下載資料夾裡。裡面有號碼，列印後請刪掉。",
    en: "The letters are in your downloads. They hold codes: delete the file once printed.",
  },

  // the desk
  deskTitle: { "zh-Hans": "登记手机", "zh-Hant": "登記手機", en: "Introduce a phone" },
  deskLine: {
    "zh-Hans": "找到住户，请他用手机扫一下就好。",
    "zh-Hant": "找到住戶，請他用手機掃一下就好。",
    en: "Find the resident; they scan the code with their phone.",
  },
  find: { "zh-Hans": "姓名或房号", "zh-Hant": "姓名或房號", en: "Name or house" },
  begin: { "zh-Hans": "登记手机", "zh-Hant": "登記手機", en: "Introduce phone" },
  nobody: { "zh-Hans": "没有找到这样的住户", "zh-Hant": "沒有找到這樣的住戶", en: "No such resident" },
  phones: { "zh-Hans": "已有 {n} 部手机", "zh-Hant": "已有 {n} 部手機", en: "Phones so far: {n}" },
  scan: { "zh-Hans": "请用手机相机扫", "zh-Hant": "請用手機相機掃", en: "Scan with the phone's camera" },
  picture: { "zh-Hans": "登记手机的二维码", "zh-Hant": "登記手機的 QR 碼", en: "QR code to introduce the phone" },
  orType: {
    "zh-Hans": "或者打开 {address}，输入",
    "zh-Hant": "或者打開 {address}，輸入",
    en: "Or open {address} and enter",
  },
  waiting: { "zh-Hans": "等手机… 还有 {left}", "zh-Hant": "等手機… 還有 {left}", en: "Waiting for the phone… {left} left" },
  over: { "zh-Hans": "号码过期了。", "zh-Hant": "號碼過期了。", en: "The code has ended." },
  again: { "zh-Hans": "再给一个号码", "zh-Hant": "再給一個號碼", en: "Another code" },
  done: { "zh-Hans": "登记好了", "zh-Hant": "登記好了", en: "Done" },
  doneLine: {
    "zh-Hans": "{name} 的“{label}”可以开门了。",
    "zh-Hant": "{name} 的「{label}」可以開門了。",
    en: "“{label}” of {name} opens the doors now.",
  },
  next: { "zh-Hans": "下一位", "zh-Hant": "下一位", en: "Next" },
});
