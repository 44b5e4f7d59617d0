/** Who comes, when, and through which doors: three questions, all answered beforehand. */

import type { VisitShown } from "@linli/shared/api.gen";
import { Button, Choice, Field, Notice } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { signal } from "@preact/signals";

import { visitWords } from "./visit-words";
import {
  codeDoor,
  codeDoors,
  type Draft,
  firstDraft,
  type How,
  makeVisit,
  MOST_DOORS,
  passDoors,
  type Often,
  typed,
  type When,
  type Who,
  wrong,
} from "./visits";

const draft = signal<Draft>(firstDraft());
const busy = signal(false);

/** Begin afresh each time the form is opened. */
export function beginDraft(): void {
  draft.value = firstDraft();
  wrong.value = null;
}

function set(change: Partial<Draft>): void {
  draft.value = { ...draft.value, ...change };
  wrong.value = null;
}

function WhoComes() {
  const options = (["family", "courier", "helper", "other"] as const).map((value) => ({
    value,
    text: say(visitWords[value]),
  }));
  return (
    <>
      <Choice<Who>
        legend={say(visitWords.who)}
        value={draft.value.who}
        options={options}
        onChoose={(who) => set({ who })}
      />
      {draft.value.who === "other" && (
        <Field
          label={say(visitWords.nickname)}
          input={{
            name: "nickname",
            maxLength: 20,
            autocomplete: "off",
            value: draft.value.nickname,
            onInput: (event) => set({ nickname: event.currentTarget.value }),
          }}
        />
      )}
    </>
  );
}

function AnotherTime() {
  const field = (name: "day" | "from" | "to", type: "date" | "time") => (
    <Field
      label={say(visitWords[name])}
      input={{
        name,
        type,
        required: true,
        value: draft.value[name],
        onInput: (event) => set({ [name]: event.currentTarget.value }),
      }}
    />
  );
  return (
    <div class="times">
      {field("day", "date")}
      {field("from", "time")}
      {field("to", "time")}
    </div>
  );
}

function WhenComes() {
  const times = typed(draft.value)
    ? (["soon", "today", "another"] as const)
    : (["soon", "today", "week", "another"] as const);
  const options = times.map((value) => ({ value, text: say(visitWords[value]) }));
  return (
    <>
      <Choice<When>
        legend={say(visitWords.when)}
        value={draft.value.when}
        options={options}
        onChoose={(when) => set({ when })}
      />
      {draft.value.when === "another" && <AnotherTime />}
    </>
  );
}

function HowIn() {
  if (codeDoors.value.length === 0) return null;
  return (
    <>
      <Choice<How>
        legend={say(visitWords.how)}
        value={draft.value.how}
        options={[
          { value: "scan", text: say(visitWords.byScan) },
          { value: "digits", text: say(visitWords.byDigits) },
        ]}
        onChoose={(how) => {
          const late = how === "digits" && draft.value.when === "week";
          set(late ? { how, when: "today" } : { how });
        }}
      />
      {typed(draft.value) && <p class="soft small">{say(visitWords.digitsHint)}</p>}
    </>
  );
}

function HowOften() {
  const week = draft.value.when === "week";
  const options = [
    { value: "each" as const, text: say(visitWords.oftenEach) },
    { value: "once" as const, text: say(visitWords.oftenOnce) },
    ...(week ? [{ value: "daily" as const, text: say(visitWords.oftenDaily) }] : []),
  ];
  const often = draft.value.often === "daily" && !week ? "each" : draft.value.often;
  return (
    <>
      <Choice<Often>
        legend={say(visitWords.often)}
        value={often}
        options={options}
        onChoose={(each) => set({ often: each })}
      />
      {(week || often === "once") && <p class="soft small">{say(visitWords.online)}</p>}
    </>
  );
}

function WhichKeypad() {
  return (
    <Choice<string>
      legend={say(visitWords.which)}
      value={codeDoor(draft.value)}
      options={codeDoors.value.map((each) => ({ value: each.id, text: say(each.name) }))}
      onChoose={(id) => set({ doors: [id] })}
    />
  );
}

function WhichDoors() {
  const chosen = draft.value.doors;
  const toggle = (id: string) =>
    set({ doors: chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id] });
  return (
    <fieldset class="choice ticks">
      <legend>{say(visitWords.which)}</legend>
      {passDoors.value.length > MOST_DOORS && <p class="soft small">{say(visitWords.whichHint)}</p>}
      <div>
        {passDoors.value.map((each) => (
          <label key={each.id}>
            <input
              type="checkbox"
              name="door"
              value={each.id}
              checked={chosen.includes(each.id)}
              disabled={!chosen.includes(each.id) && chosen.length >= MOST_DOORS}
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

export function Invite({ onMade, onBack }: { onMade: (visit: VisitShown) => void; onBack: () => void }) {
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    const made = await makeVisit(draft.value);
    busy.value = false;
    if (made) onMade(made);
  };
  return (
    <form class="invite" noValidate onSubmit={submit}>
      <WhoComes />
      <HowIn />
      <WhenComes />
      {typed(draft.value) ? (
        <WhichKeypad />
      ) : (
        <>
          <WhichDoors />
          <HowOften />
        </>
      )}
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      <Button look="main" wide type="submit" icon="key" disabled={busy.value}>
        {say(busy.value ? visitWords.making : visitWords.make)}
      </Button>
      <Button wide onClick={onBack}>
        {say(visitWords.back)}
      </Button>
    </form>
  );
}
