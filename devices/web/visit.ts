/** A visitor's link: the signed pass and what the visitor's page shows, all behind the `#`. */

import type { Words } from "./i18n";

/** What the page shows beside the code; it is not signed, the door reads only the pass. */
export interface Shown {
  site: Words;
  doors: readonly Words[];
  zone: string;
}

export interface Link extends Shown {
  /** The pass as the door's scanner reads it. */
  text: string;
  begins: Date;
  ends: Date;
}

/** The first bytes of a pass up to its times; devices/passes.py says what they mean. */
const HEAD_BYTES = 18;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const MOST_DOORS = 4;
const MOST_CHARACTERS = 4_000;

function base32(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let [held, bits, at] = [0, 0, 0];
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return null;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = (held >> bits) & 0xff;
    at += 1;
  }
  return bytes;
}

/** From when to when a pass is good, or null for what is no pass. */
export function timesOf(text: string): { begins: Date; ends: Date } | null {
  const bytes = base32(text);
  if (bytes === null || bytes.length <= HEAD_BYTES || bytes[0] !== 1) return null;
  const view = new DataView(bytes.buffer);
  const from_s = view.getUint32(12);
  return {
    begins: new Date(from_s * 1_000),
    ends: new Date((from_s + view.getUint16(16) * 60) * 1_000),
  };
}

function isWords(value: unknown): value is Words {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((each) => typeof each === "string") && "zh-Hans" in value;
}

function isShown(value: unknown): value is Shown {
  if (typeof value !== "object" || value === null) return false;
  const { site, doors, zone } = value as Partial<Shown>;
  if (!isWords(site) || typeof zone !== "string" || !Array.isArray(doors)) return false;
  return doors.length <= MOST_DOORS && doors.every(isWords);
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function toBase64url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The address to send to a visitor; a browser never sends what stands behind the `#`. */
export function addressOf(origin: string, text: string, shown: Shown): string {
  const told = new TextEncoder().encode(JSON.stringify(shown));
  return `${origin}/visit/#${text}.${toBase64url(told)}`;
}

/** What a visitor's address says, or null when it was cut off or altered on its way. */
export function readAddress(hash: string): Link | null {
  if (hash.length > MOST_CHARACTERS) return null;
  const [text = "", told = ""] = hash.replace(/^#/, "").split(".");
  const times = timesOf(text);
  if (times === null) return null;
  try {
    const shown: unknown = JSON.parse(new TextDecoder().decode(fromBase64url(told)));
    if (!isShown(shown)) return null;
    new Intl.DateTimeFormat("en", { timeZone: shown.zone }); // throws on a zone that nobody knows
    return { text, ...times, ...shown };
  } catch {
    return null;
  }
}
