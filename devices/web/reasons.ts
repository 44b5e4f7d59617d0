/** The words for a reason code, made from the registry that doors and hub use. */

import type { Words } from "./i18n";
import { type ReasonCode, reasons } from "./reasons.gen";

export type { ReasonCode };
export type Severity = "fine" | "notice" | "alarm";

function isReason(code: string): code is ReasonCode {
  return Object.hasOwn(reasons, code);
}

/** What a person hears for a code; a code newer than this page reads as "something went wrong". */
export function reasonWords(code: string): Words {
  return reasons[isReason(code) ? code : "internal"].words;
}

/** How much a reason wants to be noticed. */
export function reasonSeverity(code: string): Severity {
  return reasons[isReason(code) ? code : "internal"].severity;
}
