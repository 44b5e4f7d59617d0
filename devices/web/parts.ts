/** The few words that the shared parts say themselves. */

import { dictionary } from "./i18n";

export const parts = dictionary({
  close: { "zh-Hans": "关闭", "zh-Hant": "關閉", en: "Close" },
  language: { "zh-Hans": "语言", "zh-Hant": "語言", en: "Language" },
  loading: { "zh-Hans": "正在读取…", "zh-Hant": "正在讀取…", en: "Loading…" },
  again: { "zh-Hans": "再试一次", "zh-Hant": "再試一次", en: "Try again" },
  failed: { "zh-Hans": "没有读到", "zh-Hant": "沒有讀到", en: "This could not be loaded" },
  offline: {
    "zh-Hans": "现在没有网络",
    "zh-Hant": "現在沒有網路",
    en: "There is no network now",
  },
  lost: {
    "zh-Hans": "和服务器断开了，正在重新连接",
    "zh-Hant": "和伺服器斷開了，正在重新連線",
    en: "The connection is lost; reconnecting",
  },
  picture: { "zh-Hans": "二维码", "zh-Hant": "QR 碼", en: "QR code" },
});
