/** A keypad to type on: what is typed goes to the door's own keypad, whole, with the last #. */
import { Dialog } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { signal, useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";

import { visit } from "./hand";
import { busy, parts, readers, type } from "./state";
import type { Reader } from "./town";
import { t } from "./words-things";

/** The door whose keypad lies before the viewer. */
export const typingAt = signal<Reader["id"] | null>(null);

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;
/** Longer numbers are neither flats nor PINs. */
const MOST_DIGITS = 10;

/** What stands typed after one more key; a pair is whole with its second #. */
export function pressed(typed: string, key: string): string {
  if (key === "*") return "";
  const last = typed.split("#").at(-1) ?? "";
  if (key === "#" ? last === "" : last.length >= MOST_DIGITS) return typed;
  return typed + key;
}

function Typed({ typed }: { typed: string }) {
  const [flat = "", pin] = typed.split("#");
  return (
    <p class="typed figures" role="status">
      <span>
        <span class="soft small">{say(t.padFlat)}</span>
        <b>{flat === "" ? "–" : flat}</b>
      </span>
      <span>
        <span class="soft small">{say(t.padPin)}</span>
        <b>{pin === undefined || pin === "" ? "–" : "•".repeat(pin.length)}</b>
      </span>
    </p>
  );
}

function Pad({ reader }: { reader: Reader }) {
  const typed = useSignal(""); // read at once: keys may come faster than the page is drawn
  const shown = parts.value.find((part) => part.kind === "keypad" && part.place === reader.place)?.shown;
  const press = (key: string) => {
    const now = pressed(typed.value, key);
    if (now.split("#").length < 3) {
      typed.value = now;
      return;
    }
    if (typingAt.value === null) return; // it was sent already
    typingAt.value = null; // so that the door can be seen
    visit(reader.place, "elder", "card");
    void type(reader.id, now);
  };
  // before the pad is drawn: afterwards the first keys of a quick hand would fall beside it
  useLayoutEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if ((KEYS as readonly string[]).includes(event.key)) press(event.key);
      else if (event.key === "Backspace") typed.value = "";
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
  const names: Readonly<Record<string, string>> = { "*": `* ${say(t.padStar)}`, "#": `# ${say(t.padHash)}` };
  return (
    <div class="pad">
      {shown !== undefined && "claim" in shown && (
        <div>
          <p>{say(t.padHint, { claim: shown.claim, pin: shown.pin })}</p>
          <p class="soft">{say(t.padDuress, { duress: shown.duress })}</p>
        </div>
      )}
      <Typed typed={typed.value} />
      <div class="keys">
        {KEYS.map((key) => (
          <button
            key={key}
            type="button"
            class="button figures"
            aria-label={names[key]}
            disabled={busy.value}
            onClick={() => press(key)}
          >
            {key}
          </button>
        ))}
      </div>
    </div>
  );
}

export function Keypad() {
  const reader = readers.value.find((each) => each.id === typingAt.value);
  if (reader === undefined) return null;
  return (
    <Dialog
      title={say(t.padVerb, { door: say(reader.name) })}
      onClose={() => {
        typingAt.value = null;
      }}
    >
      <Pad reader={reader} />
    </Dialog>
  );
}
