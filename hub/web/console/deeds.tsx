/** What staff do to doors: open, change the mode, lock down, release; each with a reason and a code. */

import { Refused } from "@linli/shared/api";
import type { DoorMode, DoorShown, LockdownShown } from "@linli/shared/api.gen";
import { Button, Dialog, Field, Notice, type Tone } from "@linli/shared/bits";
import { clockTime, dayOf, say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { computed, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { deedWords as words, modeWords } from "./deedwords";
import { lockdowns, readLockdowns } from "./lockdowns";
import { member, staffAsk } from "./staff";
import { doors, hubNow, site } from "./wall";
import { words as common } from "./words";

/** As long as the hub takes it. */
const REASON_CHARS_MAX = 200;
/** Who may, by role (hub/core/may.py); the hub decides, this only shows nobody a button in vain. */
const ROLES: readonly string[] = ["administrator", "property_staff"];

const mayOperate = computed(() => ROLES.includes(member.value?.role ?? ""));

type OfferedMode = keyof typeof modeWords;
const OFFERED = Object.keys(modeWords) as OfferedMode[];

type Deed =
  | { kind: "open"; door: DoorShown }
  | { kind: "mode"; door: DoorShown; mode: OfferedMode }
  | { kind: "lockdown"; building: string }
  | { kind: "release"; building: string };

interface Outcome {
  tone: Tone;
  title: Words;
  line: Words;
  fill?: Record<string, string>;
}

const deed = signal<Deed | null>(null);
const reason = signal("");
const otp = signal("");
const busy = signal(false);
const wrong = signal<Words | null>(null);
/** Fields that were sent empty or malformed. */
const missing = signal<{ reason: boolean; otp: boolean }>({ reason: false, otp: false });
const outcome = signal<Outcome | null>(null);

function begin(next: Deed): void {
  [reason.value, otp.value, busy.value, wrong.value, outcome.value] = ["", "", false, null, null];
  missing.value = { reason: false, otp: false };
  deed.value = next;
}

function close(): void {
  deed.value = null;
  [reason.value, otp.value] = ["", ""]; // neither a reason nor a code stays behind
}

// --------------------------------------------------------------------------- asking the hub

/** Do it; what comes back is the outcome in words. */
async function ask(what: Deed): Promise<Outcome> {
  const why = { reason: reason.value.trim(), otp: otp.value };
  switch (what.kind) {
    case "open": {
      await staffAsk("POST", `/api/v1/doors/${encodeURIComponent(what.door.id)}/open`, why);
      return { tone: "good", title: words.opened, line: words.openedLine };
    }
    case "mode": {
      const door = encodeURIComponent(what.door.id);
      const mode: DoorMode = what.mode;
      await staffAsk("PUT", `/api/v1/doors/${door}/mode`, { mode, ...why });
      const now = doors.value.find((each) => each.id === what.door.id) ?? what.door;
      const line = now.online === true ? words.modeTakenLine : words.modeOfflineLine;
      const fill = { mode: say(modeWords[what.mode].name) };
      return { tone: "good", title: words.modeTaken, line, fill };
    }
    case "lockdown":
      await staffAsk("POST", "/api/v1/lockdown", { building: what.building, ...why });
      return { tone: "good", title: words.lockdownTaken, line: words.lockdownTakenLine };
    case "release":
      await staffAsk("POST", "/api/v1/lockdown/release", { building: what.building, ...why });
      return { tone: "good", title: words.released, line: words.releasedLine };
  }
}

/** How it failed: an outcome where the door was asked or nobody knows, else null and `wrong` is said. */
function failure(what: Deed, error: unknown): Outcome | null {
  if (!(error instanceof Refused)) {
    const opens = what.kind === "open";
    const title = opens ? words.unknown : words.lostAnswer;
    return { tone: "mind", title, line: opens ? words.unknownLine : words.lostAnswerLine };
  }
  if (error.body["outcome"] === "unknown" || error.code === "outcome_unknown") {
    return { tone: "mind", title: words.unknown, line: words.unknownLine };
  }
  const title = what.kind === "open" ? words.refused : words.notSent;
  if (error.code === "door_offline") return { tone: "mind", title, line: words.offlineLine };
  if (error.code === "locked_down") return { tone: "mind", title, line: words.lockedDownLine };
  if (error.body["outcome"] === "refused" || error.code === "not_allowed") {
    return { tone: "mind", title, line: reasonWords(error.code) };
  }
  if (error.code === "not_found") return { tone: "mind", title, line: words.alreadyOver };
  wrong.value = reasonWords(error.code);
  return null;
}

async function submit(what: Deed): Promise<void> {
  missing.value = { reason: reason.value.trim() === "", otp: !/^\d{6}$/.test(otp.value) };
  if (busy.value || missing.value.reason || missing.value.otp) return;
  busy.value = true;
  wrong.value = null;
  let told: Outcome | null;
  try {
    told = await ask(what);
  } catch (error) {
    told = failure(what, error);
  }
  // what was lost on the way may have happened: the banner and the buttons show what is so
  if (what.kind === "lockdown" || what.kind === "release") readLockdowns();
  busy.value = false;
  if (deed.value?.kind !== what.kind) return; // it was put away meanwhile
  otp.value = ""; // a code is good once
  outcome.value = told;
}

// --------------------------------------------------------------------------- the dialog

const OTP_INPUT = {
  name: "otp",
  inputMode: "numeric",
  autocomplete: "one-time-code",
  maxLength: 6,
} as const;

function whereOf(building: string): string {
  if (building === "") return say(words.wholeSite);
  return /^\d+$/.test(building) ? say(common.building, { n: building }) : building;
}

function titleOf(what: Deed): string {
  if (what.kind === "open") return say(words.openOf, { door: say(what.door.name) });
  if (what.kind === "mode") return say(words.modeOf, { door: say(what.door.name) });
  if (what.kind === "release") return say(words.releaseOf, { where: whereOf(what.building) });
  return say(words.lockdownTitle);
}

const YES = {
  open: words.openYes,
  mode: words.modeYes,
  lockdown: words.lockdownYes,
  release: words.releaseYes,
} as const;

function Modes({ what }: { what: Deed & { kind: "mode" } }) {
  return (
    <Options
      legend={say(words.modeWhich)}
      name="mode"
      value={what.mode}
      options={OFFERED.map((value) => ({
        value,
        text: say(modeWords[value].name),
        note: say(modeWords[value].means),
      }))}
      onChoose={(mode) => {
        deed.value = { ...what, mode };
      }}
    />
  );
}

/** The whole site first, then building by building; what is locked down already is not offered. */
function Where({ what }: { what: Deed & { kind: "lockdown" } }) {
  const places = ["", ...new Set(doors.value.map((door) => door.building).filter(Boolean))];
  const held = new Set(lockdowns.value.map((each) => each.building));
  const free = places.filter((each) => !held.has(each) || each === what.building);
  return (
    <div class="field">
      <label for="deed-where">{say(words.where)}</label>
      <span class="picked">
        <select
          class="input"
          id="deed-where"
          name="building"
          value={what.building}
          onChange={(event) => {
            deed.value = { ...what, building: event.currentTarget.value };
          }}
        >
          {free.map((each) => (
            <option key={each} value={each}>
              {whereOf(each)}
            </option>
          ))}
        </select>
        <Icon name="down" />
      </span>
    </div>
  );
}

interface OptionsProps<T extends string> {
  legend: string;
  name: string;
  value: T;
  options: readonly { value: T; text: string; note: string }[];
  onChoose: (value: T) => void;
}

/** One of a few, each with a line that says what it means. */
function Options<T extends string>({ legend, name, value, options, onChoose }: OptionsProps<T>) {
  return (
    <fieldset class="choice meant">
      <legend>{legend}</legend>
      <div>
        {options.map((each) => (
          <label key={each.value}>
            <input
              type="radio"
              name={name}
              value={each.value}
              checked={each.value === value}
              onChange={() => onChoose(each.value)}
            />
            <Icon name="check" />
            <span>
              <strong>{each.text}</strong>
              <span>{each.note}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** The outcome takes the place of the form, and the focus with it. */
function Told({ told }: { told: Outcome }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => ref.current?.focus(), []);
  return (
    <>
      <div class="told" ref={ref} tabIndex={-1} data-tone={told.tone}>
        <Notice tone={told.tone} title={say(told.title)} spoken>
          <p>{say(told.line, told.fill ?? {})}</p>
        </Notice>
      </div>
      <div class="choices">
        <Button look="main" onClick={close}>
          {say(words.done)}
        </Button>
      </div>
    </>
  );
}

function Fields({ what }: { what: Deed }) {
  return (
    <>
      <Field
        label={say(words.reason)}
        hint={say(words.reasonHint)}
        wrong={missing.value.reason ? say(words.reasonWrong) : null}
        input={{
          name: "reason",
          autocomplete: "off",
          maxLength: REASON_CHARS_MAX,
          value: reason.value,
          onInput: (event) => {
            reason.value = event.currentTarget.value;
          },
        }}
      />
      <Field
        label={say(common.otp)}
        hint={say(words.otpHint)}
        wrong={missing.value.otp ? say(words.otpWrong) : null}
        input={{
          ...OTP_INPUT,
          value: otp.value,
          onInput: (event) => {
            otp.value = event.currentTarget.value;
          },
        }}
      />
      {wrong.value && (
        <Notice tone="mind" title={say(words.notSent)} spoken>
          <p>{say(wrong.value)}</p>
        </Notice>
      )}
      <div class="choices">
        <Button onClick={close}>{say(common.cancel)}</Button>
        <Button look={what.kind === "lockdown" ? "grave" : "main"} type="submit" disabled={busy.value}>
          {say(busy.value ? common.busy : YES[what.kind])}
        </Button>
      </div>
    </>
  );
}

function DeedDialog({ what }: { what: Deed }) {
  const form = useRef<HTMLFormElement>(null);
  const send = async (event: Event) => {
    event.preventDefault();
    await submit(what);
    // the first field that wants something has the focus again
    requestAnimationFrame(() => {
      const wants = form.current?.querySelector<HTMLElement>("[aria-invalid], [name=otp]");
      if (outcome.value === null) wants?.focus();
    });
  };
  const lines = { open: words.openLine, lockdown: words.lockdownLine, release: words.releaseLine };
  return (
    <Dialog title={titleOf(what)} onClose={close} sheet>
      {outcome.value ? (
        <Told told={outcome.value} />
      ) : (
        <form class="deed" data-deed={what.kind} ref={form} onSubmit={send} noValidate>
          {what.kind === "mode" ? <Modes what={what} /> : <p>{say(lines[what.kind])}</p>}
          {what.kind === "lockdown" && <Where what={what} />}
          <Fields what={what} />
        </form>
      )}
    </Dialog>
  );
}

/** The dialog of the deed that somebody is about to do, over every page. */
export function Deeds() {
  return deed.value && <DeedDialog key={deed.value.kind} what={deed.value} />;
}

// --------------------------------------------------------------------------- the buttons

interface DeedButtonProps {
  icon: IconName;
  look?: "main" | "usual" | "plain" | "grave";
  label?: string;
  next: () => Deed;
  children: ComponentChildren;
}

function DeedButton({ icon, look = "usual", label, next, children }: DeedButtonProps) {
  return (
    <Button icon={icon} look={look} opens="dialog" {...(label ? { label } : {})} onClick={() => begin(next())}>
      {children}
    </Button>
  );
}

/** Open this door, from its tile on the wall. */
export function OpenDeed({ door }: { door: DoorShown }) {
  if (!mayOperate.value) return null;
  return (
    <span class="tile-deed">
      <DeedButton
        icon="unlock"
        label={say(words.openOf, { door: say(door.name) })}
        next={() => ({ kind: "open", door })}
      >
        {say(words.open)}
      </DeedButton>
    </span>
  );
}

/** What may be done to a door, on its own page. */
export function DoorDeeds({ door }: { door: DoorShown }) {
  if (!mayOperate.value) return null;
  const mode = OFFERED.find((each) => each === door.mode) ?? "Locked";
  return (
    <p class="deeds">
      <DeedButton icon="unlock" look="main" next={() => ({ kind: "open", door })}>
        {say(words.open)}
      </DeedButton>
      <DeedButton icon="gear" next={() => ({ kind: "mode", door, mode })}>
        {say(words.mode)}
      </DeedButton>
    </p>
  );
}

/** What may be done to the whole site, above the wall. */
export function SiteDeeds() {
  if (!mayOperate.value) return null;
  if (lockdowns.value.some((each) => each.building === "")) return null; // its banner releases it
  return (
    <DeedButton icon="shield" next={() => ({ kind: "lockdown", building: "" })}>
      {say(words.lockdown)}
    </DeedButton>
  );
}

// --------------------------------------------------------------------------- the banner

/** How many doors say themselves that they are locked down; a door out of reach says nothing. */
function Reported({ building }: { building: string }) {
  const own = doors.value.filter((door) => building === "" || door.building === building);
  const n = own.filter((door) => door.online === true && door.mode === "LockedDown").length;
  const all = own.length;
  if (all === 0) return null;
  return <span class="figures">{say(n === all ? words.allReported : words.reported, { n, all })}</span>;
}

/** When it began, with the day where that was not today. */
function sinceWords({ begun_at }: LockdownShown): string {
  const zone = site.value?.time_zone;
  const day = dayOf(begun_at, zone);
  const time = clockTime(begun_at, zone);
  return say(words.since, { at: day === dayOf(hubNow().toISOString(), zone) ? time : `${day} ${time}` });
}

/** Over every page as long as a lockdown is in force. */
export function LockdownBanner() {
  return (
    <div class="lockdowns" role="status">
      {lockdowns.value.map((each) => (
        <section key={each.id} data-lockdown={each.building || "site"}>
          <Icon name="shield" />
          <p>
            <strong>{say(words.inForce, { where: whereOf(each.building) })}</strong>
            <span class="figures">{sinceWords(each)}</span>
            <Reported building={each.building} />
            <bdi>{each.reason}</bdi>
          </p>
          {mayOperate.value && (
            <DeedButton
              icon="unlock"
              label={say(words.releaseOf, { where: whereOf(each.building) })}
              next={() => ({ kind: "release", building: each.building })}
            >
              {say(words.release)}
            </DeedButton>
          )}
        </section>
      ))}
    </div>
  );
}
