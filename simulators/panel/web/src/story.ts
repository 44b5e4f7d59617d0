/** The guided story: the page turns its leaves; the town plays each step through its real devices. */
import { money, say, type Words } from "@linli/shared/i18n";
import { computed, effect, signal, untracked } from "@preact/signals";

import { visit } from "./hand";
import { attempt, story, town } from "./state";
import { type Beat, type Place, town as wire } from "./town";
import { w } from "./words";

export const STEPS = [1, 2, 3, 4, 5] as const;
export type Step = (typeof STEPS)[number];

/** A step stays at least this long from its start, and this long after its last beat, to be read. */
const LEAST_STEP_MS = 26_000;
const READING_MS = 10_000;

/** What the viewer reads: 0 is the cover, 6 the end. */
export const leaf = signal<0 | Step | 6>(0);
/** Goes on by itself. */
export const playing = signal(false);
/** The time until the next leaf is running: its whole length, for the ring around the key. */
export const turning_ms = signal<number | null>(null);

let began_ms = 0;
let turn: ReturnType<typeof setTimeout> | undefined;

function stopTurning(): void {
  clearTimeout(turn);
  turning_ms.value = null;
}

async function begin(step: Step): Promise<void> {
  stopTurning();
  leaf.value = step;
  began_ms = performance.now();
  await attempt(() => wire.story("play", step));
}

export function play(): void {
  playing.value = true;
  const at = leaf.value;
  if (at === 0 || at === 6) void begin(1);
  else if (story.value.step !== at || story.value.state === "idle") void begin(at);
  else if (story.value.state !== "playing") next();
}

export function pause(): void {
  playing.value = false;
  stopTurning();
}

export function next(): void {
  stopTurning();
  const at = leaf.value;
  if (at === 5) {
    leaf.value = 6;
    playing.value = false;
  } else if (at !== 6) void begin((at + 1) as Step);
}

export function again(): void {
  const at = leaf.value;
  if (at !== 0 && at !== 6) void begin(at);
}

/** Close the book without a word to the town. */
export function close(): void {
  pause();
  leaf.value = 0;
}

export function toStart(): void {
  close();
  void attempt(() => wire.story("stop", 0));
}

/** Somebody chose a step by its number. */
export function goTo(step: Step): void {
  void begin(step);
}

effect(() => {
  const { step, state } = story.value;
  if (!playing.value || state !== "done" || step !== leaf.value) return;
  const rest_ms = Math.max(READING_MS, LEAST_STEP_MS - (performance.now() - began_ms));
  stopTurning();
  turning_ms.value = rest_ms;
  turn = setTimeout(next, rest_ms);
});

/** Where the present beat happens, so that the picture can point at it. */
export const focus = computed<Place | "switch" | "hub" | null>(() => {
  const { step, beat, state } = story.value;
  const cast = town.value?.cast;
  if (cast === undefined || step === 0 || state === "idle" || leaf.value !== step) return null;
  const where: Readonly<Partial<Record<Beat, Place | "switch" | "hub" | null>>> = {
    cut: "switch",
    joined: "switch",
    arrived: "hub",
    lost: null,
    blocked: "hub",
    gone: "hub",
  };
  if (beat !== null && beat in where) return where[beat] ?? null;
  if (step === 4) return "kiosk";
  if (step === 5) return placeOfReader(cast.finder_door) ?? null;
  return placeOfReader(step === 3 ? cast.shaker_door : cast.elder_door) ?? null;
});

function placeOfReader(id: string): Place | undefined {
  return town.value?.readers.find((each) => each.id === id)?.place;
}

/** The people of the story walk up to their doors when their beat comes. */
function walkUp(beat: Beat): void {
  const cast = town.value?.cast;
  if (cast === undefined) return;
  const home = placeOfReader(cast.elder_door);
  const gate = placeOfReader(cast.shaker_door);
  const finder = placeOfReader(cast.finder_door);
  if ((beat === "tap" || beat === "tap_cut") && home) visit(home, "elder", "card");
  else if (beat === "find") visit("kiosk", "elder", "card");
  else if (beat === "shake" && gate) visit(gate, "resident", "phone");
  else if (beat === "copy" && gate) visit(gate, "stranger", "phone");
  else if (beat === "found" && finder) visit(finder, "stranger", "card");
}

effect(() => {
  const { beat } = story.value;
  if (beat !== null) untracked(() => walkUp(beat));
});

export interface Leaf {
  title: string;
  what: string;
  look: string;
  /** What was measured, as far as it is known. */
  results: string[];
}

function personOf(card: string): { name: string; age: number; house: string } {
  const who = town.value?.cards.find((each) => each.id === card)?.person;
  return town.value?.people.find((each) => each.id === who) ?? { name: "", age: 0, house: "" };
}

const doorName = (id: string): Words | undefined =>
  town.value?.readers.find((each) => each.id === id)?.name;

/** The words of a step in the viewer's language. */
export function leafOf(step: Step): Leaf {
  const cast = town.value?.cast;
  const facts = story.value.step === step ? story.value.facts : {};
  const ms = facts.ms === undefined ? null : Math.round(facts.ms);
  const elder = personOf(cast?.elder_card ?? "");
  const elderDoor = doorName(cast?.elder_door ?? "");
  const door = elderDoor === undefined ? "" : say(elderDoor);
  if (step === 1) {
    return {
      title: say(w.tapTitle),
      what: say(w.tapWhat, { ...elder, door }),
      look: say(w.tapLook, { door }),
      results: ms === null ? [] : [say(w.tapResult, { ms })],
    };
  }
  if (step === 2) {
    const { entries } = facts;
    return {
      title: say(w.cutTitle),
      what: say(w.cutWhat),
      look: say(w.cutLook),
      results: [
        ...(ms === null ? [] : [say(w.cutResultOpen, { ms })]),
        ...(entries === undefined ? [] : [say(w.cutResult, { entries })]),
      ],
    };
  }
  if (step === 3) {
    const name = town.value?.people.find((each) => each.id === cast?.shaker)?.name ?? "";
    const gate = doorName(cast?.shaker_door ?? "");
    return {
      title: say(w.shakeTitle),
      what: say(w.shakeWhat, { name, door: gate === undefined ? "" : say(gate) }),
      look: say(w.shakeLook),
      results: ms === null ? [] : [say(w.shakeResult, { ms })],
    };
  }
  if (step === 5) {
    const { gone, doors: all, seconds } = facts;
    const door = doorName(cast?.finder_door ?? "");
    const kept = story.value.step === 5 && story.value.beat === "kept_out";
    return {
      title: say(w.lostTitle),
      what: say(w.lostWhat, { name: personOf(cast?.lost_card ?? "").name }),
      look: say(w.lostLook),
      results: [
        ...(gone === undefined || all === undefined
          ? []
          : [say(w.lostResult, { gone, all, seconds: (seconds ?? 0).toFixed(2) })]),
        ...(kept && door !== undefined ? [say(w.lostKeptOut, { door: say(door) })] : []),
      ],
    };
  }
  const { callbacks, receipts } = facts;
  return {
    title: say(w.payTitle),
    what: say(w.payWhat, { name: elder.name, amount: money(facts.amount_fen ?? 10_680) }),
    look: say(w.payLook),
    results:
      callbacks === undefined ? [] : [say(w.payResult, { callbacks, receipts: receipts ?? 0 })],
  };
}
