/** What the page knows of the town, all of it told by the panel server. */
import { Refused } from "@linli/shared/api";
import type { Words } from "@linli/shared/i18n";
import { openLive } from "@linli/shared/live";
import { reasonWords } from "@linli/shared/reasons";
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";

import {
  type CallNow,
  type DoorSign,
  type FacesNow,
  type FaceTrack,
  type Hand,
  type JournalEntry,
  type KioskNow,
  type Net,
  type Part,
  type Place,
  type Reader,
  type Said,
  type StationAlarm,
  type StoryNow,
  type Town,
  town as wire,
  type TownEvents,
  type Wall,
  type WireLine,
} from "./town";
import { w } from "./words";
import { t, whyOf } from "./words-things";

/** Newest lines of the wires and entries of the journal kept by the page; older ones fall off. */
const MOST_WIRE_LINES = 400;
const MOST_ENTRIES = 40;
const MOST_ALARMS = 20;
/** A relay may move for less than an eye can see: its door stands open at least this long. */
const LEAST_OPEN_MS = 1_600;
/** A sentence at a door stays this long. */
const BUBBLE_MS = 8_000;
/** A letter's way over the wires. */
export const LETTER_MS = 1_800;

export const town = signal<Town | null>(null);
export const net = signal<Net>({ cut: false });
export const story = signal<StoryNow>({ step: 0, beat: null, state: "idle", facts: {} });
export const kioskNow = signal<KioskNow>({
  state: "quiet",
  amount_fen: null,
  callbacks: 0,
  receipts: 0,
  receipt_number: null,
  paper: "none",
});
export const call = signal<CallNow | null>(null);
export const parts = signal<readonly Part[]>([]);
export const faces = signal<FacesNow | null>(null);
/** The faces that the hub follows before the door's camera. */
export const tracks = signal<readonly FaceTrack[]>([]);
export const wall = signal<Wall>({ doors: {}, devices: {} });
/** Why a door did what it just did: for the viewer, who may know more than whoever stands there. */
export const why = signal<Words | null>(null);
export const journal = signal<readonly JournalEntry[]>([]);
export const alarms = signal<readonly StationAlarm[]>([]);
export const lines = signal<readonly WireLine[]>([]);
/** The hub's light is on for a moment after each entry. */
export const hubAwake = signal(false);
export const pointLit = signal(false);
/** A shake was heard, so that its bytes can be sent again. */
export const copyable = signal(false);
/** What did not work just now, in words. */
export const trouble = signal<Words | null>(null);
/** A verb is on its way. */
export const busy = signal(false);

export interface Bubble {
  id: number;
  place: Place;
  outcome: Said["outcome"];
  words: Words;
}
export const bubbles = signal<readonly Bubble[]>([]);

export interface Letter {
  id: number;
  place: Place;
}
/** Events that a door keeps while the wire is cut, and those on their way. */
export const waiting = signal<Readonly<Partial<Record<Place, number>>>>({});
export const flying = signal<readonly Letter[]>([]);

const open: Partial<Record<Place, Signal<boolean>>> = {};
const opened_ms: Partial<Record<Place, number>> = {};
let count = 0;

/** Whether the door at a place stands open in the picture. */
export function dooring(place: Place): Signal<boolean> {
  return (open[place] ??= signal(false));
}

export const readers: ReadonlySignal<readonly Reader[]> = computed(() => town.value?.readers ?? []);

export function readerOf(place: Place): Reader | undefined {
  return readers.value.find((reader) => reader.place === place);
}

function placeOf(id: string): Place | undefined {
  return readers.value.find((reader) => reader.id === id)?.place;
}

function during(what: Signal<boolean>, length_ms: number): void {
  what.value = true;
  setTimeout(() => {
    what.value = false;
  }, length_ms);
}

function takeDoor({ door, coil }: DoorSign): void {
  const place = placeOf(door);
  if (place === undefined) return;
  const stands = dooring(place);
  if (coil) {
    opened_ms[place] = performance.now();
    if (!stands.value && net.value.cut) {
      waiting.value = { ...waiting.value, [place]: (waiting.value[place] ?? 0) + 1 };
    }
    stands.value = true;
    return;
  }
  const began_ms = opened_ms[place] ?? 0;
  const rest_ms = LEAST_OPEN_MS - (performance.now() - began_ms);
  setTimeout(() => {
    if (opened_ms[place] === began_ms) stands.value = false;
  }, Math.max(0, rest_ms));
}

function takeSaid(said: Said): void {
  const place = placeOf(said.at);
  if (place === undefined) return;
  count += 1;
  const bubble: Bubble = { id: count, place, outcome: said.outcome, words: reasonWords(said.reason) };
  bubbles.value = [...bubbles.value.filter((each) => each.place !== place), bubble];
  setTimeout(() => {
    bubbles.value = bubbles.value.filter((each) => each.id !== bubble.id);
  }, BUBBLE_MS);
  if (said.via === "phone" && said.outcome !== "unknown") copyable.value = true;
  if (place === "hall" && said.outcome === "noted") during(pointLit, LEAST_OPEN_MS);
}

function takeEntry(entry: JournalEntry): void {
  if (journal.value.some((each) => each.n === entry.n)) return;
  journal.value = [...journal.value, entry].slice(-MOST_ENTRIES);
  const place = placeOf(entry.door);
  if (place === undefined) return;
  const kept = waiting.value[place] ?? 0;
  if (kept > 0) waiting.value = { ...waiting.value, [place]: kept - 1 };
  count += 1;
  const letter: Letter = { id: count, place };
  flying.value = [...flying.value, letter];
  setTimeout(() => {
    flying.value = flying.value.filter((each) => each.id !== letter.id);
    during(hubAwake, LEAST_OPEN_MS);
  }, LETTER_MS);
}

function takeTown(next: Town): void {
  batch(() => {
    town.value = next;
    net.value = next.net;
    story.value = next.story;
    kioskNow.value = next.kiosk;
    call.value = next.call;
    parts.value = next.parts;
    faces.value = next.faces;
    tracks.value = [];
    wall.value = next.wall;
    journal.value = next.journal.slice(-MOST_ENTRIES);
    alarms.value = next.station.slice(-MOST_ALARMS);
    lines.value = next.wire.slice(-MOST_WIRE_LINES);
    if (!next.net.cut) waiting.value = {};
    for (const reader of next.readers) dooring(reader.place).value = reader.coil;
  });
}

type Take = { [Kind in keyof TownEvents]: (data: TownEvents[Kind]) => void };

const take: Take = {
  town: takeTown,
  door: takeDoor,
  said: takeSaid,
  net: (next) => {
    net.value = next;
  },
  journal: takeEntry,
  station: (alarm) => {
    if (alarms.value.some((each) => each.number === alarm.number)) return;
    alarms.value = [...alarms.value, alarm].slice(-MOST_ALARMS);
  },
  kiosk: (next) => {
    kioskNow.value = next;
  },
  call: ({ now }) => {
    call.value = now;
  },
  part: (next) => {
    parts.value = parts.value.map((each) => (each.id === next.id ? next : each));
  },
  faces: (next) => {
    faces.value = next;
  },
  seen: (next) => {
    tracks.value = next.tracks;
  },
  wall: (next) => {
    wall.value = next;
  },
  story: (next) => {
    story.value = next;
  },
  wire: (line) => {
    if ((lines.value.at(-1)?.n ?? 0) < line.n) lines.value = [...lines.value, line].slice(-MOST_WIRE_LINES);
  },
};

/** True from a fresh connection until its `onOpen`: then the stream itself brings the whole town. */
let fresh = false;

const live = openLive({
  url: "/api/live",
  kinds: Object.keys(take),
  alone: true, // the first event of a stream is the whole town, so that each tab needs its own
  onOpen: () => {
    if (fresh) fresh = false;
    else void refetch();
  },
  onMessages: (messages) => {
    batch(() => {
      for (const { kind, data } of messages) (take[kind as keyof Take] as (data: unknown) => void)(data);
    });
  },
});
effect(() => {
  if (live.state.value === "live") fresh = true;
});

export const lost = computed(() => live.state.value === "lost");

/** Messages were dropped (a very long burst): read the town afresh. */
async function refetch(): Promise<void> {
  const answer = await fetch("/api/town").catch(() => null);
  if (answer?.ok) takeTown((await answer.json()) as Town);
}

const OWN_WORDS: Readonly<Record<string, Words>> = {
  bell_declined: w.troubleBellDeclined,
  bell_rings: w.troubleBellRings,
  bell_unheard: w.troubleBellUnheard,
  no_bell: w.troubleNoScanner,
  no_code: w.troubleNoCode,
  no_keypad: w.troubleSilent,
  not_now: w.troubleSilent,
  no_scanner: w.troubleNoScanner,
  nobody_rings: w.troubleNobodyRings,
  nothing_to_copy: w.troubleNothingToCopy,
  story_running: w.troubleStory,
  town_starting: w.starting,
  unplugged: t.troubleUnplugged,
};

/** Do a verb of the town; what it says beyond the stream's events is nothing. */
export async function attempt(verb: () => Promise<unknown>): Promise<void> {
  trouble.value = null;
  why.value = null;
  try {
    await verb();
  } catch (error) {
    // a refusal at a door is told by `said` at the door itself
    if (error instanceof Refused && "outcome" in error.body) return;
    const code = error instanceof Refused ? error.code : "";
    trouble.value = OWN_WORDS[code] ?? (code === "" ? w.troubleSilent : reasonWords(code));
  }
}

/** One hand does one thing at a time. */
async function act(verb: () => Promise<unknown>): Promise<void> {
  if (busy.value) return;
  busy.value = true;
  await attempt(verb);
  busy.value = false;
}

export const cutNet = (cut: boolean) => act(() => wire.net(cut));
export const copy = () => act(wire.copy);
export const pay = (person: string) => act(() => wire.pay(person));
export const tap = (card: string, reader: string) =>
  act(async () => {
    const said = await wire.tap(card, reader);
    const kind = town.value?.cards.find((each) => each.id === card)?.kind;
    why.value = whyOf(said, kind === "old");
  });
export const type = (door: string, keys: string) =>
  act(async () => {
    why.value = whyOf(await wire.type(door, keys), false);
  });
export const hand = (part: string, verb: Hand) => act(() => wire.hand(part, verb));
export const invite = () => act(wire.invite);
export const ring = (door: string) => act(() => wire.ring(door));
export const answer = (what: "open" | "not_now") => act(() => wire.answer(what));
export const shake = (person: string, door: string) => act(() => wire.shake(person, door));

export const reset = () =>
  act(async () => {
    takeTown(await wire.reset());
    batch(() => {
      bubbles.value = [];
      flying.value = [];
      waiting.value = {};
      copyable.value = false;
    });
  });
