/** Where this page is open: it decides what to advise before a key is made here. */

export type Place = "wechat" | "ios-tab" | "android-tab" | "app" | "desk";

/** iPads call themselves Macintosh but have touch. */
function isApple(agent: string, touches: number): boolean {
  return /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touches > 1);
}

/** The place, from what the browser says about itself. */
export function placeOf(agent: string, touches: number, standalone: boolean): Place {
  if (/MicroMessenger/i.test(agent)) return "wechat";
  if (standalone) return "app";
  if (isApple(agent, touches)) return "ios-tab";
  return /Android/.test(agent) ? "android-tab" : "desk";
}

export const place: Place = placeOf(
  navigator.userAgent,
  navigator.maxTouchPoints,
  matchMedia("(display-mode: standalone)").matches ||
    (navigator as { standalone?: boolean }).standalone === true,
);

/** Which family the phone is of, for its first name. */
export const family: "iphone" | "android" | "other" = isApple(
  navigator.userAgent,
  navigator.maxTouchPoints,
)
  ? "iphone"
  : /Android/.test(navigator.userAgent)
    ? "android"
    : "other";
