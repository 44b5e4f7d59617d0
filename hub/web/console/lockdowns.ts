/** The lockdowns in force: the stream only says that something changed, this page asks again. */

import type { LockdownShown } from "@linli/shared/api.gen";
import { signal } from "@preact/signals";

import { member, staffAsk } from "./staff";

/** What is locked down now, as it was read last. */
export const lockdowns = signal<readonly LockdownShown[]>([]);

let begun = 0;
let shown = 0;

/** Read what is locked down; an older answer never covers a newer one. */
export async function readLockdowns(): Promise<void> {
  const number = ++begun;
  try {
    const { body } = await staffAsk("GET", "/api/v1/lockdown");
    if (number < shown || !member.value) return;
    shown = number;
    lockdowns.value = body.lockdowns;
  } catch {
    // what was read last stays: a banner must not vanish because a network did; it is asked again
    // with the next reading of the wall
  }
}

/** Nobody looks any more. */
export function forgetLockdowns(): void {
  shown = ++begun;
  lockdowns.value = [];
}
