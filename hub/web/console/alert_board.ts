/** What the alert board knows: read afresh whenever the stream speaks of alerts, and by the clock. */

import type { AlertDetail, AlertShown, AlertsPage } from "@linli/shared/api.gen";
import { computed, effect, signal, untracked } from "@preact/signals";

import { member, staffAsk } from "./staff";
import { alertNews } from "./wall";

/** A stream that was cut tells nothing; and what only named people know never stands in it. */
const AGAIN_MS = 30_000;
const AGAIN_NAMED_MS = 5_000;
/** Several alerts of one burst are read together. */
const PAUSE_MS = 250;

export const page = signal<AlertsPage | null>(null);
export const closed = signal<readonly AlertShown[] | null>(null);
export const olderThan = signal<string | null>(null);
export const reading = signal<"busy" | "done" | "failed">("busy");
export const story = signal<AlertDetail | null>(null);

const UNANSWERED: readonly string[] = ["raised", "escalating"];

/** Alerts that nobody has taken yet. */
export const openCount = computed(
  () => page.value?.alerts.filter((each) => UNANSWERED.includes(each.state)).length ?? 0,
);

/** Read the open ones; what was seen stays in sight when it fails. */
export async function readBoard(): Promise<void> {
  try {
    page.value = (await staffAsk("GET", "/api/v1/alerts")).body;
    reading.value = "done";
  } catch {
    reading.value = "failed";
  }
}

/** Read the newest of those that ended, or the page after what is shown. */
export async function readClosed(more = false): Promise<void> {
  const before = more && olderThan.value ? `&before=${olderThan.value}` : "";
  try {
    const { body } = await staffAsk("GET", `/api/v1/alerts?state=closed${before}`);
    closed.value = [...(more ? (closed.value ?? []) : []), ...body.alerts];
    olderThan.value = body.next;
    reading.value = "done";
  } catch {
    reading.value = "failed";
  }
}

/** Say that one takes care. */
export async function take(alert: AlertShown): Promise<void> {
  await staffAsk("POST", `/api/v1/alerts/${alert.id}/acknowledge`);
  await readBoard();
}

/** End an alert with a note. */
export async function end(alert: AlertShown, note: string): Promise<void> {
  await staffAsk("POST", `/api/v1/alerts/${alert.id}/close`, { note });
  await readBoard();
}

/** Read one alert with its log. */
export async function readStory(alert: AlertShown): Promise<void> {
  story.value = (await staffAsk("GET", `/api/v1/alerts/${alert.id}`)).body;
}

let soon: ReturnType<typeof setTimeout> | undefined;
let clock: ReturnType<typeof setTimeout> | undefined;

function again(): void {
  clearTimeout(clock);
  clock = setTimeout(
    () => {
      if (member.value) readBoard().finally(again);
    },
    page.value?.named ? AGAIN_NAMED_MS : AGAIN_MS,
  );
}

/** Keep the board true as long as somebody is signed in. */
export function watchAlerts(): void {
  effect(() => {
    const inside = Boolean(member.value);
    untracked(() => {
      clearTimeout(clock);
      if (inside) readBoard().finally(again);
      else [page.value, closed.value, story.value] = [null, null, null];
    });
  });
  effect(() => {
    if (alertNews.value === 0) return;
    clearTimeout(soon);
    soon = setTimeout(() => {
      if (member.value) readBoard();
    }, PAUSE_MS);
  });
}
