/** The event list: who, where, how, why not; the stages of an opening on request. */

import type { EventShown } from "@linli/shared/api.gen";
import { Button, EmptyState, Name, Skeleton, type Tone } from "@linli/shared/bits";
import { clockTime, dayOf, say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";
import { reasonSeverity, reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";

import { events, mayHaveOlder, news, personOf, readOlder, reading, site } from "./wall";
import { cureOf, Why } from "./why";
import { kindWords, stageWords, viaWords, words } from "./words";

/** The event that is folded out. */
const unfolded = signal<number | null>(null);

/** Ways in which somebody shows who they are; an exit button asks nobody. */
const CREDENTIALS = ["card", "phone", "pin", "pass", "code"];

type Outcome = "opened" | "refused" | "unknown" | "noted";

/** Doors say `granted`; on the wall that is a door that opened. */
function outcomeOf(event: EventShown): Outcome {
  return event.outcome === "granted" ? "opened" : (event.outcome ?? "noted");
}

const SIGNS: Readonly<Record<Outcome, { tone: Tone; icon: IconName }>> = {
  opened: { tone: "good", icon: "check" },
  refused: { tone: "mind", icon: "alert" },
  unknown: { tone: "wait", icon: "question" },
  noted: { tone: "calm", icon: "info" },
};

/** How an event is marked; an alarm is marked as one. */
export function eventTone(event: EventShown): { tone: Tone; icon: IconName } {
  const sign = SIGNS[outcomeOf(event)];
  const alarming = event.reason !== null && reasonSeverity(event.reason) === "alarm";
  return alarming ? { ...sign, tone: "grave" } : sign;
}

function named<W extends Record<string, Words>>(table: W, name: string): string {
  return Object.hasOwn(table, name) ? say(table[name] as Words) : name;
}

/** What happened, in a word or two. */
export function eventWords(event: EventShown): Words {
  if (event.kind !== "access") {
    if (Object.hasOwn(kindWords, event.kind)) return kindWords[event.kind as keyof typeof kindWords];
    if (event.reason !== null) return reasonWords(event.reason); // a kind of its own says so itself
    return { "zh-Hans": event.kind, "zh-Hant": event.kind, en: event.kind };
  }
  const outcome = outcomeOf(event);
  if (outcome === "opened") return words.granted;
  if (outcome === "refused") return words.refused;
  return outcome === "unknown" ? words.unknown : words.noted;
}

function span(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1_000));
  if (seconds < 100) return say(words.seconds, { n: seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return say(words.minutes, { n: minutes });
  return say(words.hours, { n: Math.round(minutes / 60) });
}

function Stages({ event }: { event: EventShown }) {
  const stages = Object.entries(event.ms);
  if (stages.length === 0) return null;
  const longest = Math.max(...stages.map(([, ms]) => ms), 1);
  return (
    <table class="stages">
      <caption>{say(words.stages)}</caption>
      <tbody>
        {stages.map(([stage, ms]) => (
          <tr key={stage}>
            <th scope="row">{named(stageWords, stage)}</th>
            <td class="figures">{say(words.ms, { n: ms < 10 ? ms.toFixed(1) : Math.round(ms) })}</td>
            <td aria-hidden="true">
              <svg class="bar-of" viewBox="0 0 100 8" preserveAspectRatio="none">
                <rect width={Math.max(1, (ms / longest) * 100)} height="8" rx="1" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="figures">{children}</dd>
    </div>
  );
}

function Detail({ event }: { event: EventShown }) {
  const zone = site.value?.time_zone;
  const moment = (at: string) => `${dayOf(at, zone)} ${clockTime(at, zone, true)}`;
  return (
    <div class="detail" id={`event-${event.n}`}>
      <dl>
        <Fact name={say(words.happened)}>{moment(event.at)}</Fact>
        <Fact name={say(words.recorded)}>{moment(event.recorded_at)}</Fact>
        <Fact name={say(words.number)}>{String(event.n)}</Fact>
        {event.person && <Fact name={say(words.person)}>{event.person}</Fact>}
        {event.device && <Fact name={say(words.device)}>{event.device}</Fact>}
        {event.reason && <Fact name={say(words.reasonCode)}>{event.reason}</Fact>}
        {event.reason && <Fact name={say(words.heard)}>{say(reasonWords(event.reason))}</Fact>}
      </dl>
      <Stages event={event} />
      {outcomeOf(event) === "refused" && <Why key={event.n} n={event.n} />}
    </div>
  );
}

/** Why, as staff read it; without words for them by its code, unless the event was only noted. */
function ReasonSaid({ code, noted }: { code: string; noted: boolean }) {
  const said = cureOf(code);
  if (said === undefined) return noted ? null : <code>{code}</code>;
  return <span class="because">{say(said)}</span>;
}

/** One event; it folds out to its stages and, where a door refused, to why. */
export function EventRow({ event }: { event: EventShown }) {
  const open = unfolded.value === event.n;
  const { tone, icon } = eventTone(event);
  const person = personOf(event);
  const outcome = outcomeOf(event);
  return (
    <li class="event" data-outcome={outcome} data-tone={tone} data-news={news.value.has(event.n) || undefined}>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? `event-${event.n}` : undefined}
        onClick={() => {
          unfolded.value = open ? null : event.n;
        }}
      >
        <time class="figures" dateTime={event.at}>
          {clockTime(event.at, site.value?.time_zone, true)}
        </time>
        <Icon name={icon} />
        <span class="what">
          <span>
            <strong>{event.door_name ? say(event.door_name) : (event.device ?? "")}</strong>{" "}
            <span class="outcome">{say(eventWords(event))}</span>
          </span>
          <span class="who">
            {person && <Name>{person}</Name>}
            {!event.person && CREDENTIALS.includes(event.via ?? "") && <span>{say(words.somebody)}</span>}
            {event.via && <span>{named(viaWords, event.via)}</span>}
            {outcome !== "opened" && event.reason && event.reason !== event.kind && (
              <ReasonSaid code={event.reason} noted={outcome === "noted"} />
            )}
            {event.late && <em>{say(words.lateBy, { by: span(event.at, event.recorded_at) })}</em>}
          </span>
        </span>
        <Icon name="down" />
      </button>
      {open && <Detail event={event} />}
    </li>
  );
}

export function Events() {
  const none = events.value.length === 0;
  return (
    <aside class="events">
      <h2>{say(words.events)}</h2>
      {none && reading.value === "busy" && <Skeleton rows={5} />}
      {none && reading.value === "done" && (
        <EmptyState icon="list" title={say(words.noEvents)}>
          <p>{say(words.noEventsLine)}</p>
        </EmptyState>
      )}
      <ol>
        {events.value.map((event) => (
          <EventRow key={event.n} event={event} />
        ))}
      </ol>
      {mayHaveOlder.value && (
        <Button wide icon="down" onClick={() => readOlder()}>
          {say(words.older)}
        </Button>
      )}
    </aside>
  );
}
