/** Faces: how they stand, the assessment, what was measured, which doors, and one resident at a time. */

import type { AssessmentAsked, AssessmentShown, FaceDoorShown, FacesShown } from "@linli/shared/api.gen";
import {
  Button, Card, Choice, ErrorState, Field, Notice, Skeleton, StatusLine, type Tone,
} from "@linli/shared/bits";
import { dayOf, language, say, type Words } from "@linli/shared/i18n";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { whyNot } from "./attempt";
import { Audit } from "./face_audit";
import { Cameras } from "./face_cameras";
import { FacePerson } from "./face_person";
import { WatchList } from "./face_watch";
import { faceWords as words } from "./facewords";
import { member, save, staffAsk, staffFile } from "./staff";
import { onFaceNews, site } from "./wall";

const faces = signal<FacesShown | null>(null);
const failed = signal<Words | null>(null);
const wrong = signal<Words | null>(null);
const editing = signal(false);
const printing = signal<"" | "report" | "signs">("");

const DEFAULTS = { strangers: 0.01, claims: 0.001, misses: 0.05 } as const;

async function read(): Promise<void> {
  try {
    faces.value = (await staffAsk("GET", "/api/v1/faces")).body;
    failed.value = null;
  } catch (error) {
    failed.value = whyNot(error);
  }
}

async function put(what: () => Promise<FacesShown>): Promise<boolean> {
  wrong.value = null;
  try {
    faces.value = await what();
    return true;
  } catch (error) {
    wrong.value = whyNot(error);
    return false;
  }
}

async function print(kind: "report" | "signs"): Promise<void> {
  if (printing.value) return;
  [wrong.value, printing.value] = [null, kind];
  try {
    const made = await staffFile(`/api/v1/faces/${kind}`, { language: language.value });
    save(made, kind === "report" ? "linli-faces.pdf" : "linli-signs.pdf");
  } catch (error) {
    wrong.value = whyNot(error);
  } finally {
    printing.value = "";
  }
}

const isAdministrator = () => member.value?.role === "administrator";

// --------------------------------------------------------------------------- how they stand

const STATES: Readonly<Record<"off" | "keys_elsewhere" | "starting" | "ready", { tone: Tone; text: Words }>> = {
  off: { tone: "calm", text: words.off },
  keys_elsewhere: { tone: "grave", text: words.keysElsewhere },
  starting: { tone: "wait", text: words.starting },
  ready: { tone: "good", text: words.ready },
};

function Standing({ told }: { told: FacesShown }) {
  const { filing, state } = told;
  const put = { n: filing.people, due: filing.due_from };
  return (
    <Card data-state={state}>
      {state === "absent" ? (
        <Notice>{say(words.absent, { what: told.missing.join(", ") })}</Notice>
      ) : (
        <StatusLine tone={STATES[state].tone}>{say(STATES[state].text)}</StatusLine>
      )}
      <dl class="facts face-counts face-figures">
        <div>
          <dt>{say(words.consents)}</dt>
          <dd class="figures">{told.consents}</dd>
        </div>
        <div>
          <dt>{say(words.enrolled)}</dt>
          <dd class="figures">{told.enrolled}</dd>
        </div>
        <div>
          <dt>{say(words.incomplete)}</dt>
          <dd class="figures">{told.incomplete}</dd>
        </div>
      </dl>
      {filing.state === "near" && <Notice tone="mind">{say(words.filingNear, put)}</Notice>}
      {filing.state === "due" && <Notice tone="grave">{say(words.filingDue, put)}</Notice>}
      {told.other_model > 0 && <Notice tone="mind">{say(words.otherModel, { n: told.other_model })}</Notice>}
    </Card>
  );
}

// --------------------------------------------------------------------------- the assessment

const TEXTS = ["controller", "contact", "purpose"] as const;
const LONG = ["necessity", "measures"] as const;
const RATES = ["strangers", "claims", "misses"] as const;

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}

async function assess(form: FormData): Promise<void> {
  const rate = (name: string) => Number(textOf(form, name)) / 100;
  const asked: AssessmentAsked = {
    controller: textOf(form, "controller"),
    contact: textOf(form, "contact"),
    purpose: textOf(form, "purpose"),
    necessity: textOf(form, "necessity"),
    measures: textOf(form, "measures"),
    assessed_by: textOf(form, "assessed_by"),
    strangers: rate("strangers"),
    claims: rate("claims"),
    misses: rate("misses"),
  };
  const done = await put(async () => (await staffAsk("PUT", "/api/v1/faces/assessment", asked)).body);
  if (done) editing.value = false;
}

function LongField({ label, name, value }: { label: string; name: string; value: string }) {
  return (
    <div class="field">
      <label for={`face-${name}`}>{label}</label>
      <textarea class="input" id={`face-${name}`} name={name} required minLength={2} maxLength={1000} rows={3}>
        {value}
      </textarea>
    </div>
  );
}

function AssessmentForm({ known }: { known: AssessmentShown | null }) {
  return (
    <form
      class="deed"
      onSubmit={(event) => {
        event.preventDefault();
        assess(new FormData(event.currentTarget));
      }}
    >
      <p class="soft">{say(words.assessmentLine)}</p>
      {TEXTS.map((name) => (
        <Field
          key={name}
          label={say(words[name])}
          input={{ name, required: true, minLength: 2, maxLength: name === "purpose" ? 300 : 120,
                   autocomplete: "off", defaultValue: known?.[name] ?? "" }}
        />
      ))}
      {LONG.map((name) => (
        <LongField key={name} label={say(words[name])} name={name} value={known?.[name] ?? ""} />
      ))}
      <Field
        label={say(words.assessor)}
        input={{ name: "assessed_by", required: true, minLength: 2, maxLength: 120, autocomplete: "off",
                 defaultValue: known?.assessed_by ?? "" }}
      />
      {RATES.map((name) => (
        <Field
          key={name}
          label={say(words[name])}
          input={{ name, type: "number", required: true, min: 0.0001, max: name === "misses" ? 50 : 20, step: "any",
                   defaultValue: String(Number(((known?.[name] ?? DEFAULTS[name]) * 100).toPrecision(6))) }}
        />
      ))}
      <Button look="main" type="submit">{say(words.save)}</Button>
    </form>
  );
}

function Assessment({ known }: { known: AssessmentShown | null }) {
  const may = isAdministrator();
  const day = known ? dayOf(known.assessed_at, site.value?.time_zone) : "";
  return (
    <Card data-assessment={known !== null}>
      <h2>{say(words.assessment)}</h2>
      {known && !editing.value && (
        <>
          <p>{known.purpose}</p>
          <p class="soft small">{say(words.assessedBy, { who: known.assessed_by, day })}</p>
          {may && (
            <div class="choices">
              <Button
                onClick={() => {
                  editing.value = true;
                }}
              >
                {say(words.change)}
              </Button>
              <Button icon="printer" disabled={printing.value !== ""} onClick={() => print("report")}>
                {say(printing.value === "report" ? words.printing : words.report)}
              </Button>
            </div>
          )}
        </>
      )}
      {may && (known === null || editing.value) && <AssessmentForm known={known} />}
    </Card>
  );
}

// --------------------------------------------------------------------------- doors

type Mode = FaceDoorShown["mode"];

function setMode(door: FaceDoorShown, mode: Mode, purpose: string): Promise<boolean> {
  const path = `/api/v1/faces/doors/${encodeURIComponent(door.door)}` as const;
  const asked = { mode, zone: door.zone, purpose: door.purpose || purpose, turn: door.turn };
  return put(async () => (await staffAsk("PUT", path, asked)).body);
}

function AloneLine({ door }: { door: FaceDoorShown }) {
  if (door.alone === "waiting") return <StatusLine tone="wait" icon="hourglass">{say(words.aloneWaiting)}</StatusLine>;
  if (door.alone === "allowed") {
    return <StatusLine tone="good" icon="check">{say(words.aloneAllowed, { n: door.people ?? 0 })}</StatusLine>;
  }
  if (door.alone === "refused" && door.reason) {
    return <StatusLine tone="mind" icon="alert">{say(reasonWords(door.reason))}</StatusLine>;
  }
  return null;
}

function Door({ door, purpose }: { door: FaceDoorShown; purpose: string }) {
  const ways = door.ways.map((way) => say(words[way])).join(language.value === "en" ? ", " : "、");
  return (
    <li data-door={door.door}>
      {isAdministrator() && door.ways.length > 0 ? (
        <Choice<Mode>
          legend={say(words.mode, { door: say(door.name) })}
          value={door.mode}
          options={[
            { value: "off", text: say(words.modeOff) },
            { value: "claim", text: say(words.modeClaim) },
            { value: "alone", text: say(words.modeAlone) },
          ]}
          onChoose={(mode) => {
            setMode(door, mode, purpose);
          }}
        />
      ) : (
        <strong>{say(door.name)}</strong>
      )}
      <p class="soft small">{door.ways.length > 0 ? say(words.otherWays, { ways }) : say(words.noWays)}</p>
      <AloneLine door={door} />
    </li>
  );
}

function Doors({ told }: { told: FacesShown }) {
  const taking = told.doors.some((door) => door.mode !== "off");
  return (
    <Card data-face-doors>
      <h2>{say(words.doors)}</h2>
      <ul class="face-doors">
        {told.doors.map((door) => (
          <Door key={door.door} door={door} purpose={told.assessment?.purpose ?? ""} />
        ))}
      </ul>
      {taking && isAdministrator() && (
        <Button icon="printer" disabled={printing.value !== ""} onClick={() => print("signs")}>
          {say(printing.value === "signs" ? words.printing : words.signs)}
        </Button>
      )}
    </Card>
  );
}

// --------------------------------------------------------------------------- the page

export function Faces() {
  useEffect(() => {
    read();
    return onFaceNews(read);
  }, []);
  const told = faces.value;
  return (
    <div class="sheet faces">
      <h1>{say(words.title)}</h1>
      <p class="soft">{say(words.line)}</p>
      {failed.value && !told && <ErrorState title={say(failed.value)} onAgain={read} />}
      {!failed.value && !told && <Skeleton rows={4} />}
      {wrong.value && <Notice tone="mind" spoken>{say(wrong.value)}</Notice>}
      {told && (
        <>
          <Standing told={told} />
          {told.state === "ready" && <FacePerson />}
          {told.assessment && <Audit audit={told.audit} />}
          {told.assessment && told.doors.length > 0 && <Doors told={told} />}
          {told.assessment && <Cameras cameras={told.cameras} />}
          {told.assessment && isAdministrator() && <WatchList />}
          <Assessment known={told.assessment} />
        </>
      )}
    </div>
  );
}
