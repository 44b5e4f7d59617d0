/** Lost cards: stop one, and watch each door forget it; what still knows it is named. */

import type { CardShown, PhoneEnded, RevocationDoor } from "@linli/shared/api.gen";
import {
  Button, Card, Dialog, EmptyState, ErrorState, Field, Name, Notice, Skeleton, StatusLine,
} from "@linli/shared/bits";
import { clockTime, dayOf, say, type Words } from "@linli/shared/i18n";
import type { Had } from "@linli/shared/lasthad";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { attempt } from "./attempt";
import { StopCardDialog } from "./asking";
import { cardWords as words } from "./cardwords";
import { IssuingDesk } from "./issuing";
import { SearchForm } from "./search";
import { member, staffAsk } from "./staff";
import { onCardNews, site } from "./wall";
import { WeakDoors } from "./weakdoors";
import { words as common } from "./words";

/** Receipts of one burst are asked for together. */
const NEWS_PAUSE_MS = 120;
/** Doors named in one list; a gate of a large estate has hundreds of neighbours. */
const MOST_DOORS = 24;

const query = signal("");
/** What the list was asked for: "" shows the lost ones. */
const asked = signal("");
const found = signal<readonly CardShown[] | null>(null);
const phones = signal<readonly PhoneEnded[]>([]);
const state = signal<"idle" | "busy" | "failed">("idle");
const wrong = signal<Words | null>(null);
const stopping = signal<CardShown | null>(null);
const returning = signal<CardShown | null>(null);
const why = signal("");

async function search(): Promise<void> {
  state.value = "busy";
  wrong.value = null;
  try {
    const text = encodeURIComponent(asked.value);
    const { body } = await staffAsk("GET", `/api/v1/cards?query=${text}`);
    [found.value, phones.value] = [body.cards, body.phones];
    state.value = "idle";
  } catch {
    state.value = "failed";
  }
}

function put(card: CardShown): void {
  found.value = (found.value ?? []).map((each) => (each.id === card.id ? card : each));
}

const act = (what: () => Promise<void>) => attempt(what, wrong);

const path = (card: CardShown) => `/api/v1/cards/${encodeURIComponent(card.id)}` as const;

function stop(card: CardShown, had: Had): Promise<void> {
  stopping.value = null;
  return act(async () => put((await staffAsk("POST", `${path(card)}/block`, { had })).body));
}

function bringBack(card: CardShown): Promise<void> {
  const reason = why.value.trim();
  returning.value = null;
  why.value = "";
  return act(async () => put((await staffAsk("POST", `${path(card)}/unblock`, { reason })).body));
}

const waiting = new Set<string>();
let pause: ReturnType<typeof setTimeout> | undefined;

/** A door's receipt came, or a card was stopped elsewhere. */
function hear(card: string): void {
  const known = found.value?.some((each) => each.id === card);
  if (known) waiting.add(card);
  else if (asked.value !== "") return;
  pause ??= setTimeout(() => {
    pause = undefined;
    const cards = [...waiting];
    waiting.clear();
    if (!known) search();
    for (const id of cards) {
      const one = `/api/v1/cards/${encodeURIComponent(id)}` as const;
      staffAsk("GET", one).then(({ body }) => put(body)).catch(() => {}); // the next news asks again
    }
  }, NEWS_PAUSE_MS);
}

// --------------------------------------------------------------------------- one card

function seconds(value: number): string {
  return say(words.afterSeconds, { n: value < 10 ? value.toFixed(1) : Math.round(value) });
}

/** How a door stands to a lost card: it has forgotten it, or why it has not yet. */
function DoorLine({ door }: { door: RevocationDoor }) {
  const zone = site.value?.time_zone;
  if (door.gone_after_s !== null) {
    return <StatusLine tone="good" icon="check">{seconds(door.gone_after_s)}</StatusLine>;
  }
  if (door.refused !== null) {
    const reason = say(reasonWords(door.refused));
    return <StatusLine tone="mind" icon="alert">{say(words.cannot, { why: reason })}</StatusLine>;
  }
  if (door.online === false || door.offline_since !== null) {
    const since = door.offline_since;
    return (
      <StatusLine tone="mind" icon="offline">
        {since
          ? say(words.stillSince, { at: `${dayOf(since, zone)} ${clockTime(since, zone)}` })
          : say(words.stillOffline)}
      </StatusLine>
    );
  }
  return <StatusLine tone="wait" icon="hourglass">{say(words.onItsWay)}</StatusLine>;
}

function Doors({ doors }: { doors: readonly RevocationDoor[] }) {
  const still = doors.filter((each) => each.gone_after_s === null);
  const gone = doors.filter((each) => each.gone_after_s !== null);
  const shown = [...still, ...gone].slice(0, MOST_DOORS);
  return (
    <>
      <ul class="forgetting">
        {shown.map((door) => (
          <li key={door.id} data-door={door.id} data-gone={door.gone_after_s !== null || undefined}>
            <span>{say(door.name)}</span>
            <DoorLine door={door} />
          </li>
        ))}
      </ul>
      {doors.length > shown.length && (
        <p class="soft small">{say(words.moreDoors, { n: doors.length - shown.length })}</p>
      )}
    </>
  );
}

function Progress({ card }: { card: CardShown }) {
  const revocation = card.revocation;
  if (!revocation) return null;
  const { doors } = revocation;
  const gone = doors.filter((each) => each.gone_after_s !== null);
  const all = revocation.told && gone.length === doors.length;
  const last = Math.max(0, ...gone.map((each) => each.gone_after_s ?? 0));
  const text = revocation.told
    ? say(words.goneFrom, { n: gone.length, all: doors.length })
    : say(words.telling);
  return (
    <div class="revocation" role="status">
      <StatusLine tone={all ? "good" : "wait"} icon={all ? "check" : "hourglass"}>
        <strong>{text}</strong>
      </StatusLine>
      {gone.length > 0 && <span class="soft figures">{say(words.lastAfter, { n: last.toFixed(1) })}</span>}
      {doors.length > 0 && <progress max={doors.length} value={gone.length} aria-label={text} />}
    </div>
  );
}

const BY = {
  staff: words.byStaff, phone: words.byPhone, kiosk: words.byKiosk, recall: words.byRecall,
} as const;

function CardSheet({ card }: { card: CardShown }) {
  const zone = site.value?.time_zone;
  const { revocation } = card;
  const mayReturn = member.value?.role !== "officer";
  return (
    <li>
      <Card data-card={card.id} data-lost={card.blocked_at !== null || undefined}>
        <header>
          <h2>
            <Name>{card.person_name}</Name>
          </h2>
          <p class="soft">
            <bdi lang="zh-Hans">{card.house}</bdi> · {say(words.issuedOn, { day: dayOf(card.issued_at, zone) })}
          </p>
          {card.blocked_at === null ? (
            <Button
              look="grave"
              opens="dialog"
              label={`${say(words.stop)}: ${card.person_name}`}
              onClick={() => {
                stopping.value = card;
              }}
            >
              {say(words.stop)}
            </Button>
          ) : (
            mayReturn && (
              <Button
                opens="dialog"
                label={`${say(words.found)}: ${card.person_name}`}
                onClick={() => {
                  returning.value = card;
                }}
              >
                {say(words.found)}
              </Button>
            )
          )}
        </header>
        {card.blocked_at !== null && (
          <p class="small">
            {say(words.stoppedAt, { at: `${dayOf(card.blocked_at, zone)} ${clockTime(card.blocked_at, zone, true)}` })}
            {revocation && <span class="soft"> · {say(BY[revocation.by])}</span>}
          </p>
        )}
        <Progress card={card} />
        {revocation && <Doors doors={revocation.doors} />}
      </Card>
    </li>
  );
}

// --------------------------------------------------------------------------- the page

function Stopping({ card }: { card: CardShown }) {
  const close = () => {
    stopping.value = null;
  };
  return <StopCardDialog name={card.person_name} house={card.house} onYes={(had) => stop(card, had)} onClose={close} />;
}

function Returning({ card }: { card: CardShown }) {
  const close = () => {
    returning.value = null;
  };
  return (
    <Dialog title={say(words.foundTitle)} onClose={close}>
      <p>{say(words.foundLine, { name: card.person_name })}</p>
      <form
        class="choices"
        onSubmit={(event) => {
          event.preventDefault();
          bringBack(card);
        }}
      >
        <Field
          label={say(words.foundWhy)}
          input={{
            name: "reason",
            required: true,
            minLength: 3,
            maxLength: 120,
            autocomplete: "off",
            value: why.value,
            onInput: (event) => {
              why.value = event.currentTarget.value;
            },
          }}
        />
        <Button onClick={close}>{say(common.cancel)}</Button>
        <Button look="main" type="submit">
          {say(words.foundYes)}
        </Button>
      </form>
    </Dialog>
  );
}

/** Phones that were ended: no door ever knew them, so there is nothing to wait for. */
function EndedPhones() {
  const zone = site.value?.time_zone;
  if (state.value === "failed" || phones.value.length === 0) return null;
  return (
    <section data-section="ended-phones">
      <h2>{say(words.endedPhones)}</h2>
      <ul class="results">
        {phones.value.map((phone) => (
          <li key={phone.id}>
            <Card data-phone={phone.id}>
              <header>
                <h3>
                  <Name>{phone.person_name}</Name>
                </h3>
                <p class="soft">
                  <bdi lang="zh-Hans">{phone.house}</bdi> · <bdi>{phone.label}</bdi>
                </p>
              </header>
              <StatusLine tone="good" icon="check">
                {say(words.endedAt, { at: `${dayOf(phone.ended_at, zone)} ${clockTime(phone.ended_at, zone, true)}` })}
              </StatusLine>
              <p class="soft small">{say(BY[phone.by])}</p>
            </Card>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Results() {
  if (state.value === "failed") return <ErrorState onAgain={search} />;
  if (found.value === null) return <Skeleton rows={4} />;
  if (found.value.length === 0) {
    const nobody = asked.value !== "";
    return (
      <EmptyState icon="card" title={say(nobody ? words.nothing : words.noneLost)}>
        {!nobody && <p>{say(words.noneLostLine)}</p>}
      </EmptyState>
    );
  }
  return (
    <>
      {asked.value === "" && <h2 class="unseen">{say(words.lost)}</h2>}
      <ul class="results" aria-busy={state.value === "busy"}>
        {found.value.map((card) => (
          <CardSheet key={card.id} card={card} />
        ))}
      </ul>
    </>
  );
}

export function Cards() {
  useEffect(() => {
    asked.value = query.value.trim();
    search();
    return onCardNews(hear);
  }, []);
  return (
    <div class="sheet">
      <h1>{say(words.title)}</h1>
      {member.value?.role !== "officer" && <IssuingDesk />}
      <SearchForm
        label={say(words.whose)}
        query={query}
        onSearch={() => {
          asked.value = query.value.trim();
          search();
        }}
      />
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      <Results />
      <EndedPhones />
      <WeakDoors />
      {stopping.value && <Stopping card={stopping.value} />}
      {returning.value && <Returning card={returning.value} />}
    </div>
  );
}
