/** Languages and words: one typed dictionary shape for our own texts and for those the hub sends. */

import { effect, signal } from "@preact/signals";

import { remembered } from "./settings";

export const LANGUAGES = ["zh-Hans", "zh-Hant", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** One text in every language; zh-Hans is the source. The form in which the hub sends texts too. */
export type Words = Readonly<Record<Language, string>>;

/** The names of the `{slots}` in a text. */
type Slots<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Slots<Rest>
  : never;

/** A translation is only accepted when it has exactly the slots of its source. */
type Checked<Entry> = Entry extends { "zh-Hans": infer Source extends string }
  ? {
      [L in Language]: L extends keyof Entry
        ? Entry[L] extends string
          ? [Slots<Entry[L]>, Slots<Source>] extends [Slots<Source>, Slots<Entry[L]>]
            ? Entry[L]
            : `slots differ from zh-Hans: ${Entry[L]}`
          : never
        : string;
    }
  : Words;

/** A dictionary in which a missing language or a slot that was lost in translation fails to compile. */
export function dictionary<const D extends Record<string, Words>>(
  entries: D & { [Key in keyof D]: Checked<D[Key]> },
): D {
  return entries;
}

/** What fills the slots of a text; nothing when it has none. */
type Fill<W extends Words> = string extends W["zh-Hans"]
  ? [fill?: Readonly<Record<string, string | number>>]
  : [Slots<W["zh-Hans"]>] extends [never]
    ? []
    : [fill: Readonly<Record<Slots<W["zh-Hans"]>, string | number>>];

/** The language that the viewer's browser asks for. */
export function preferredLanguage(tags: readonly string[]): Language {
  for (const tag of tags.map((each) => each.toLowerCase())) {
    if (/^zh\b.*\b(hant|tw|hk|mo)\b/.test(tag)) return "zh-Hant";
    if (tag.startsWith("zh")) return "zh-Hans";
    if (tag.startsWith("en")) return "en";
  }
  return "zh-Hans";
}

/** The language of this page; pages for one person remember it, a kiosk must not. */
export const language = signal<Language>(preferredLanguage(navigator.languages));

/** Keep the choice of language on this device from now on. */
export function rememberLanguage(): void {
  const kept = remembered("linli.language", LANGUAGES, language.value);
  language.value = kept.value;
  effect(() => {
    kept.value = language.value;
  });
}

effect(() => {
  document.documentElement.lang = language.value;
});

const FULL_WIDTH: Readonly<Record<string, string>> = {
  ",": "，",
  ";": "；",
  ":": "：",
  "!": "！",
  "?": "？",
};

/** Chinese text typed with ASCII punctuation gets the full-width marks that its glyphs need. */
export function typeset(text: string, to: Language): string {
  if (to === "en") return text;
  return text.replace(
    /(\p{Script=Han}|[”」』）])([,;:!?])(?=\p{Script=Han}|[“「『（]|\s*$)\s*/gu,
    (_all, before: string, mark: string) => before + (FULL_WIDTH[mark] ?? mark),
  );
}

/** A text in the page's language with its slots filled; reading it inside a component subscribes it. */
export function say<W extends Words>(words: W, ...[fill]: Fill<W>): string {
  const to = language.value;
  const text = typeset(words[to] || words["zh-Hans"], to);
  if (fill === undefined) return text;
  const values: Readonly<Record<string, string | number>> = fill;
  return text.replace(/\{(\w+)\}/g, (slot, name: string) => String(values[name] ?? slot));
}

/** How each language names itself. */
export const OWN_NAMES: Readonly<Record<Language, string>> = {
  "zh-Hans": "简体",
  "zh-Hant": "繁體",
  en: "English",
};

/** Tag for Intl: mainland conventions for every language, since the site is there. */
function intlTag(to: Language): string {
  return to === "en" ? "en-GB" : to === "zh-Hant" ? "zh-Hant-HK" : "zh-Hans-CN";
}

/** Fen as an amount of money, e.g. ¥106.80. */
export function money(amount_fen: number): string {
  const sign = amount_fen < 0 ? "−" : "";
  const fen = Math.abs(Math.trunc(amount_fen));
  const yuan = Math.trunc(fen / 100).toLocaleString("en-US");
  return `${sign}¥${yuan}.${String(fen % 100).padStart(2, "0")}`;
}

/** An instant as a clock time in the given zone, with seconds where asked. */
export function clockTime(instant: string | Date, zone?: string, seconds = false): string {
  return new Intl.DateTimeFormat(intlTag(language.value), {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
    ...(zone ? { timeZone: zone } : {}),
  }).format(new Date(instant));
}

/** An instant as a date in words, e.g. 11月23日 or 23 November. */
export function dayOf(instant: string | Date, zone?: string): string {
  return new Intl.DateTimeFormat(intlTag(language.value), {
    month: "long",
    day: "numeric",
    ...(zone ? { timeZone: zone } : {}),
  }).format(new Date(instant));
}
