/** The kiosk's voice. The text is always on the glass; the voice is an extra. */
import { language, type Language } from "@linli/shared/i18n";
import { signal } from "@preact/signals";

/** Off until somebody asks for it, and off again after each visit. */
export const voiceOn = signal(false);
export const hasVoice = "speechSynthesis" in globalThis;
/** What the present screen says, for ears and for screen readers. */
export const spoken = signal("");

const TAGS: Readonly<Record<Language, string>> = { "zh-Hans": "zh-CN", "zh-Hant": "zh-HK", en: "en-GB" };
/** A little slower than usual: eighty-year-old ears. */
const RATE = 0.9;

function speak(text: string): void {
  if (!hasVoice) return;
  speechSynthesis.cancel();
  if (!voiceOn.value || text === "") return;
  const words = new SpeechSynthesisUtterance(text);
  words.lang = TAGS[language.value];
  words.rate = RATE;
  speechSynthesis.speak(words);
}

/** Say the sentence of a screen: always to screen readers, aloud where the voice is on. */
export function announce(text: string): void {
  if (spoken.value === text) return;
  spoken.value = text;
  speak(text);
}

export function switchVoice(): void {
  voiceOn.value = !voiceOn.value;
  speak(spoken.value);
}

/** Silence, and nothing kept of what was said. */
export function hush(): void {
  voiceOn.value = false;
  spoken.value = "";
  if (hasVoice) speechSynthesis.cancel();
}
