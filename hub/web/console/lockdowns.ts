/** The lockdowns in force: the stream only says that something changed, this page asks again. */

import { Refused } from "@linli/shared/api";
import type { LockdownShown } from "@linli/shared/api.gen";
import { signal } from "@preact/signals";

import { member, staffAsk } from "./staff";

/** A reading that did not come is asked for again: a lockdown must not stay unseen. */
const AGAIN_MS = 3_000;

/** What is locked down now, as it was read last. */
export const lockdowns = signal<readonly LockdownShown[]>([]);

let begun = 0;
let shown = 0;
let again: ReturnType<typeof setTimeout> | undefined;

/** Read what is locked down; an older answer never covers a newer one. */
export async function readLockdowns(): Promise<void> {
  const number = ++begun;
  clearTimeout(again);
  try {
    const { body } = await staffAsk("GET", "/api/v1/lockdown");
    if (number < shown || !member.value) return;
    shown = number;
    lockdowns.value = body.lockdowns;
  } catch (error) {
    // what was read last stays: a banner must not vanish because a network did
    if (error instanceof Refused || number < begun || !member.value) return;
    again = setTimeout(readLockdowns, AGAIN_MS);
  }
}

/** Nobody looks any more. */
export function forgetLockdowns(): void {
  clearTimeout(again);
  shown = ++begun;
  lockdowns.value = [];
}
