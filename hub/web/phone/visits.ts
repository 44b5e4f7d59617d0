/** What this phone knows of its visitors: the passes it made, and making and ending one. */

import { Refused } from "@linli/shared/api";
import type { OwnDoor, VisitAsked, VisitShown } from "@linli/shared/api.gen";
import { clockTime, dayOf, say, type Words } from "@linli/shared/i18n";
import { reasonWords } from "@linli/shared/reasons";
import { addressOf } from "@linli/shared/visit";
import { dayField, ofFields, partsIn, timeField } from "@linli/shared/zoned";
import { computed, signal } from "@preact/signals";

import { ifStranger, key, site } from "./phone";
import { askSigned, hubClock } from "./signed";
import { visitWords } from "./visit-words";

/** Doors of one pass; devices/passes.py holds it too. */
export const MOST_DOORS = 4;
const SOON_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;
/** A courier's code lives no longer; devices/guests.py holds it too. */
const CODE_MS = 12 * 3_600_000;

export type When = "soon" | "today" | "week" | "another";
export type How = "scan" | "digits";
export type Often = "each" | "once" | "daily";
export type Who = "family" | "courier" | "helper" | "other";

export const visits = signal<readonly VisitShown[] | null>(null);
/** Those of my doors that have a scanner: only they can read a pass. */
export const passDoors = signal<readonly OwnDoor[]>([]);
/** Those of my doors where digits can be typed. */
export const codeDoors = signal<readonly OwnDoor[]>([]);
export const reading = signal<"busy" | "done" | "failed">("busy");
export const wrong = signal<Words | null>(null);

export const zone = computed(() => site.value?.time_zone ?? "Asia/Shanghai");

/** The hub's time: a phone's own clock may be wrong. */
export function now(): Date {
  return new Date(Date.now() + hubClock.ahead_ms);
}

/** Read the passes afresh. */
export async function readVisits(): Promise<void> {
  const holder = key.value;
  if (holder === null) return;
  if (visits.value === null) reading.value = "busy";
  try {
    const { body } = await askSigned(holder, "GET", "/api/v1/me/visits");
    [visits.value, passDoors.value, codeDoors.value] = [body.visits, body.doors, body.code_doors];
    reading.value = "done";
  } catch (error) {
    if (!(await ifStranger(error)) && visits.value === null) reading.value = "failed";
  }
}

// --- the form

export interface Draft {
  who: Who;
  nickname: string;
  when: When;
  day: string;
  from: string;
  to: string;
  doors: readonly string[];
  how: How;
  often: Often;
}

/** Digits need a keypad on the way. */
export function typed(draft: Draft): boolean {
  return draft.how === "digits" && codeDoors.value.length > 0;
}

/** The door where the digits are typed: the chosen one, else the nearest to home. */
export function codeDoor(draft: Draft): string {
  const chosen = codeDoors.value.find((each) => draft.doors.includes(each.id));
  return (chosen ?? codeDoors.value[0])?.id ?? "";
}

/** What is chosen before anything is touched: the own entrance and the gates on the way to it. */
export function firstDraft(): Draft {
  const doors = passDoors.value;
  const entrance = doors.find((each) => each.kind === "building");
  const gates = doors.filter((each) => each.kind === "perimeter");
  const local = partsIn(zone.value, new Date(now().getTime() + 3_600_000));
  const chosen = [entrance, ...gates].filter((each): each is OwnDoor => each !== undefined);
  return {
    who: "family",
    nickname: "",
    when: "soon",
    day: dayField(local),
    from: timeField({ ...local, minute: 0 }),
    to: timeField({ ...local, hour: Math.min(local.hour + 2, 23), minute: local.hour > 21 ? 59 : 0 }),
    doors: (chosen.length > 0 ? chosen : doors).slice(0, MOST_DOORS).map((each) => each.id),
    how: "scan",
    often: "each",
  };
}

/** From when to when; an end before the beginning is of the next day; null for what cannot be. */
export function timesOf(draft: Draft): { begins: Date | null; ends: Date } | null {
  const at = now();
  if (draft.when === "soon") return { begins: null, ends: new Date(at.getTime() + SOON_MS) };
  if (draft.when === "today") {
    const local = partsIn(zone.value, at);
    const ends = ofFields(zone.value, dayField(local), "23:59") ?? at;
    const latest = new Date(at.getTime() + CODE_MS - 120_000);
    return { begins: null, ends: typed(draft) && ends > latest ? latest : ends };
  }
  if (draft.when === "week") {
    return { begins: null, ends: new Date(at.getTime() + WEEK_DAYS * DAY_MS) };
  }
  const begins = ofFields(zone.value, draft.day, draft.from);
  let ends = ofFields(zone.value, draft.day, draft.to);
  if (begins === null || ends === null) return null;
  if (ends <= begins) ends = new Date(ends.getTime() + DAY_MS);
  return ends <= at ? null : { begins, ends };
}

/** What the pass is called in my list; the visitor never sees it. */
export function labelOf(draft: Draft): string {
  return draft.who === "other" ? draft.nickname.trim() : say(visitWords[draft.who]);
}

/** Make a pass; null with `wrong` set when it does not go. */
export async function makeVisit(draft: Draft): Promise<VisitShown | null> {
  const times = timesOf(draft);
  const label = labelOf(draft);
  wrong.value = null;
  if (times === null) wrong.value = visitWords.timeWrong;
  else if (label === "") wrong.value = visitWords.nicknameEmpty;
  else if (draft.doors.length === 0 && !typed(draft)) wrong.value = visitWords.whichEmpty;
  const holder = key.value;
  if (wrong.value !== null || times === null || holder === null) return null;
  const digits = typed(draft);
  const asked: VisitAsked = {
    label,
    doors: digits ? [codeDoor(draft)] : [...draft.doors],
    ends: times.ends.toISOString(),
  };
  if (digits) asked.typed = true;
  else if (draft.often === "once") asked.strict = true;
  else if (draft.often === "daily" && draft.when === "week") asked.uses = 2 * WEEK_DAYS;
  if (times.begins !== null) asked.begins = times.begins.toISOString();
  try {
    const { body } = await askSigned(holder, "POST", "/api/v1/me/visits", asked);
    visits.value = [body, ...(visits.value ?? [])];
    return body;
  } catch (error) {
    await tellWrong(error);
    return null;
  }
}

async function tellWrong(error: unknown): Promise<void> {
  if (await ifStranger(error)) return;
  const known = error instanceof Refused;
  const inTimes = known && ["begins", "ends"].includes(String(error.body["field"]));
  wrong.value = inTimes ? visitWords.timeWrong : known ? reasonWords(error.code) : visitWords.noHub;
}

/** Take a pass back; true when the hub has done it. */
export async function endVisit(visit: VisitShown): Promise<boolean> {
  const holder = key.value;
  wrong.value = null;
  if (holder === null) return false;
  try {
    await askSigned(holder, "DELETE", `/api/v1/me/visits/${encodeURIComponent(visit.id)}`);
  } catch (error) {
    await tellWrong(error);
    return false;
  }
  await readVisits();
  return true;
}

// --- showing one

/** The visitor's address, or null when the pass opens nothing any more. */
export function addressFor(visit: VisitShown): string | null {
  if (visit.text === null || site.value === null) return null;
  const doors = visit.doors.map((each) => each.name);
  return addressOf(location.origin, visit.text, { site: site.value.name, doors, zone: zone.value });
}

/** The digits of a code as people say them: in threes. */
export function inThrees(code: string): string {
  return code.replace(/(\d{3})(?=\d)/g, "$1 ");
}

function dayWords(at: Date): string {
  const day = dayOf(at, zone.value);
  return day === dayOf(now(), zone.value) ? say(visitWords.today) : day;
}

/** The day and from when to when. */
export function spanWords(visit: VisitShown): string {
  const [begins, ends] = [new Date(visit.begins), new Date(visit.ends)];
  const [day, last] = [dayWords(begins), dayWords(ends)];
  const to = clockTime(ends, zone.value);
  return say(visitWords.span, {
    day,
    from: clockTime(begins, zone.value),
    to: day === last ? to : `${last} ${to}`,
  });
}

/** How it stands, in a few words. */
export function stateWords(visit: VisitShown): string {
  const [first] = visit.came;
  if (visit.state === "came" && first) {
    const day = dayWords(new Date(first.at));
    const time = clockTime(first.at, zone.value);
    return say(visitWords.cameAt, { at: day === say(visitWords.today) ? time : `${day} ${time}` });
  }
  if (visit.state === "expected") return say(visitWords.expected);
  return say(visit.state === "revoked" ? visitWords.revoked : visitWords.over);
}
