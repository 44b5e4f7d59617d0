/** What this phone knows: its key, its person, the doors, and what became of past openings. */

import { askHub, Refused } from "@linli/shared/api";
import type { Me, OwnDoor, Site } from "@linli/shared/api.gen";
import type { Words } from "@linli/shared/i18n";
import { dropKey, loadKey, makeKey, type PhoneKey, saveKey } from "@linli/shared/proof";
import { keep, recall, recallJson, remembered } from "@linli/shared/settings";
import { computed, signal } from "@preact/signals";

import { askSigned, hubClock } from "./signed";

/** `stranger`: no key yet; `lost`: it had one; `stopped`: the hub takes it no more. */
export type Standing = "starting" | "stranger" | "lost" | "stopped" | "known";

export const standing = signal<Standing>("starting");
export const key = signal<PhoneKey | null>(null);
export const sound = remembered("linli.sound", ["on", "off"] as const, "on");

/** Marks that this phone was known once, so that a lost key can be told from a new phone. */
const KNOWN = "linli.phone.kid";
const ME = "linli.phone.me";
const SITE = "linli.phone.site";
const DOOR = "linli.phone.door";
const HISTORY = "linli.phone.history";

const STRANGER_CODES = ["phone_unknown", "phone_revoked", "key_unknown"];

/** The hub does not (any longer) know this phone's key. */
export function isStranger(error: unknown): error is Refused {
  return error instanceof Refused && error.status === 401 && STRANGER_CODES.includes(error.code);
}

// --- the site, the person and the doors, with the last good copy for times without a network

function isSite(value: unknown): value is Site {
  return typeof value === "object" && value !== null && "name" in value && "time_zone" in value;
}

function isMe(value: unknown): value is Me {
  return typeof value === "object" && value !== null && "person" in value && "doors" in value;
}

export const site = signal<Site | null>(recallJson<Site | null>(SITE, isSite, null));
export const me = signal<Me | null>(recallJson<Me | null>(ME, isMe, null));
/** Whether `me` is what the hub said in this visit. */
export const fresh = signal(false);

function learnMe(said: Me): void {
  me.value = said;
  fresh.value = true;
  keep(ME, JSON.stringify(said));
}

async function readSite(): Promise<void> {
  const { body } = await askHub("/api/v1/site");
  site.value = body;
  hubClock.ahead_ms = Date.parse(body.now) - Date.now();
  keep(SITE, JSON.stringify(body));
}

/** Read doors and person afresh; without a network the last copy stays. */
export async function refresh(): Promise<void> {
  const holder = key.value;
  if (holder === null) return;
  try {
    learnMe((await askSigned(holder, "GET", "/api/v1/me")).body);
  } catch (error) {
    if (isStranger(error)) await becomeStranger();
    else fresh.value = false;
  }
}

// --- the door to open

const chosen = signal<string | null>(new URLSearchParams(location.search).get("door") ?? recall(DOOR));

/** The door the button opens: the linked or last used one, else the first. */
export const door = computed<OwnDoor | null>(() => {
  const doors = me.value?.doors ?? [];
  return doors.find((each) => each.id === chosen.value) ?? doors[0] ?? null;
});

/** Choose the door to open from now on. */
export function choose(id: string): void {
  chosen.value = id;
  keep(DOOR, id);
}

// --- past openings, on this phone only

export interface Past {
  at: string;
  door: Words;
  outcome: "opened" | "refused" | "unknown";
  reason: string;
}

/** Openings that this phone remembers; about a week of comings and goings. */
const MOST_PAST = 40;

function isPasts(value: unknown): value is Past[] {
  return Array.isArray(value) && value.every((each) => each !== null && typeof each === "object");
}

export const history = signal<readonly Past[]>(recallJson(HISTORY, isPasts, []));

/** Remember what became of an opening. */
export function remember(past: Past): void {
  history.value = [past, ...history.value].slice(0, MOST_PAST);
  keep(HISTORY, JSON.stringify(history.value));
}

// --- coming to know and to forget

/** A key made for a code that may not have arrived: the same key goes with the next try. */
let offered: PhoneKey | null = null;

/** Introduce this phone: a key of its own, offered together with the one-time code. */
export async function enrol(code: string, label: string): Promise<void> {
  offered ??= await makeKey();
  const asked = { code, jwk: offered.jwk, label };
  const { body } = await askSigned(offered, "POST", "/api/v1/phones", asked);
  await saveKey(offered);
  key.value = offered;
  offered = null;
  keep(KNOWN, key.value.kid);
  learnMe(body);
  standing.value = "known";
  navigator.storage?.persist?.().catch(() => {}); // asks to be spared from clean-ups; may say no
}

/** The hub stopped this key: it is of no use any more. */
async function becomeStranger(): Promise<void> {
  await dropKey().catch(() => {});
  key.value = null;
  fresh.value = false;
  standing.value = "stopped";
}

/** Act on an answer that says this phone is not known. */
export async function ifStranger(error: unknown): Promise<boolean> {
  if (!isStranger(error)) return false;
  await becomeStranger();
  return true;
}

/** Stop using this phone: the key here is gone for ever, whether or not the hub can be told now. */
export async function forget(): Promise<void> {
  if (key.value) await askSigned(key.value, "DELETE", "/api/v1/me/phone").catch(() => {});
  await dropKey().catch(() => {});
  for (const each of [KNOWN, ME, DOOR, HISTORY]) keep(each, null);
  key.value = null;
  me.value = null;
  history.value = [];
  standing.value = "stranger";
}

/** Find out how this phone stands. */
export async function start(): Promise<void> {
  readSite().catch(() => {}); // the last copy serves
  const stored = await loadKey().catch(() => null);
  if (stored === null) {
    standing.value = recall(KNOWN) === null ? "stranger" : "lost";
    return;
  }
  key.value = stored;
  keep(KNOWN, stored.kid);
  if (me.value !== null) standing.value = "known";
  await refresh();
  if (standing.value === "starting") standing.value = "known";
}
