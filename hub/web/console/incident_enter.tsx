/** An incident entered by hand; it still has to be reviewed like any other. */

import { Refused } from "@linli/shared/api";
import type { EnterAsked } from "@linli/shared/api.gen";
import { Button, Dialog, Field, Notice } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { enter } from "./incident_board";
import { incidentWords, kindWords } from "./incident_words";
import { addressOf } from "./place";
import { doors } from "./wall";
import { words } from "./words";

const KINDS: readonly EnterAsked["kind"][] = ["repeated", "tailgate", "forced", "tamper", "fire"];
const KEY_BYTES = 8;

export const entering = signal<EnterAsked | null>(null);
const busy = signal(false);
const wrong = signal<Words | null>(null);

/** An empty form; its key makes that sending it twice enters one incident. */
export function fresh(): EnterAsked {
  const drawn = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const key = [...drawn].map((each) => each.toString(16).padStart(2, "0")).join("");
  return { key, kind: "repeated", door: doors.value[0]?.id ?? "", note: "" };
}

interface PickProps {
  label: string;
  name: string;
  value: string;
  onPick: (value: string) => void;
  children: ComponentChildren;
}

function Pick({ label, name, value, onPick, children }: PickProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="picked">
        <select class="input" id={id} name={name} value={value} onChange={(event) => onPick(event.currentTarget.value)}>
          {children}
        </select>
        <Icon name="down" />
      </span>
    </div>
  );
}

async function send(event: Event): Promise<void> {
  event.preventDefault();
  const asked = entering.value;
  if (busy.value || asked === null) return;
  [busy.value, wrong.value] = [true, null];
  try {
    const id = await enter({ ...asked, note: (asked.note ?? "").trim() });
    entering.value = null;
    location.hash = addressOf("incidents", id);
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : words.noHub;
  } finally {
    busy.value = false;
  }
}

export function Entering() {
  const asked = entering.value;
  if (asked === null) return null;
  const close = () => {
    [entering.value, wrong.value] = [null, null];
  };
  const put = (more: Partial<EnterAsked>) => {
    entering.value = { ...asked, ...more };
  };
  return (
    <Dialog title={say(incidentWords.enterTitle)} onClose={close}>
      <form class="ending" onSubmit={send}>
        <p class="soft">{say(incidentWords.enterLine)}</p>
        <Pick
          label={say(incidentWords.what)}
          name="kind"
          value={asked.kind}
          onPick={(kind) => put({ kind: kind as EnterAsked["kind"] })}
        >
          {KINDS.map((each) => (
            <option key={each} value={each}>
              {say(kindWords[each])}
            </option>
          ))}
        </Pick>
        <Pick label={say(incidentWords.where)} name="door" value={asked.door} onPick={(door) => put({ door })}>
          {doors.value.map((each) => (
            <option key={each.id} value={each.id}>
              {say(each.name)}
            </option>
          ))}
        </Pick>
        <Field
          label={say(incidentWords.why)}
          hint={say(incidentWords.whyHint)}
          input={{
            name: "note",
            maxLength: 400,
            autocomplete: "off",
            value: asked.note ?? "",
            onInput: (event) => put({ note: event.currentTarget.value }),
          }}
        />
        {wrong.value && (
          <Notice tone="mind" spoken>
            {say(wrong.value)}
          </Notice>
        )}
        <div class="choices">
          <Button onClick={close}>{say(words.cancel)}</Button>
          <Button look="main" type="submit" disabled={busy.value || asked.door === ""}>
            {say(incidentWords.enterYes)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
