/** What the viewer holds: a card or somebody's phone, and what happens where it is put. */
import { signal } from "@preact/signals";

import { busy, pay, readerOf, shake, tap, town, trouble, why } from "./state";
import type { Person, Place } from "./town";
import { w } from "./words";

export type Held = { kind: "card"; id: string } | { kind: "phone"; id: string };

export const held = signal<Held | null>(null);
/** Where the thing is while it is dragged, in pixels of the window. */
export const ghost = signal<{ x: number; y: number } | null>(null);

export interface Visitor {
  id: number;
  place: Place;
  role: Person["role"];
  how: "card" | "phone";
}
/** People who stand at a door for a moment. */
export const visitors = signal<readonly Visitor[]>([]);
const STAY_MS = 4_500;
let count = 0;

/** Let somebody walk up to a place for a moment. */
export function visit(place: Place, role: Person["role"], how: Visitor["how"]): void {
  count += 1;
  const visitor: Visitor = { id: count, place, role, how };
  visitors.value = [...visitors.value.filter((each) => each.place !== place), visitor];
  setTimeout(() => {
    visitors.value = visitors.value.filter((each) => each.id !== visitor.id);
  }, STAY_MS);
}

export function personById(id: string | null): Person | undefined {
  return town.value?.people.find((each) => each.id === id);
}

export function hold(next: Held): void {
  const same = held.value?.kind === next.kind && held.value.id === next.id;
  trouble.value = null;
  why.value = null;
  held.value = same ? null : next;
}

export function putDown(): void {
  held.value = null;
  ghost.value = null;
}

/** Put what is held to a place; with an empty hand, say what to do first. */
export function putTo(place: Place): void {
  const thing = held.value;
  const reader = readerOf(place);
  if (reader === undefined || busy.value) return;
  if (thing === null) {
    trouble.value = w.emptyHand;
    return;
  }
  putDown();
  if (thing.kind === "card") {
    const card = town.value?.cards.find((each) => each.id === thing.id);
    const isPass = card?.kind === "pass";
    if (isPass && !reader.panel) {
      trouble.value = w.troubleNoScanner;
      return;
    }
    visit(place, personById(card?.person ?? null)?.role ?? "stranger", isPass ? "phone" : "card");
    void tap(thing.id, reader.id);
  } else if (reader.kind === "door") {
    visit(place, personById(thing.id)?.role ?? "resident", "phone");
    void shake(thing.id, reader.id);
  } else if (reader.kind === "kiosk") {
    visit(place, personById(thing.id)?.role ?? "resident", "phone");
    void pay(thing.id);
  } else {
    trouble.value = w.noPhoneHere;
  }
}

