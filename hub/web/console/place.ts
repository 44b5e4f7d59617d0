/** Where the console is: `#/doors`, or one thing of a section such as `#/doors/gate-south`. */

import { signal } from "@preact/signals";

export const hash = signal(location.hash);

addEventListener("hashchange", () => {
  if (location.hash !== "#content") hash.value = location.hash;
});

/** The parts of the address: the section, then the id of one thing in it, if any. */
export function placeOf(text: string): { section: string; id: string | null } {
  const [section = "", id] = text.replace(/^#\/?/, "").split("/");
  if (!id) return { section, id: null };
  try {
    return { section, id: decodeURIComponent(id) };
  } catch {
    return { section, id: null }; // somebody wrote a half of a percent sign
  }
}

/** The thing that is looked at in a section; null: the section itself. */
export function thingOf(section: string): string | null {
  const place = placeOf(hash.value);
  return place.section === section ? place.id : null;
}

/** The address of one thing of a section. */
export function addressOf(section: "doors" | "people" | "incidents", id: string): string {
  return `#/${section}/${encodeURIComponent(id)}`;
}
