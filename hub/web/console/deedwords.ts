/** The words of what staff do to doors; zh-Hans is the source, zh-Hant is translated, not converted. */

import { dictionary } from "@linli/shared/i18n";

export const deedWords = dictionary({
  open: { "zh-Hans": "开门", "zh-Hant": "開門", en: "Open" },
  openOf: { "zh-Hans": "开门：{door}", "zh-Hant": "開門：{door}", en: "Open: {door}" },
  openLine: {
    "zh-Hans": "门会马上打开一次，然后自己锁上。您的名字和原因会记下来。",
    "zh-Hant": "門會馬上打開一次，然後自己鎖上。您的姓名和原因會記下來。",
    en: "The door opens once, now, and locks again by itself. Your name and the reason are written down.",
  },
  openYes: { "zh-Hans": "现在开门", "zh-Hant": "現在開門", en: "Open now" },
  opened: { "zh-Hans": "门开了", "zh-Hant": "門開了", en: "The door opened" },
  openedLine: {
    "zh-Hans": "门的控制器确认，锁已经打开。",
    "zh-Hant": "門的控制器確認，鎖已經打開。",
    en: "The door's controller confirmed that the lock opened.",
  },
  refused: { "zh-Hans": "门没有开", "zh-Hant": "門沒有開", en: "The door did not open" },
  offlineLine: {
    "zh-Hans": "现在连不上这扇门，指令没有送到。请派人过去看看。",
    "zh-Hant": "現在連不上這扇門，指令沒有送到。請派人過去看看。",
    en: "The door cannot be reached now; nothing was sent to it. Please send somebody there.",
  },
  lockedDownLine: {
    "zh-Hans": "门正在封锁。要开门，请先解除封锁。",
    "zh-Hant": "門正在封鎖。要開門，請先解除封鎖。",
    en: "The door is locked down. Release the lockdown first.",
  },
  unknown: { "zh-Hans": "不知道门开没开", "zh-Hant": "不知道門開了沒有", en: "Nobody knows whether it opened" },
  unknownLine: {
    "zh-Hans": "没有等到门的回答，门可能已经开了。请看现场，或者看这扇门的记录，再决定要不要重开。",
    "zh-Hant": "沒有等到門的回答，門可能已經開了。請看現場，或看這扇門的記錄，再決定要不要重開。",
    en: "The door did not answer in time and may be open. Look at it, or at its timeline, before trying again.",
  },
  lostAnswer: { "zh-Hans": "不知道做没做成", "zh-Hant": "不知道做成了沒有", en: "The outcome is not known" },
  lostAnswerLine: {
    "zh-Hans": "没有收到服务器的回答，可能已经做了。请看页面上的状态，再决定要不要重做。",
    "zh-Hant": "沒有收到伺服器的回答，可能已經做了。請看頁面上的狀態，再決定要不要重做。",
    en: "The server's answer did not arrive; it may have been done. Look at what the page shows before trying again.",
  },

  mode: { "zh-Hans": "门的模式", "zh-Hant": "門的模式", en: "Mode" },
  modeOf: { "zh-Hans": "模式：{door}", "zh-Hant": "模式：{door}", en: "Mode: {door}" },
  modeWhich: { "zh-Hans": "这扇门应该", "zh-Hant": "這扇門應該", en: "This door shall be" },
  modeYes: { "zh-Hans": "改成这样", "zh-Hant": "改成這樣", en: "Change it" },
  modeTaken: { "zh-Hans": "记下了", "zh-Hant": "記下了", en: "It is written down" },
  modeTakenLine: {
    "zh-Hans": "门收到以后就会变成“{mode}”，这里会显示。",
    "zh-Hant": "門收到以後就會變成「{mode}」，這裡會顯示。",
    en: "The door changes to “{mode}” when it hears of it; this page shows it then.",
  },
  modeOfflineLine: {
    "zh-Hans": "现在连不上这扇门；重新连上以后，门就会变成“{mode}”。",
    "zh-Hant": "現在連不上這扇門；重新連上以後，門就會變成「{mode}」。",
    en: "The door cannot be reached now; it changes to “{mode}” once it is back.",
  },

  lockdown: { "zh-Hans": "封锁", "zh-Hant": "封鎖", en: "Lock down" },
  lockdownTitle: { "zh-Hans": "封锁", "zh-Hant": "封鎖", en: "Lock down" },
  lockdownLine: {
    "zh-Hans": "卡、手机和密码都开不了门，远程也开不了。从里面出去照常，消防照常。解除以后，每扇门回到原来的样子。",
    "zh-Hant": "卡、手機和密碼都開不了門，遠端也開不了。從裡面出去照常，消防照常。解除以後，每扇門回到原來的樣子。",
    en: "No card, phone, PIN or staff opens a door. Leaving and fire alarm work as ever. Release undoes it.",
  },
  where: { "zh-Hans": "哪里", "zh-Hant": "哪裡", en: "Where" },
  wholeSite: { "zh-Hans": "整个小区", "zh-Hant": "整個社區", en: "The whole site" },
  lockdownYes: { "zh-Hans": "现在封锁", "zh-Hant": "現在封鎖", en: "Lock down now" },
  lockdownTaken: { "zh-Hans": "封锁已经下令", "zh-Hant": "封鎖已經下令", en: "The lockdown is ordered" },
  lockdownTakenLine: {
    "zh-Hans": "页面上方显示有多少扇门已经封锁。连不上的门，要派人去看。",
    "zh-Hant": "頁面上方顯示有多少扇門已經封鎖。連不上的門，要派人去看。",
    en: "The top of the page shows how many doors are locked down. Send somebody to those that cannot be reached.",
  },
  release: { "zh-Hans": "解除封锁", "zh-Hant": "解除封鎖", en: "Release" },
  releaseOf: { "zh-Hans": "解除封锁：{where}", "zh-Hant": "解除封鎖：{where}", en: "Release: {where}" },
  releaseLine: {
    "zh-Hans": "每扇门回到封锁以前的模式。",
    "zh-Hant": "每扇門回到封鎖以前的模式。",
    en: "Every door returns to the mode it had before.",
  },
  releaseYes: { "zh-Hans": "现在解除", "zh-Hant": "現在解除", en: "Release now" },
  released: { "zh-Hans": "封锁已经解除", "zh-Hant": "封鎖已經解除", en: "The lockdown is over" },
  releasedLine: {
    "zh-Hans": "门收到以后各自恢复。连不上的门，连上以后恢复。",
    "zh-Hant": "門收到以後各自恢復。連不上的門，連上以後恢復。",
    en: "The doors return as they hear of it; those that cannot be reached, once they are back.",
  },
  alreadyOver: {
    "zh-Hans": "这里现在没有封锁，可能已经有人解除了。",
    "zh-Hant": "這裡現在沒有封鎖，可能已經有人解除了。",
    en: "No lockdown is in force there; somebody may have released it already.",
  },
  inForce: { "zh-Hans": "正在封锁：{where}", "zh-Hant": "正在封鎖：{where}", en: "Lockdown: {where}" },
  since: { "zh-Hans": "{at} 起", "zh-Hant": "{at} 起", en: "since {at}" },
  reported: {
    "zh-Hans": "{n} / {all} 扇门已封锁",
    "zh-Hant": "{n} / {all} 扇門已封鎖",
    en: "{n} of {all} doors are locked down",
  },
  allReported: { "zh-Hans": "{all} 扇门全部封锁", "zh-Hant": "{all} 扇門全部封鎖", en: "All {all} doors are locked down" },

  reason: { "zh-Hans": "原因", "zh-Hant": "原因", en: "Reason" },
  reasonHint: {
    "zh-Hans": "写给以后查的人看。",
    "zh-Hant": "寫給以後查的人看。",
    en: "For those who look this up later.",
  },
  reasonWrong: { "zh-Hans": "请写下原因。", "zh-Hant": "請寫下原因。", en: "Please write a reason." },
  otpWrong: {
    "zh-Hans": "请输入六位数字。",
    "zh-Hant": "請輸入六位數字。",
    en: "Please enter six digits.",
  },
  otpHint: {
    "zh-Hans": "在您的验证器里。每个码只能用一次，登录用过的要等下一个。",
    "zh-Hant": "在您的驗證器裡。每個碼只能用一次，登入用過的要等下一個。",
    en: "From your authenticator. Each code works once; after signing in, wait for the next.",
  },
  notSent: { "zh-Hans": "没有做成", "zh-Hant": "沒有做成", en: "It was not done" },
  done: { "zh-Hans": "知道了", "zh-Hant": "知道了", en: "Done" },
});

/** A door's modes, ONVIF's words in plain language: the name of each, and what it means. */
export const modeWords = {
  Locked: dictionary({
    name: { "zh-Hans": "平常", "zh-Hant": "平常", en: "As usual" },
    means: {
      "zh-Hans": "锁着，有权限的人能开；有时间表的，按时间表。",
      "zh-Hant": "鎖著，有權限的人能開；有時間表的，按時間表。",
      en: "Locked, opened by those who may; or by its timetable.",
    },
  }),
  Unlocked: dictionary({
    name: { "zh-Hans": "常开", "zh-Hant": "常開", en: "Held unlocked" },
    means: {
      "zh-Hans": "不锁，谁都能进。",
      "zh-Hant": "不鎖，誰都能進。",
      en: "Not locked; anybody may enter.",
    },
  }),
  Blocked: dictionary({
    name: { "zh-Hans": "停用", "zh-Hant": "停用", en: "Out of use" },
    means: {
      "zh-Hans": "谁都不能进，出去照常。",
      "zh-Hant": "誰都不能進，出去照常。",
      en: "Nobody may enter; leaving works as ever.",
    },
  }),
  LockedOpen: dictionary({
    name: { "zh-Hans": "锁定常开", "zh-Hant": "鎖定常開", en: "Locked open" },
    means: {
      "zh-Hans": "和常开一样不锁；用在要长时间敞开的门。",
      "zh-Hant": "和常開一樣不鎖；用在要長時間敞開的門。",
      en: "Not locked either; for a door that is to stand open for long.",
    },
  }),
};
