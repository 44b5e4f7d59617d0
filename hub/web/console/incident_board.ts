/** What the page of incidents knows: read afresh when the stream speaks of them, and by the clock. */

import { Refused } from "@linli/shared/api";
import type { EnterAsked, IncidentDetail, IncidentShown, IncidentsPage } from "@linli/shared/api.gen";
import { computed, effect, signal, untracked } from "@preact/signals";

import { member, staffAsk, staffFile } from "./staff";
import { incidentNews } from "./wall";

/** A stream that was cut tells nothing; and what only named people know never stands in it. */
const AGAIN_MS = 20_000;
/** Several steps of one burst are read together. */
const PAUSE_MS = 250;

export const page = signal<IncidentsPage | null>(null);
export const closed = signal<readonly IncidentShown[] | null>(null);
export const olderThan = signal<string | null>(null);
export const detail = signal<IncidentDetail | null>(null);
/** `barred`: this member may not know of incidents at all. */
export const reading = signal<"busy" | "done" | "failed" | "barred">("busy");

/** Incidents on which nobody has decided yet. */
export const waitingCount = computed(
  () => page.value?.incidents.filter(({ state }) => state === "detected" || state === "reviewing").length ?? 0,
);

function judge(error: unknown): void {
  const barred = error instanceof Refused && error.code === "not_allowed";
  reading.value = barred ? "barred" : "failed";
}

/** Read the open ones; what was seen stays in sight when it fails. */
export async function readBoard(): Promise<void> {
  try {
    page.value = (await staffAsk("GET", "/api/v1/incidents")).body;
    reading.value = "done";
  } catch (error) {
    judge(error);
  }
}

/** Read the newest of those that ended, or the page after what is shown. */
export async function readClosed(more = false): Promise<void> {
  const before = more && olderThan.value ? `&before=${olderThan.value}` : "";
  try {
    const { body } = await staffAsk("GET", `/api/v1/incidents?state=closed${before}`);
    closed.value = [...(more ? (closed.value ?? []) : []), ...body.incidents];
    olderThan.value = body.next;
    reading.value = "done";
  } catch (error) {
    judge(error);
  }
}

/** Read one incident with its log; another one is never shown in its place. */
export async function readDetail(id: string): Promise<void> {
  if (detail.value?.incident.id !== id) detail.value = null;
  try {
    const { body } = await staffAsk("GET", `/api/v1/incidents/${id}`);
    detail.value = body;
    reading.value = "done";
  } catch (error) {
    judge(error);
    throw error;
  }
}

async function refresh(id: string): Promise<void> {
  await Promise.all([readBoard(), readDetail(id)]);
}

export async function takeUp(id: string): Promise<void> {
  await staffAsk("POST", `/api/v1/incidents/${id}/take-up`);
  await refresh(id);
}

/** Confirm, with the hashes of the pictures that were on this screen. */
export async function confirm(id: string, seen: readonly string[]): Promise<void> {
  await staffAsk("POST", `/api/v1/incidents/${id}/confirm`, { seen: [...seen] });
  await refresh(id);
}

export async function dismiss(id: string, note: string): Promise<void> {
  await staffAsk("POST", `/api/v1/incidents/${id}/dismiss`, { note });
  await refresh(id);
}

export async function handle(id: string, note: string): Promise<void> {
  await staffAsk("POST", `/api/v1/incidents/${id}/handle`, { note });
  await refresh(id);
}

export async function sendAgain(id: string): Promise<void> {
  await staffAsk("POST", `/api/v1/incidents/${id}/send`);
  await refresh(id);
}

/** The evidence as a file. */
export async function exported(id: string): Promise<Blob> {
  const file = await staffFile(`/api/v1/incidents/${id}/pack`, {});
  await refresh(id);
  return file;
}

/** Enter an incident; the same key twice is one. Returns its id. */
export async function enter(asked: EnterAsked): Promise<string> {
  const { body } = await staffAsk("POST", "/api/v1/incidents", asked);
  await readBoard();
  return body.id;
}

/** Make an alert an incident; returns its id. */
export async function raise(alert: string): Promise<string> {
  const { body } = await staffAsk("POST", `/api/v1/alerts/${alert}/incident`);
  await readBoard();
  return body.id;
}

/** Write down that a station has accepted its link; an empty basis ends that. */
export async function accept(station: string, basis: string): Promise<void> {
  if (basis === "") await staffAsk("POST", `/api/v1/stations/${station}/end`);
  else await staffAsk("POST", `/api/v1/stations/${station}/accept`, { basis });
  await readBoard();
}

let soon: ReturnType<typeof setTimeout> | undefined;
let clock: ReturnType<typeof setTimeout> | undefined;

async function readAgain(): Promise<void> {
  await readBoard();
  const shown = detail.value?.incident.id;
  if (shown) await readDetail(shown).catch(() => {});
}

function again(): void {
  clearTimeout(clock);
  clock = setTimeout(() => {
    if (member.value && reading.value !== "barred") readAgain().finally(again);
  }, AGAIN_MS);
}

/** Keep the page true as long as somebody is signed in. */
export function watchIncidents(): void {
  effect(() => {
    const inside = Boolean(member.value);
    untracked(() => {
      clearTimeout(clock);
      reading.value = "busy";
      if (inside) readBoard().finally(again);
      else [page.value, closed.value, detail.value] = [null, null, null];
    });
  });
  effect(() => {
    if (incidentNews.value === 0) return;
    clearTimeout(soon);
    soon = setTimeout(() => {
      if (member.value && reading.peek() !== "barred") readAgain();
    }, PAUSE_MS);
  });
}
