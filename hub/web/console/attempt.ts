/** One attempt of staff: what went wrong is said in words, and nobody presses twice meanwhile. */

import { Refused } from "@linli/shared/api";
import type { Words } from "@linli/shared/i18n";
import { reasonWords } from "@linli/shared/reasons";
import type { Signal } from "@preact/signals";

import { words } from "./words";

export function whyNot(error: unknown): Words {
  return error instanceof Refused ? reasonWords(error.code) : words.noHub;
}

/** Do it; `wrong` says afterwards why it failed. With `busy` a second one meanwhile is none. */
export async function attempt(
  what: () => Promise<void>,
  wrong: Signal<Words | null>,
  busy?: Signal<boolean>,
): Promise<void> {
  if (busy?.value) return;
  wrong.value = null;
  if (busy) busy.value = true;
  try {
    await what();
  } catch (error) {
    wrong.value = whyNot(error);
  } finally {
    if (busy) busy.value = false;
  }
}
