/** A visitor code made at the desk for whoever has no phone: on screen and on paper. */

import { Refused } from "@linli/shared/api";
import type { OwnDoor, PersonShown, VisitAsked, VisitShown } from "@linli/shared/api.gen";
import { Button, Choice, Dialog, ErrorState, Field, Notice, Skeleton } from "@linli/shared/bits";
import { clockTime, dayOf, say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { QrCode } from "@linli/shared/qr";
import { reasonWords } from "@linli/shared/reasons";
import { dayField, ofFields, partsIn } from "@linli/shared/zoned";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { staffAsk } from "./staff";
import { visitWords } from "./visit-words";
import { hubNow, site } from "./wall";
import { words } from "./words";

const SOON_MS = 2 * 3_600_000;
/** A code lives for twelve hours at most; a little less, for the way there. */
const CODE_MS = 12 * 3_600_000 - 120_000;
const MOST_DOORS = 4;
const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;
/** Whoever comes for longer is given a card; hub/acts/visits.py holds it too. */
const LONG_DAYS = 31;
const USES_A_DAY = 2;

type When = "soon" | "today" | "week" | "day";
type Often = "each" | "once" | "daily";

const state = signal<"busy" | "done" | "failed">("busy");
const doors = signal<readonly OwnDoor[]>([]);
const codeDoors = signal<readonly OwnDoor[]>([]);
const kind = signal<"scan" | "digits">("scan");
const visits = signal<readonly VisitShown[]>([]);
const chosen = signal<readonly string[]>([]);
const label = signal("");
const when = signal<When>("soon");
/** The last day, as a date field has it. */
const day = signal("");
const often = signal<Often>("each");
const made = signal<VisitShown | null>(null);
const wrong = signal<Words | null>(null);

const zone = () => site.value?.time_zone ?? "Asia/Shanghai";
const address = (person: PersonShown) => `/api/v1/people/${encodeURIComponent(person.id)}/visits` as const;

async function read(person: PersonShown): Promise<void> {
  state.value = "busy";
  try {
    const { body } = await staffAsk("GET", address(person));
    [doors.value, visits.value, codeDoors.value] = [body.doors, body.visits, body.code_doors];
    chosen.value = body.doors.slice(0, MOST_DOORS).map((each) => each.id);
    state.value = "done";
  } catch {
    state.value = "failed";
  }
}

async function trying(what: () => Promise<void>): Promise<void> {
  wrong.value = null;
  try {
    await what();
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : words.noHub;
  }
}

/** The day so many days from today, as a date field has it. */
function dayFrom(days: number): string {
  const today = partsIn(zone(), hubNow());
  const at = new Date(Date.UTC(today.year, today.month - 1, today.day + days));
  return dayField(partsIn("UTC", at));
}

/** How many days a pass lives, today counted in; null while no day, or no such day, is chosen. */
function daysOf(): number | null {
  if (when.value === "week") return WEEK_DAYS;
  if (when.value !== "day") return 1;
  const days = (Date.parse(day.value) - Date.parse(dayFrom(0))) / DAY_MS + 1;
  return days >= 1 && days <= LONG_DAYS ? days : null;
}

/** A pass of more than a day may open more than once: its doors ask each time. */
const long = () => (daysOf() ?? 1) > 1;

function endsAt(): Date {
  const now = hubNow();
  if (when.value === "soon") return new Date(now.getTime() + SOON_MS);
  if (when.value === "week") return new Date(now.getTime() + WEEK_DAYS * DAY_MS);
  if (when.value === "day") return ofFields(zone(), day.value, "23:59") ?? now;
  const ends = ofFields(zone(), dayField(partsIn(zone(), now)), "23:59") ?? now;
  const latest = new Date(now.getTime() + CODE_MS);
  return kind.value === "digits" && ends > latest ? latest : ends;
}

/** Digits are typed at one door: the chosen one that has a keypad, else the nearest to home. */
function codeDoor(): string {
  const own = codeDoors.value.find((each) => chosen.value.includes(each.id)) ?? codeDoors.value[0];
  return own?.id ?? "";
}

function issue(person: PersonShown): Promise<void> {
  return trying(async () => {
    const asked: VisitAsked = {
      label: label.value.trim(),
      doors: kind.value === "digits" ? [codeDoor()] : [...chosen.value],
      ends: endsAt().toISOString(),
    };
    if (kind.value === "digits") asked.typed = true;
    else if (often.value === "once") asked.strict = true;
    else if (often.value === "daily" && long()) asked.uses = USES_A_DAY * (daysOf() ?? 1);
    made.value = (await staffAsk("POST", address(person), asked)).body;
  });
}

function end(person: PersonShown, visit: VisitShown): Promise<void> {
  return trying(async () => {
    await staffAsk("POST", `/api/v1/visits/${encodeURIComponent(visit.id)}/revoke`);
    await read(person);
  });
}

function Doors() {
  const toggle = (id: string) => {
    const has = chosen.value.includes(id);
    chosen.value = has ? chosen.value.filter((each) => each !== id) : [...chosen.value, id];
  };
  return (
    <fieldset class="choice">
      <legend>{say(visitWords.doors)}</legend>
      <div>
        {doors.value.map((each) => (
          <label key={each.id}>
            <input
              type="checkbox"
              name="door"
              value={each.id}
              checked={chosen.value.includes(each.id)}
              disabled={!chosen.value.includes(each.id) && chosen.value.length >= MOST_DOORS}
              onChange={() => toggle(each.id)}
            />
            <Icon name="check" />
            <span>{say(each.name)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function WhenComes() {
  const digits = kind.value === "digits";
  const options: { value: When; text: string }[] = [
    { value: "soon", text: say(visitWords.soon) },
    { value: "today", text: say(visitWords.today) },
  ];
  if (!digits) {
    options.push({ value: "week", text: say(visitWords.week) });
    options.push({ value: "day", text: say(visitWords.untilDay) });
  }
  return (
    <>
      <Choice<When>
        legend={say(visitWords.when)}
        value={when.value}
        options={options}
        onChoose={(each) => {
          when.value = each;
        }}
      />
      {digits && <p class="soft small">{say(visitWords.digitsHint)}</p>}
      {when.value === "day" && (
        <Field
          label={say(visitWords.lastDay)}
          hint={say(visitWords.lastDayHint)}
          wrong={day.value !== "" && daysOf() === null ? say(visitWords.lastDayWrong) : undefined}
          input={{
            name: "day",
            type: "date",
            required: true,
            min: dayFrom(0),
            max: dayFrom(LONG_DAYS - 1),
            value: day.value,
            onInput: (event) => {
              day.value = event.currentTarget.value;
            },
          }}
        />
      )}
    </>
  );
}

function HowOften() {
  const options: { value: Often; text: string }[] = [
    { value: "each", text: say(visitWords.oftenEach) },
    { value: "once", text: say(visitWords.oftenOnce) },
  ];
  if (long()) options.push({ value: "daily", text: say(visitWords.oftenDaily) });
  const now = often.value === "daily" && !long() ? "each" : often.value;
  return (
    <>
      <Choice<Often>
        legend={say(visitWords.often)}
        value={now}
        options={options}
        onChoose={(each) => {
          often.value = each;
        }}
      />
      {(long() || now === "once") && <p class="soft small">{say(visitWords.online)}</p>}
    </>
  );
}

function Form({ person }: { person: PersonShown }) {
  const ready = chosen.value.length > 0 && daysOf() !== null;
  return (
    <form
      class="call-form"
      onSubmit={(event) => {
        event.preventDefault();
        issue(person);
      }}
    >
      <Field
        label={say(visitWords.who)}
        hint={say(visitWords.whoHint)}
        input={{
          name: "label",
          maxLength: 20,
          required: true,
          autocomplete: "off",
          value: label.value,
          onInput: (event) => {
            label.value = event.currentTarget.value;
          },
        }}
      />
      {codeDoors.value.length > 0 && (
        <Choice<"scan" | "digits">
          legend={say(visitWords.how)}
          value={kind.value}
          options={[
            { value: "scan", text: say(visitWords.byScan) },
            { value: "digits", text: say(visitWords.byDigits) },
          ]}
          onChoose={(each) => {
            kind.value = each;
            const far = when.value === "week" || when.value === "day";
            if (each === "digits" && far) when.value = "today";
          }}
        />
      )}
      <WhenComes />
      {kind.value === "digits" ? (
        <Choice<string>
          legend={say(visitWords.doors)}
          value={codeDoor()}
          options={codeDoors.value.map((each) => ({ value: each.id, text: say(each.name) }))}
          onChoose={(each) => {
            chosen.value = [each];
          }}
        />
      ) : (
        <>
          <Doors />
          <HowOften />
        </>
      )}
      <Button look="main" type="submit" icon="key" disabled={!ready}>
        {say(visitWords.make)}
      </Button>
    </form>
  );
}

/** How often it opens, in the words for whoever holds the slip. */
function slipWords(visit: VisitShown): string {
  if (visit.code !== null) return say(visitWords.slipDigits);
  if (visit.strict) return say(visitWords.slipOnce);
  if (visit.uses > 1) return say(visitWords.slipOften, { n: visit.uses });
  return say(visitWords.slip);
}

function Slip({ visit }: { visit: VisitShown }) {
  return (
    <>
      <p class="code-for">{visit.doors.map((each) => say(each.name)).join(" · ")}</p>
      {visit.text && <QrCode text={visit.text} label={say(visitWords.picture)} />}
      <p>
        {say(visitWords.until, {
          day: dayOf(visit.ends, zone()),
          at: clockTime(visit.ends, zone()),
        })}
      </p>
      {visit.code && (
        <p class="slip-digits figures">{visit.code.replace(/(\d{3})(?=\d)/g, "$1 ")}</p>
      )}
      <p>{slipWords(visit)}</p>
      {visit.online && <p class="soft small">{say(visitWords.online)}</p>}
      {visit.reached === false && <Notice tone="wait">{say(visitWords.waits)}</Notice>}
      <Button icon="printer" onClick={() => print()}>
        {say(words.print)}
      </Button>
    </>
  );
}

function Open({ person }: { person: PersonShown }) {
  const now = hubNow().getTime();
  const open = visits.value.filter((each) => each.state !== "revoked" && Date.parse(each.ends) > now);
  if (open.length === 0) return null;
  return (
    <section>
      <h3>{say(visitWords.open)}</h3>
      <ul class="phones">
        {open.map((each) => (
          <li key={each.id}>
            <Icon name={each.state === "came" ? "check" : "hourglass"} />
            <span>
              <bdi>{each.label || say(visitWords.byResident)}</bdi>{" "}
              <span class="soft small">
                {say(each.state === "came" ? visitWords.came : visitWords.expected)}
              </span>
            </span>
            <Button look="grave" onClick={() => end(person, each)}>
              {say(visitWords.end)}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function VisitDesk({ person, onClose }: { person: PersonShown; onClose: () => void }) {
  useEffect(() => {
    [made.value, wrong.value, label.value, when.value] = [null, null, "", "soon"];
    [kind.value, often.value, day.value] = ["scan", "each", dayFrom(2 * WEEK_DAYS - 1)];
    read(person);
  }, [person]);
  return (
    <Dialog title={say(visitWords.visitsOf, { name: person.name })} onClose={onClose}>
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      {made.value && <Slip visit={made.value} />}
      {!made.value && state.value === "busy" && <Skeleton rows={4} />}
      {!made.value && state.value === "failed" && <ErrorState onAgain={() => read(person)} />}
      {!made.value && state.value === "done" && (
        <>
          <Form person={person} />
          <Open person={person} />
        </>
      )}
    </Dialog>
  );
}
