/** Introducing this phone: one code, one button, and plain words when it does not go well. */

import { Refused } from "@linli/shared/api";
import { Button, Field, Notice, Phrase } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";

import { enrol, standing } from "./phone";
import { family, place } from "./place";
import { words } from "./words";

const DESK_CHARS = 6;
const LETTER_CHARS = 12;

/** The code of a text that was typed, pasted or linked: six digits, or a letter's twelve signs. */
function codeOf(text: string, letter: boolean): string {
  const plain = text.normalize("NFKC").toUpperCase();
  if (!letter) return plain.replace(/[^0-9]/g, "").slice(0, DESK_CHARS);
  return plain.replace(/[^0-9A-Z]/g, "").slice(0, LETTER_CHARS);
}

/** Codes on paper have letters; a link tells which kind it carries. */
function isLetter(text: string): boolean {
  return /[A-Z]/i.test(text.normalize("NFKC"));
}

/** A letter's code as it stands on the paper. */
function grouped(text: string): string {
  return text.replace(/(.{4})(?=.)/g, "$1-");
}

const given = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
const byLetter = signal(isLetter(given));
const linked = codeOf(given, byLetter.value);
if (linked) window.history.replaceState(null, "", location.pathname + location.search);

const code = signal(linked);
const label = signal<string | null>(null);
const wrong = signal<Words | null>(null);
const busy = signal(false);
/** Before a key is made in a place that forgets it, the better place is shown once. */
const moved = signal(place !== "wechat" && place !== "ios-tab");

function firstLabel(): string {
  const names = { iphone: words.labelIphone, android: words.labelAndroid, other: words.labelOther };
  return say(names[family]);
}

function whyNot(error: unknown): Words {
  if (error instanceof Refused) return reasonWords(error.code);
  if (error instanceof DOMException || error instanceof TypeError) return words.noKeys;
  return words.noHub;
}

async function submit(event: Event): Promise<void> {
  event.preventDefault();
  if (busy.value) return;
  const short = byLetter.value ? words.letterShort : words.codeShort;
  wrong.value = code.value.length === (byLetter.value ? LETTER_CHARS : DESK_CHARS) ? null : short;
  if (wrong.value) return;
  busy.value = true;
  try {
    await enrol(code.value, (label.value ?? "").trim() || firstLabel());
    code.value = "";
  } catch (error) {
    wrong.value = whyNot(error);
  } finally {
    busy.value = false;
  }
}

function WhereFrom() {
  return (
    <section class="where-from">
      <h2>{say(words.whereTitle)}</h2>
      <ul>
        <li>
          <Icon name="people" />
          <span><Phrase>{say(words.whereDesk)}</Phrase></span>
        </li>
        <li>
          <Icon name="kiosk" />
          <span><Phrase>{say(words.whereKiosk)}</Phrase></span>
        </li>
      </ul>
    </section>
  );
}

/** What to do first in WeChat or in a Safari tab, where a key would not stay. */
function MoveFirst() {
  const inWechat = place === "wechat";
  const steps = inWechat
    ? [words.wechatStep1, words.wechatStep2]
    : [words.iosStep1, words.iosStep2, words.iosStep3];
  return (
    <main class="page">
      <h1><Phrase>{say(inWechat ? words.wechatTitle : words.iosTitle)}</Phrase></h1>
      <p class="lead"><Phrase>{say(words.iosLine)}</Phrase></p>
      <ol class="steps">
        {steps.map((step, at) => (
          <li key={at}>
            <span class="number" aria-hidden="true">
              {at + 1}
            </span>
            <span><Phrase>{say(step)}</Phrase></span>
            {at === 0 && <Icon name={inWechat ? "dots" : "share"} />}
            {at === 1 && <Icon name={inWechat ? "globe" : "plusSquare"} />}
          </li>
        ))}
      </ol>
      {code.value && (
        <p class="your-code">
          <span>{say(words.yourCode)}</span>
          <strong class="figures">
            {byLetter.value ? grouped(code.value) : code.value.replace(/(\d{3})(?=\d)/g, "$1 ")}
          </strong>
        </p>
      )}
      <div class="foot">
        <Button
          wide
          onClick={() => {
            moved.value = true;
          }}
        >
          {say(words.hereAnyway)}
        </Button>
      </div>
    </main>
  );
}

function CodeForm() {
  const problem = wrong.value;
  return (
    <form class="code-form" noValidate onSubmit={submit}>
      <div class="code-field" data-letter={byLetter.value || undefined}>
        <Field
          label={say(byLetter.value ? words.letterLabel : words.codeLabel)}
          wrong={problem && say(problem)}
          input={{
            name: "code",
            type: "text",
            inputMode: byLetter.value ? "text" : "numeric",
            autocapitalize: "characters",
            autocomplete: "one-time-code",
            enterKeyHint: "done",
            pattern: byLetter.value ? "[0-9A-Za-z -]*" : "[0-9]*",
            value: byLetter.value ? grouped(code.value) : code.value,
            onInput: (event) => {
              const text = event.currentTarget.value;
              if (isLetter(text)) byLetter.value = true; // pasted from a letter
              code.value = codeOf(text, byLetter.value);
              event.currentTarget.value = byLetter.value ? grouped(code.value) : code.value;
              wrong.value = null;
            },
          }}
        />
      </div>
      {linked !== "" && code.value === linked && !problem && (
        <Notice tone="good"><Phrase>{say(words.codeFilled)}</Phrase></Notice>
      )}
      <Button look="main" wide type="submit" disabled={busy.value}>
        {say(busy.value ? words.enrolBusy : words.enrolButton)}
      </Button>
      <Button
        look="plain"
        wide
        onClick={() => {
          byLetter.value = !byLetter.value;
          [code.value, wrong.value] = ["", null];
        }}
      >
        {say(byLetter.value ? words.byDigits : words.byLetter)}
      </Button>
      <details class="naming">
        <summary>
          <span>{say(words.phoneLabel)}</span>
          <Icon name="down" />
        </summary>
        <Field
          label={say(words.phoneLabel)}
          hint={say(words.phoneLabelHint)}
          input={{
            name: "label",
            maxLength: 24,
            autocomplete: "off",
            value: label.value ?? firstLabel(),
            onInput: (event) => {
              label.value = event.currentTarget.value;
            },
          }}
        />
      </details>
    </form>
  );
}

/** The first screen of a phone that the doors do not know, or know no more. */
export function Enrol() {
  if (!moved.value) return <MoveFirst />;
  const again = standing.value !== "stranger";
  const why = standing.value === "lost" ? words.lostLine : words.unknownLine;
  return (
    <main class="page">
      <h1><Phrase>{say(again ? words.lostTitle : words.enrolTitle)}</Phrase></h1>
      <p class="lead"><Phrase>{say(again ? why : byLetter.value ? words.letterLine : words.enrolLine)}</Phrase></p>
      <CodeForm />
      <WhereFrom />
    </main>
  );
}
