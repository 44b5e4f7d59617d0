/** Instants as staff read them. */

import { clockTime, dayOf, say } from "@linli/shared/i18n";

import { alertWords } from "./alert_words";
import { hubNow, site } from "./wall";

/** How long ago that was, in words. */
export function ago(at: string): string {
  const minutes = Math.floor((hubNow().getTime() - Date.parse(at)) / 60_000);
  if (minutes < 1) return say(alertWords.justNow);
  if (minutes < 100) return say(alertWords.minutesAgo, { n: minutes });
  const hours = Math.round(minutes / 60);
  if (hours < 48) return say(alertWords.hoursAgo, { n: hours });
  return say(alertWords.daysAgo, { n: Math.round(hours / 24) });
}

/** The clock time, with the day where it was another one. */
export function moment(at: string): string {
  const zone = site.value?.time_zone;
  const today = dayOf(at, zone) === dayOf(hubNow(), zone);
  return today ? clockTime(at, zone) : `${dayOf(at, zone)} ${clockTime(at, zone)}`;
}
