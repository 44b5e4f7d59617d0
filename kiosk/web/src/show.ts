/** How bills are written for people: periods, dates, what they are for. */
import { dayOf, language, say } from "@linli/shared/i18n";
import type { IconName } from "@linli/shared/icons";

import type { BillKind } from "./local";
import { w } from "./words";

export const KIND_WORDS = { property: w.kindProperty, water: w.kindWater, power: w.kindPower } as const;
export const KIND_ICONS: Readonly<Record<BillKind, IconName>> = {
  property: "building",
  water: "drop",
  power: "bolt",
};

/** "2026-10", "2026-Q4" and "2026" in words; anything else as it is. */
export function period(text: string): string {
  const month = /^(\d{4})-(\d{2})$/.exec(text);
  if (month) {
    const [, year = "", number = ""] = month;
    const name =
      language.value === "en"
        ? new Intl.DateTimeFormat("en-GB", { month: "long", timeZone: "UTC" }).format(
            new Date(`${text}-01T00:00:00Z`),
          )
        : String(Number(number));
    return say(w.periodMonth, { year, month: name });
  }
  const quarter = /^(\d{4})-Q([1-4])$/.exec(text);
  if (quarter) return say(w.periodQuarter, { year: quarter[1] ?? "", quarter: quarter[2] ?? "" });
  return /^\d{4}$/.test(text) ? say(w.periodYear, { year: text }) : text;
}

/** A calendar date is the same day everywhere, so it is read in UTC. */
export function day(date: string): string {
  return dayOf(`${date}T00:00:00Z`, "UTC");
}

/** What is bought, in a line: "物业费 2026年10月". */
export function forWhat(kind: BillKind, when: string): string {
  const gap = language.value === "en" ? ", " : " ";
  return `${say(KIND_WORDS[kind])}${gap}${period(when)}`;
}
