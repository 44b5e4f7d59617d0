/** One gesture, one opening: sign, send, and say what became of it. */

import { jsonBytes, Refused, Unreachable } from "@linli/shared/api";
import type { OpeningAsked, OpeningTold, OwnDoor, OwnHistory } from "@linli/shared/api.gen";
import { chime } from "@linli/shared/chime";
import { signal } from "@preact/signals";

import { door as chosenDoor, ifStranger, key, remember, sound } from "./phone";
import { askSigned, type Letter, post, seal, wantsFreshNonce } from "./signed";

/**
 * `opened`, `refused`: the door said so. `unknown`: the hub heard nothing from the door.
 * `silent`: it was sent and nobody answered. `offline`: nothing was sent. `looking`: the door wants
 * to see the holder's face; what comes of that follows.
 */
export type Result = "opened" | "refused" | "unknown" | "silent" | "offline" | "looking";

export type Turn =
  | { phase: "idle" }
  | { phase: "busy"; door: OwnDoor }
  | { phase: "told"; door: OwnDoor; result: Result; reason: string };

export const turn = signal<Turn>({ phase: "idle" });

/** A second tap of a trembling finger is the same gesture. */
const ONE_GESTURE_MS = 1_500;
/** The hub keeps an answer for 60 s; the margin covers the journey. */
const SAME_BYTES_MS = 50_000;
/** The first time nothing comes back, the same bytes go once more after this pause. */
const PAUSE_MS = 500;
/** The door's own time-out is five seconds; the hub has said "unknown" well before this. */
const ANSWER_MS = 9_000;

/** The door's word that it waits for the face of the phone's holder. */
const FACE_AWAITED = "face_awaited";
/** The hub looks for so long, and its word needs a moment. */
const LOOKED_MS = 20_000;
const LOOK_EVERY_MS = 1_200;

interface Sent extends Letter {
  door: string;
  /** How often it has left; after the first time its effect can no longer be excluded. */
  times: number;
  /** Both clocks: the first may stand still while the phone sleeps, the second may be set. */
  steady_ms: number;
  wall_ms: number;
}

interface Told {
  result: Result;
  reason: string;
  /** The opening that was refused, where the hub named it. */
  opening?: string;
}

/** A request that was sent and not answered: it may still be on its way or already done. */
let unanswered: Sent | null = null;
let lastGesture_ms = Number.NEGATIVE_INFINITY;

function ageMs(letter: Sent): number {
  return Math.max(performance.now() - letter.steady_ms, Date.now() - letter.wall_ms);
}

/** The letter that is still unanswered, else a new one; throws Unreachable when nothing has left. */
async function letterFor(door: OwnDoor): Promise<Sent> {
  if (unanswered?.door === door.id && ageMs(unanswered) < SAME_BYTES_MS) return unanswered;
  const holder = key.value;
  if (holder === null) throw new Unreachable("network");
  const asked: OpeningAsked = { door: door.id };
  const sealed = await seal(holder, "POST", "/api/v1/openings", jsonBytes(asked));
  const [steady_ms, wall_ms] = [performance.now(), Date.now()];
  return { ...sealed, door: door.id, times: 0, steady_ms, wall_ms };
}

/** Send the letter, and once more the same when nothing came back; throws only Refused. */
async function deliver(letter: Sent): Promise<Told> {
  unanswered = letter;
  for (;;) {
    letter.times += 1;
    const first = letter.times === 1;
    try {
      const { body } = await post<OpeningTold>(letter, ANSWER_MS);
      unanswered = null;
      return { result: body.outcome, reason: body.reason };
    } catch (error) {
      if (error instanceof Refused) unanswered = null;
      if (!(error instanceof Unreachable)) throw error;
      if (!first) return { result: "silent", reason: "outcome_unknown" };
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function openOnce(door: OwnDoor): Promise<Told> {
  const letter = await letterFor(door);
  try {
    return await deliver(letter);
  } catch (error) {
    if (!wantsFreshNonce(error)) throw error;
    // said of a letter that left twice, it can mean that the first copy did open the door
    if (letter.times > 1) return { result: "unknown", reason: "outcome_unknown" };
    return deliver(await letterFor(door));
  }
}

/** What a failure means to the person at the door. */
function meaningOf(error: unknown): Told {
  if (error instanceof Unreachable) return { result: "offline", reason: "outcome_unknown" };
  if (!(error instanceof Refused)) return { result: "unknown", reason: "outcome_unknown" };
  const opening = error.body["opening"];
  if (error.code === FACE_AWAITED && typeof opening === "string") {
    return { result: "looking", reason: error.code, opening };
  }
  const unknown = error.body["outcome"] === "unknown" || error.code === "outcome_unknown";
  return { result: unknown ? "unknown" : "refused", reason: error.code };
}

const BUZZ_MS: Readonly<Record<Result, number[]>> = {
  opened: [60, 60, 140],
  refused: [260],
  unknown: [120, 90, 120],
  silent: [120, 90, 120],
  offline: [120, 90, 120],
  looking: [60],
};

function tell(door: OwnDoor, result: Result, reason: string): void {
  turn.value = { phase: "told", door, result, reason };
  navigator.vibrate?.(BUZZ_MS[result]);
  if (sound.value === "on") chime(result === "opened" ? "welcome" : result === "refused" ? "pause" : "noted");
  const outcome = result === "silent" ? "unknown" : result;
  if (outcome === "offline" || outcome === "looking") return; // nothing happened yet
  remember({ at: new Date().toISOString(), door: door.name, outcome, reason });
}

/** Open the chosen door, or another; a gesture while one is under way is the same gesture. */
export async function openDoor(door: OwnDoor | null = chosenDoor.value): Promise<void> {
  const now_ms = performance.now();
  if (door === null || turn.value.phase === "busy") return;
  if (now_ms - lastGesture_ms < ONE_GESTURE_MS) return;
  lastGesture_ms = now_ms;
  if (!navigator.onLine) {
    tell(door, "offline", "outcome_unknown");
    return;
  }
  turn.value = { phase: "busy", door };
  try {
    const { result, reason } = await openOnce(door);
    tell(door, result, reason);
  } catch (error) {
    if (await ifStranger(error)) {
      turn.value = { phase: "idle" };
      return;
    }
    const { result, reason, opening } = meaningOf(error);
    tell(door, result, reason);
    if (result === "looking" && opening !== undefined) await follow(door, opening);
  }
}

/** Ask what came of looking at the holder's face, until the door has said it or its time is over. */
async function follow(door: OwnDoor, opening: string): Promise<void> {
  const shown = turn.value;
  const ends_ms = performance.now() + LOOKED_MS;
  const left = () => turn.value !== shown; // the holder went on to something else
  let heard = false;
  while (!left() && performance.now() < ends_ms) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const holder = key.value;
    if (left() || holder === null) return;
    const answer = await askSigned(holder, "GET", "/api/v1/me/history").catch(() => null);
    if (left()) return;
    if (answer === null) continue;
    heard = true;
    const events = (answer.body as OwnHistory).events;
    const came = events.find((each) => each.opening === opening && each.reason !== FACE_AWAITED);
    if (came !== undefined) return tell(door, came.outcome, came.reason ?? "internal");
  }
  if (!left()) tell(door, heard ? "refused" : "unknown", heard ? "face_turn_late" : "outcome_unknown");
}

/** Back to the button. */
export function settle(): void {
  if (turn.value.phase === "told") turn.value = { phase: "idle" };
}
