/** What the wall shows: doors, devices and events, read once and then kept up by the live stream. */

import { Refused } from "@linli/shared/api";
import type { CallShown, DeviceShown, DoorShown, EventShown, EventsPage, SiteNamed } from "@linli/shared/api.gen";
import { type Live, type LiveMessage, type LinkState, openLive } from "@linli/shared/live";
import { computed, signal } from "@preact/signals";

import { forgetCalls, readCalls, takeCall } from "./calls";
import { forgetLockdowns, readLockdowns } from "./lockdowns";
import { member, staffAsk } from "./staff";

/** Events kept on the page; older ones are a button away. */
const MOST_EVENTS = 400;
const PAGE = 60;

export const doors = signal<readonly DoorShown[]>([]);
export const devices = signal<readonly DeviceShown[]>([]);
export const events = signal<readonly EventShown[]>([]);
export const site = signal<SiteNamed | null>(null);
export const brokerOnline = signal(true);
/** `failed` only while there is nothing to show. */
export const reading = signal<"busy" | "done" | "failed">("busy");
export const link = signal<LinkState>("connecting");
/** When the picture was last known to be true. */
export const trueAt = signal<Date>(new Date());
export const mayHaveOlder = signal(false);
/** Numbers of events that came while this page was looking: they light up once. */
export const news = signal<ReadonlySet<number>>(new Set());

/** Counts what the stream says of alerts; the board reads itself afresh. */
export const alertNews = signal(0);
/** The same of incidents. */
export const incidentNews = signal(0);
/** The phone that was introduced last, while this page looks. */
export const arrived = signal<{ id: string; person: string; label: string } | null>(null);

/** How far the hub's clock is ahead of this machine's. */
export const ahead_ms = signal(0);

/** The hub's time now. */
export function hubNow(): Date {
  return new Date(Date.now() + ahead_ms.value);
}

/** Names of people by id: the stream is the same for everybody, names come only when asked for. */
const names = signal<ReadonlyMap<string, string>>(new Map());

/** The person as staff call them, as far as this member may know. */
export function personOf(event: EventShown): string | null {
  if (event.person === null) return null;
  return event.person_name ?? names.value.get(event.person) ?? null;
}

function learnNames(page: EventsPage): void {
  const known = new Map(names.value);
  for (const { person, person_name } of page.events) {
    if (person && person_name) known.set(person, person_name);
  }
  names.value = known;
}

/** Events of one burst are asked for together. */
const NAMES_PAUSE_MS = 300;
let asking: ReturnType<typeof setTimeout> | undefined;

/** Ask once for the names that the stream's newest events lack. */
function askNames(fresh: readonly EventShown[]): void {
  if (asking || fresh.every((each) => each.person === null || personOf(each) !== null)) return;
  asking = setTimeout(() => {
    asking = undefined;
    staffAsk("GET", `/api/v1/events?limit=${PAGE}`)
      .then(({ body }) => learnNames(body))
      .catch(() => {}); // the rows stay without names; the next burst asks again
  }, NAMES_PAUSE_MS);
}

function merge(known: readonly EventShown[], more: readonly EventShown[]): EventShown[] {
  const all = new Map([...known, ...more].map((each) => [each.n, each]));
  return [...all.values()].sort((a, b) => b.n - a.n).slice(0, MOST_EVENTS);
}

function replaced<T extends { id: string }>(list: readonly T[], one: T): T[] {
  const known = list.some((each) => each.id === one.id);
  return known ? list.map((each) => (each.id === one.id ? one : each)) : [...list, one];
}

/** What the stream said, counted, so that an answer which was under way cannot undo it. */
let heard = 0;
const heardOf = new Map<string, number>();
let readsBegun = 0;
let readShown = 0;

/** A list as it was read, but with whatever the stream told since the reading began. */
function unlessHeard<T extends { id: string }>(
  read: readonly T[],
  shown: readonly T[],
  since: number,
): T[] {
  const newer = new Map(shown.filter((each) => (heardOf.get(each.id) ?? 0) > since).map((each) => [each.id, each]));
  return read.map((each) => newer.get(each.id) ?? each);
}

/** Each door with the newest event that is known of it. */
function withLast(list: readonly DoorShown[], known: readonly EventShown[]): DoorShown[] {
  const newest = new Map<string, EventShown>();
  for (const event of known) {
    if (event.door && (newest.get(event.door)?.n ?? 0) < event.n) newest.set(event.door, event);
  }
  return list.map((door) => {
    const last = newest.get(door.id);
    return last && last.n > (door.last?.n ?? 0) ? { ...door, last } : door;
  });
}

async function readSite(): Promise<void> {
  const { body } = await staffAsk("GET", "/api/v1/site");
  ahead_ms.value = Date.parse(body.now) - Date.now();
}

/** The newest events; none for members who may not read them (an officer stops cards only). */
async function readNewest(): Promise<{ body: EventsPage }> {
  try {
    return await staffAsk("GET", `/api/v1/events?limit=${PAGE}`);
  } catch (error) {
    if (error instanceof Refused && error.code === "not_allowed") {
      return { body: { events: [], next: null } };
    }
    throw error;
  }
}

/** Read everything afresh. */
export async function readAll(): Promise<void> {
  const [number, since] = [++readsBegun, heard];
  try {
    const [view, page] = await Promise.all([
      staffAsk("GET", "/api/v1/console"),
      readNewest(),
      readSite(),
    ]);
    if (number < readShown) return; // a later reading is on the wall already
    readShown = number;
    const known = merge(events.value, page.body.events);
    doors.value = withLast(unlessHeard(view.body.doors, doors.value, since), known);
    devices.value = unlessHeard(view.body.devices, devices.value, since);
    site.value = view.body.site;
    brokerOnline.value = view.body.broker;
    const first = events.value.length === 0;
    learnNames(page.body);
    events.value = known;
    if (first) mayHaveOlder.value = page.body.next !== null;
    reading.value = "done";
    trueAt.value = new Date();
    // on its own way: nothing above may wait, and not everybody at the desk answers the door
    readCalls(ahead_ms.value).catch(() => {});
    readLockdowns();
  } catch {
    if (doors.value.length === 0) reading.value = "failed";
  }
}

/** Read the page of events before the oldest one shown. */
export async function readOlder(): Promise<void> {
  const oldest = events.value.at(-1)?.n;
  if (oldest === undefined) return;
  const { body } = await staffAsk("GET", `/api/v1/events?before=${oldest}&limit=${PAGE}`);
  learnNames(body);
  events.value = merge(events.value, body.events);
  mayHaveOlder.value = body.next !== null && events.value.length < MOST_EVENTS;
}

/** Counts what an issuing desk said: a card was laid down or lifted, its reader came or went. */
export const deskNews = signal(0);

const cardListeners = new Set<(card: string) => void>();

const faceListeners = new Set<() => void>();

/** Hear that something about faces changed; returns how to stop hearing. */
export function onFaceNews(hear: () => void): () => void {
  faceListeners.add(hear);
  return () => faceListeners.delete(hear);
}

/** Hear of cards that were stopped, or that a door has forgotten; returns how to stop hearing. */
export function onCardNews(hear: (card: string) => void): () => void {
  cardListeners.add(hear);
  return () => cardListeners.delete(hear);
}

function take(batch: readonly LiveMessage[]): void {
  let [nextDoors, nextDevices] = [doors.value, devices.value];
  const fresh: EventShown[] = [];
  heard += 1;
  for (const { kind, data } of batch) {
    if (kind === "door" || kind === "device") heardOf.set((data as DoorShown | DeviceShown).id, heard);
    if (kind === "door") nextDoors = replaced(nextDoors, data as DoorShown);
    else if (kind === "device") nextDevices = replaced(nextDevices, data as DeviceShown);
    else if (kind === "call") takeCall(data as CallShown);
    else if (kind === "card") for (const hear of cardListeners) hear((data as { card: string }).card);
    else if (kind === "desk") deskNews.value += 1;
    else if (kind === "alert") alertNews.value += 1;
    else if (kind === "incident") incidentNews.value += 1;
    else if (kind === "lockdown") readLockdowns();
    else if (kind === "face") for (const hear of faceListeners) hear();
    else if (kind === "phone") arrived.value = data as typeof arrived.value;
    else fresh.push(data as EventShown);
  }
  doors.value = withLast(nextDoors, fresh);
  devices.value = nextDevices;
  trueAt.value = new Date();
  if (fresh.length === 0) return;
  events.value = merge(events.value, fresh);
  askNames(fresh);
  news.value = new Set(fresh.map((each) => each.n));
}

let live: Live | null = null;

/** Look at the wall as long as somebody is signed in. */
export function watch(): void {
  live?.close();
  reading.value = "busy";
  live = openLive({
    url: "/api/v1/live",
    kinds: [
      "event", "door", "device", "call", "card", "alert", "incident", "phone", "lockdown", "desk",
      "face",
    ],
    onOpen: readAll,
    onMessages: take,
  });
  const { state } = live;
  state.subscribe((now) => {
    link.value = now;
    // a stream that the hub ended may mean that the session is over: asking tells
    if (now === "lost" && member.value) readAll();
  });
  readAll();
}

/** Stop looking and forget what was seen. */
export function unwatch(): void {
  live?.close();
  live = null;
  [doors.value, devices.value, events.value] = [[], [], []];
  heardOf.clear();
  news.value = new Set();
  names.value = new Map();
  forgetCalls();
  forgetLockdowns();
}

const speed = computed(() => new Map(devices.value.map((each) => [each.id, each])));

/** The device that drives a door. */
export function deviceOf(door: DoorShown): DeviceShown | undefined {
  return speed.value.get(door.device);
}

export type Mood = "calm" | "open" | "mind" | "gone";

const CALM_MODES = ["Locked", "normal"];

/** How a door's tile looks; what is not known is never shown as open or closed. */
export function moodOf(door: DoorShown): Mood {
  if (door.online !== true) return "gone";
  if (!CALM_MODES.includes(door.mode)) return "mind";
  if (door.lock === "unknown") return "mind";
  return door.contact === "open" || door.lock === "unlocked" ? "open" : "calm";
}
