/** Calls that ring at the desk: who, where, and the door opened with a reason and a fresh code. */

import { Refused } from "@linli/shared/api";
import type { CallShown } from "@linli/shared/api.gen";
import { Button, Dialog, Field, Notice } from "@linli/shared/bits";
import { chime } from "@linli/shared/chime";
import { say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { computed, effect, signal } from "@preact/signals";

import { staffAsk } from "./staff";
import { visitWords } from "./visit-words";
import { words } from "./words";

const BELL_EVERY_MS = 3_000;
/** Calls kept on the page; each ends by itself within a minute. */
const MOST_CALLS = 20;

const calls = signal<readonly CallShown[]>([]);
const second = signal(Date.now());
const ahead_ms = signal(0);
/** Whether this member answers the door at all: the hub says so by telling the calls. */
const allowed = signal(false);
const opening = signal<CallShown | null>(null);
const opened = signal(false);
const reason = signal("");
const otp = signal("");
const wrong = signal<Words | null>(null);

function leftS(call: CallShown): number {
  return Math.floor((Date.parse(call.until) - second.value - ahead_ms.value) / 1_000);
}

const ringing = computed(() =>
  allowed.value ? calls.value.filter((each) => each.answer === null && leftS(each) > 0) : [],
);

/** Read the calls afresh: somebody may have rung while nobody listened. */
export async function readCalls(hubAhead_ms: number): Promise<void> {
  ahead_ms.value = hubAhead_ms;
  const { body } = await staffAsk("GET", "/api/v1/calls");
  allowed.value = true;
  // what the stream told meanwhile is newer than this answer
  const told = new Map(calls.value.map((each) => [each.id, each]));
  const read = body.calls.map((each) => (told.get(each.id)?.answer ? told.get(each.id) ?? each : each));
  const more = calls.value.filter((each) => read.every((known) => known.id !== each.id));
  calls.value = [...more, ...read].slice(0, MOST_CALLS);
}

/** A call began or was answered. */
export function takeCall(call: CallShown): void {
  calls.value = [call, ...calls.value.filter((each) => each.id !== call.id)].slice(0, MOST_CALLS);
}

/** Nobody is signed in: nobody is rung for. */
export function forgetCalls(): void {
  calls.value = [];
  allowed.value = false;
  opening.value = null;
}

function doorName(call: CallShown): string {
  return call.door_name ? say(call.door_name) : call.door;
}

function wordsOf(error: unknown): Words {
  return error instanceof Refused ? reasonWords(error.code) : words.noHub;
}

async function answer(call: CallShown, said: "open" | "not_now"): Promise<void> {
  wrong.value = null;
  const id = encodeURIComponent(call.id);
  try {
    // the answers of staff endpoints with a body of their own are told by the framework
    await staffAsk("POST", `/api/v1/calls/${id}/answer`, { answer: said });
  } catch (error) {
    wrong.value = wordsOf(error);
    return;
  }
  takeCall({ ...call, answer: said });
  if (said === "not_now") return;
  reason.value = say(visitWords.reasonFirst);
  otp.value = "";
  opened.value = false;
  opening.value = call;
}

async function open(call: CallShown): Promise<void> {
  wrong.value = null;
  const door = encodeURIComponent(call.door);
  try {
    const asked = { reason: reason.value, otp: otp.value };
    await staffAsk("POST", `/api/v1/doors/${door}/open`, asked);
    opened.value = true;
  } catch (error) {
    wrong.value = wordsOf(error);
    otp.value = "";
  }
}

function Opening({ call }: { call: CallShown }) {
  const close = () => {
    opening.value = null;
    wrong.value = null;
  };
  return (
    <Dialog title={say(visitWords.openTitle, { door: doorName(call) })} onClose={close}>
      {opened.value ? (
        <>
          <Notice tone="good" spoken>
            {say(visitWords.opened)}
          </Notice>
          <Button onClick={close}>{say(visitWords.done)}</Button>
        </>
      ) : (
        <form
          class="call-form"
          onSubmit={(event) => {
            event.preventDefault();
            open(call);
          }}
        >
          <Field
            label={say(visitWords.reason)}
            hint={say(visitWords.reasonHint)}
            input={{
              name: "reason",
              maxLength: 100,
              required: true,
              value: reason.value,
              onInput: (event) => {
                reason.value = event.currentTarget.value;
              },
            }}
          />
          <Field
            label={say(visitWords.otp)}
            wrong={wrong.value && say(wrong.value)}
            input={{
              name: "otp",
              inputMode: "numeric",
              autocomplete: "one-time-code",
              pattern: "[0-9]{6}",
              required: true,
              value: otp.value,
              onInput: (event) => {
                otp.value = event.currentTarget.value.replace(/\D/g, "").slice(0, 6);
                event.currentTarget.value = otp.value;
              },
            }}
          />
          <Button look="main" type="submit" icon="doorOpen">
            {say(visitWords.letIn)}
          </Button>
        </form>
      )}
    </Dialog>
  );
}

function Call({ call }: { call: CallShown }) {
  return (
    <div class="call">
      <Icon name="bell" />
      <span>
        <strong>{say(visitWords.ringsAt, { door: doorName(call) })}</strong>
        <span>
          {call.house === null ? say(visitWords.ringsDesk) : say(visitWords.ringsFor, { house: call.house })}
          {" · "}
          <span class="figures" role="timer" aria-live="off">
            {say(visitWords.secondsLeft, { n: leftS(call) })}
          </span>
        </span>
      </span>
      <Button look="main" icon="doorOpen" onClick={() => answer(call, "open")}>
        {say(visitWords.letIn)}
      </Button>
      <Button onClick={() => answer(call, "not_now")}>{say(visitWords.notNow)}</Button>
    </div>
  );
}

export function Calls() {
  return (
    <>
      <section class="calls" role="alert" hidden={ringing.value.length === 0}>
        {ringing.value.map((each) => (
          <Call key={each.id} call={each} />
        ))}
      </section>
      {wrong.value && opening.value === null && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      {opening.value && <Opening call={opening.value} />}
    </>
  );
}

setInterval(() => {
  second.value = Date.now();
}, 1_000);
let bell: ReturnType<typeof setInterval> | undefined;
effect(() => {
  clearInterval(bell);
  if (ringing.value.length === 0) return;
  chime("welcome");
  bell = setInterval(() => chime("welcome"), BELL_EVERY_MS);
});
