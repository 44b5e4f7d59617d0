/** The words of the doors' cameras; zh-Hans is the source, zh-Hant is translated, not converted. */

import { dictionary } from "@linli/shared/i18n";

export const cameraWords = dictionary({
  title: { "zh-Hans": "门口的摄像头", "zh-Hant": "門口的攝影機", en: "Cameras of the doors" },
  line: {
    "zh-Hans": "在主机的 hub.toml 里写明，这里只看得到状态。",
    "zh-Hant": "在主機的 hub.toml 裡寫明，這裡只看得到狀態。",
    en: "They are named in hub.toml on the hub; this page shows how they stand.",
  },
  none: {
    "zh-Hans": "还没有摄像头。认人脸的门至少要有一个。",
    "zh-Hant": "還沒有攝影機。認人臉的門至少要有一個。",
    en: "There is no camera yet. A door that takes faces needs one at least.",
  },
  door_unknown: {
    "zh-Hans": "没有“{door}”这扇门，没人看它的画面。请在 hub.toml 里改门的编号。",
    "zh-Hant": "沒有「{door}」這扇門，沒人看它的畫面。請在 hub.toml 裡改門的編號。",
    en: "There is no door {door}, so nobody looks at it. Write a door's id in hub.toml.",
  },
  unused: {
    "zh-Hans": "这扇门不认人脸，画面没有在用",
    "zh-Hant": "這扇門不認人臉，畫面沒有在用",
    en: "Its door takes no faces; its pictures are not used",
  },
  starting: { "zh-Hans": "正在启动…", "zh-Hant": "正在啟動…", en: "Starting…" },
  looking: { "zh-Hans": "画面正常", "zh-Hant": "畫面正常", en: "Pictures come" },
  over: { "zh-Hans": "影片放完了", "zh-Hant": "影片播完了", en: "Its film is over" },
  silent: { "zh-Hans": "没有画面", "zh-Hant": "沒有畫面", en: "No picture" },
});
