/** Somebody presses our bell: the page waits for it while it is in sight, and answers. */

import { ask, askHub, Refused } from "@linli/shared/api";
import type { CallAnswered, CallShown, CallsShown, OwnDoor } from "@linli/shared/api.gen";
import { chime } from "@linli/shared/chime";
import { hasNetwork } from "@linli/shared/bits";
import { type PhoneKey, prove } from "@linli/shared/proof";
import { computed, effect, signal } from "@preact/signals";

import { openDoor } from "./opening";
import { ifStranger, key, me, sound, standing } from "./phone";
import { askSigned, hubClock } from "./signed";

/** One question waits so long at the hub; the answer's own journey comes on top. */
const WAIT_S = 25;
const JOURNEY_MS = 8_000;
/** Least time between two questions, whatever the hub answers: a fault must not become a flood. */
const PACE_MS = 2_000;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
/** A nonce that only looks is good until it grows old; a fresh one well before that. */
const NONCE_MARGIN_MS = 10_000;
const BELL_EVERY_MS = 2_000;
const TOLD_MS = 4_000;

const calls = signal<readonly CallShown[]>([]);
const over = signal<ReadonlySet<string>>(new Set());
const clock = signal(Date.now());

/** What became of a call that this phone did not get to answer; shown for a moment. */
export const missed = signal<"taken" | "late" | null>(null);

function hubNow(): number {
  return clock.value + hubClock.ahead_ms;
}

/** The call that rings now, if any. */
export const ringing = computed<CallShown | null>(() => {
  const open = calls.value.find(
    (each) => each.answer === null && !over.value.has(each.id) && Date.parse(each.until) > hubNow(),
  );
  return open ?? null;
});

/** Seconds until the call ends by itself. */
export const left_s = computed(() => {
  const call = ringing.value;
  return call ? Math.max(0, Math.floor((Date.parse(call.until) - hubNow()) / 1_000)) : 0;
});

function markOf(found: readonly CallShown[]): string {
  return found.map((each) => `${each.id}.${each.answer ?? ""}`).join(",") || "none";
}

let nonce = { text: "", until_ms: 0 };

/** A nonce of its own: the one in hand is for the door and must not be away while we wait. */
async function lookingNonce(holder: PhoneKey): Promise<string> {
  if (Date.now() < nonce.until_ms - NONCE_MARGIN_MS) return nonce.text;
  const { body } = await askHub(`/api/v1/nonce?kid=${encodeURIComponent(holder.kid)}`);
  const until_ms = Date.parse(body.expires_at) - hubClock.ahead_ms;
  nonce = { text: body.nonce, until_ms };
  return nonce.text;
}

async function look(holder: PhoneKey, known: string): Promise<readonly CallShown[]> {
  const path = `/api/v1/me/calls?known=${encodeURIComponent(known)}&wait_s=${WAIT_S}`;
  const proof = await prove(holder, { method: "GET", path, nonce: await lookingNonce(holder) });
  const how = { headers: { "Linli-Proof": proof }, timeout_ms: WAIT_S * 1_000 + JOURNEY_MS };
  return (await ask<CallsShown>(path, how)).body.calls;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function awake(): boolean {
  return standing.value === "known" && key.value !== null && !document.hidden && hasNetwork.value;
}

let watching = false;

/** Ask again and again while the page is in sight. */
async function watch(): Promise<void> {
  if (watching) return;
  watching = true;
  let wait_ms = FIRST_PAUSE_MS;
  let known = "";
  while (awake() && key.value) {
    const began_ms = performance.now();
    try {
      const found = await look(key.value, known);
      take(found);
      known = markOf(found);
      wait_ms = FIRST_PAUSE_MS;
    } catch (error) {
      nonce.until_ms = 0;
      if (error instanceof Refused && error.status === 401 && (await ifStranger(error))) break;
      await pause(wait_ms);
      wait_ms = Math.min(wait_ms * 2, LONGEST_PAUSE_MS);
    }
    await pause(Math.max(0, PACE_MS - (performance.now() - began_ms)));
  }
  watching = false;
}

function take(found: readonly CallShown[]): void {
  const before = ringing.value;
  calls.value = found;
  const now = before && found.find((each) => each.id === before.id);
  if (now?.answer && !over.value.has(now.id)) tell("taken");
}

function tell(what: "taken" | "late"): void {
  missed.value = what;
  setTimeout(() => {
    missed.value = null;
  }, TOLD_MS);
}

/** The door as something to open, also where it is none of this person's own. */
function doorOf(call: CallShown): OwnDoor | null {
  const own = me.value?.doors.find((each) => each.id === call.door);
  if (own || call.door_name === null) return own ?? null;
  return { id: call.door, name: call.door_name, building: "", kind: "building" };
}

/** Answer the call that rings; the first answer of the household wins. */
export async function answer(call: CallShown, said: CallAnswered["answer"]): Promise<void> {
  const holder = key.value;
  if (holder === null || over.value.has(call.id)) return;
  over.value = new Set([...over.value, call.id]);
  try {
    const path = `/api/v1/me/calls/${encodeURIComponent(call.id)}/answer` as const;
    const asked: CallAnswered = { answer: said };
    await askSigned(holder, "POST", path, asked);
  } catch (error) {
    if (await ifStranger(error)) return;
    if (error instanceof Refused) tell("late");
    else over.value = new Set([...over.value].filter((each) => each !== call.id)); // press again
    return;
  }
  const door = doorOf(call);
  if (said === "open" && door) await openDoor(door);
}

function ringBell(): void {
  navigator.vibrate?.([200, 100, 200]);
  if (sound.value === "on") chime("welcome");
}

/** Begin to listen for our bell. */
export function startRinging(): void {
  effect(() => {
    if (standing.value === "known" && hasNetwork.value) watch();
  });
  document.addEventListener("visibilitychange", () => {
    if (awake()) watch();
  });
  setInterval(() => {
    clock.value = Date.now();
  }, 1_000);
  let bell: ReturnType<typeof setInterval> | undefined;
  effect(() => {
    clearInterval(bell);
    if (ringing.value === null) return;
    ringBell();
    bell = setInterval(ringBell, BELL_EVERY_MS);
  });
}

