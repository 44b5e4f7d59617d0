/** Words of the door with faces; see words.ts. */
import { dictionary, type Words } from "@linli/shared/i18n";

export const f = dictionary({
  faces: { "zh-Hans": "刷脸", "zh-Hant": "刷臉", en: "Try faces" },
  title: { "zh-Hans": "{door}认脸", "zh-Hant": "{door}認臉", en: "{door} and a face" },
  what: {
    "zh-Hans": "先按房号，再看镜头；只是代替密码，卡照旧。画面不保存，小镇一停什么都不留。",
    "zh-Hant": "先按房號，再看鏡頭；只是代替密碼，卡照舊。畫面不保存，小鎮一停什麼都不留。",
    en: "A flat's number first, then a face in place of its PIN. Cards go on as ever; no picture is kept.",
  },

  // before it is there
  absentTitle: { "zh-Hans": "没有装人脸模块", "zh-Hant": "沒有安裝人臉模組", en: "Faces are not installed" },
  absentWhat: {
    "zh-Hans": "它是可选的，没有它，门照常开。要试的话，停下小镇，运行 {make}，再启动。",
    "zh-Hant": "它是可選的，沒有它，門照常開。要試的話，停下小鎮，執行 {make}，再啟動。",
    en: "They are an extra; every door works without. To try: stop the town, run {make}, start it again.",
  },
  offTitle: { "zh-Hans": "这个小区还没有用人脸", "zh-Hant": "這個社區還沒有用人臉", en: "This site does not use faces yet" },
  offWhat: {
    "zh-Hans": "物业先写下影响评估：为什么要、怎么保护、允许认错多少。在那以前，主机什么都不启动。",
    "zh-Hant": "物業先寫下影響評估：為什麼要、怎麼保護、允許認錯多少。在那以前，主機什麼都不啟動。",
    en: "First the office writes down why, how people are protected, what errors it accepts; nothing starts before.",
  },
  open: { "zh-Hans": "写好评估，给这扇门开人脸", "zh-Hant": "寫好評估，給這扇門開人臉", en: "Assess, and let this door take faces" },
  starting: {
    "zh-Hans": "人脸模块正在启动，头一次要一会儿。",
    "zh-Hant": "人臉模組正在啟動，頭一次要一會兒。",
    en: "Faces are starting; the first time takes a moment.",
  },

  // before the camera
  view: { "zh-Hans": "门口的镜头看到的", "zh-Hant": "門口的鏡頭看到的", en: "What the door's camera sees" },
  elsewhere: {
    "zh-Hans": "有人在用自己的摄像头，画面只在那个人那里。",
    "zh-Hant": "有人在用自己的攝影機，畫面只在那個人那裡。",
    en: "Somebody uses a camera of their own; its picture stays with them.",
  },
  nobodyTrack: { "zh-Hans": "没有看到脸", "zh-Hant": "沒有看到臉", en: "No face seen" },
  clear: { "zh-Hans": "看清 {n} 次", "zh-Hant": "看清 {n} 次", en: "{n} clear looks" },
  looking: { "zh-Hans": "看到一张脸", "zh-Hant": "看到一張臉", en: "A face is seen" },
  enough: { "zh-Hans": "看清楚了", "zh-Hant": "看清楚了", en: "Seen clearly" },
  turn: { "zh-Hans": "请朝箭头慢慢转头", "zh-Hant": "請朝箭頭慢慢轉頭", en: "Slowly turn towards the arrow" },
  who: { "zh-Hans": "谁站在镜头前", "zh-Hant": "誰站在鏡頭前", en: "Who stands before the camera" },
  nobody: { "zh-Hans": "没有人", "zh-Hant": "沒有人", en: "Nobody" },
  own: { "zh-Hans": "我的摄像头", "zh-Hant": "我的攝影機", en: "My camera" },
  file: { "zh-Hans": "一张照片", "zh-Hant": "一張照片", en: "Photo file" },
  how: { "zh-Hans": "真人，还是照片", "zh-Hant": "真人，還是照片", en: "In person, or a photo held up" },
  live: { "zh-Hans": "真人", "zh-Hant": "真人", en: "A person" },
  still: { "zh-Hans": "举着照片", "zh-Hant": "舉著照片", en: "A photo" },
  noCamera: {
    "zh-Hans": "摄像头打不开。可以选一张照片，或画出来的人。",
    "zh-Hant": "攝影機打不開。可以選一張照片，或畫出來的人。",
    en: "The camera cannot be opened. Choose a photo, or somebody drawn.",
  },
  notHere: {
    "zh-Hans": "只有在这台电脑上用 127.0.0.1 打开，浏览器才让用摄像头。",
    "zh-Hant": "只有在這台電腦上用 127.0.0.1 開啟，瀏覽器才讓用攝影機。",
    en: "Browsers lend a camera only to this page at 127.0.0.1, on the town's own computer.",
  },
  noPhoto: { "zh-Hans": "这个文件不是图片。", "zh-Hant": "這個檔案不是圖片。", en: "This file is no picture." },

  drawn: { "zh-Hans": "画的{name}", "zh-Hant": "畫的{name}", en: "{name}, drawn" },

  // the door
  door: { "zh-Hans": "门和主机怎么说", "zh-Hant": "門和主機怎麼說", en: "What door and hub say" },
  claimHint: {
    "zh-Hans": "房号按在门边的键盘上，主机看十几秒。",
    "zh-Hant": "房號按在門邊的鍵盤上，主機看十幾秒。",
    en: "It is typed on the door's own keypad; the hub then looks for a quarter of a minute.",
  },
  known: { "zh-Hans": "主机认出了{name}", "zh-Hant": "主機認出了{name}", en: "The hub sees {name}" },
  claim: { "zh-Hans": "按 {flat} #", "zh-Hant": "按 {flat} #", en: "Type {flat} #" },
  claiming: { "zh-Hans": "门在问主机……", "zh-Hant": "門在問主機……", en: "The door asks the hub…" },
  opened: { "zh-Hans": "门开了，请进。", "zh-Hant": "門開了，請進。", en: "The door opened. Please come in." },
  unknown: { "zh-Hans": "门没有动，也没有回话。", "zh-Hant": "門沒有動，也沒有回話。", en: "The door did not move, and said nothing." },
  tellsApart: {
    "zh-Hans": "照片里的脸不会转，所以问它转头，它答不上来。挡不住视频和面具。",
    "zh-Hant": "照片裡的臉不會轉，所以問它轉頭，它答不上來。擋不住影片和面具。",
    en: "A face on paper cannot turn when asked. This does not stop a film or a mask.",
  },

  // the desk
  desk: { "zh-Hans": "服务台登记", "zh-Hant": "服務台登記", en: "Register at the desk" },
  forWhom: { "zh-Hans": "登记给谁", "zh-Hant": "登記給誰", en: "For whom" },
  home: { "zh-Hans": "{name}，{flat} 室", "zh-Hant": "{name}，{flat} 室", en: "{name}, flat {flat}" },
  noConsent: {
    "zh-Hans": "先看说明，同意了才能拍。",
    "zh-Hant": "先看說明，同意了才能拍。",
    en: "The notice comes first; no photo before a consent.",
  },
  read: { "zh-Hans": "看说明", "zh-Hant": "看說明", en: "Read the notice" },
  agree: { "zh-Hans": "读过了，同意", "zh-Hant": "讀過了，同意", en: "Read, and agreed" },
  photos: { "zh-Hans": "拍了 {n} 张，要 3 张", "zh-Hant": "拍了 {n} 張，要 3 張", en: "{n} of 3 photos" },
  shoot: { "zh-Hans": "给镜头前的人拍一张", "zh-Hant": "給鏡頭前的人拍一張", en: "Photograph who stands there" },
  measuring: { "zh-Hans": "主机正在自己量一遍。", "zh-Hant": "主機正在自己量一遍。", en: "The hub measures itself anew." },
  enrolled: { "zh-Hans": "登记好了。", "zh-Hant": "登記好了。", en: "Registered." },
  thrown: { "zh-Hans": "收下了，照片已经丢掉。", "zh-Hant": "收下了，照片已經丟掉。", en: "Taken in; the photo is gone." },
  forget: { "zh-Hans": "撤回并删除", "zh-Hant": "撤回並刪除", en: "Withdraw and delete" },
  forgotten: { "zh-Hans": "已删除，谁也恢复不了。", "zh-Hant": "已刪除，誰也恢復不了。", en: "Deleted; nobody can bring it back." },
});

const d = dictionary({
  stranger: { "zh-Hans": "画的陌生人", "zh-Hant": "畫的陌生人", en: "Stranger, drawn" },
});
/** Who lives nowhere here. */
export const STRANGER: Words = d.stranger;
