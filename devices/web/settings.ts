/** Small choices kept on this device; a browser that refuses storage only forgets them. */

import { effect, type Signal, signal } from "@preact/signals";

/** The stored text of a key, or null where there is none or storage is refused. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Store a text under a key, or drop it with null. */
export function keep(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // private mode or a full disk: the choice lasts as long as the page
  }
}

/** A stored JSON value, or the fallback when it is missing, broken or of another shape. */
export function recallJson<T>(key: string, valid: (value: unknown) => value is T, fallback: T): T {
  try {
    const value: unknown = JSON.parse(recall(key) ?? "null");
    return valid(value) ? value : fallback;
  } catch {
    return fallback;
  }
}

/** A signal with one of a few values that outlives the page. */
export function remembered<T extends string>(
  key: string,
  allowed: readonly T[],
  fallback: T,
): Signal<T> {
  const stored = recall(key);
  const choice = signal<T>(allowed.find((each) => each === stored) ?? fallback);
  effect(() => keep(key, choice.value));
  return choice;
}

export const SIZES = ["usual", "elder"] as const;
export type Size = (typeof SIZES)[number];

/** Larger text and targets, shown by the page as `data-size` on the root element. */
export function rememberedSize(): Signal<Size> {
  const size = remembered<Size>("linli.size", SIZES, "usual");
  effect(() => {
    document.documentElement.dataset["size"] = size.value;
  });
  return size;
}
