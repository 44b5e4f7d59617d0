/** The residents: find somebody, give their phone a code, stop a phone that is gone. */

import { Refused } from "@linli/shared/api";
import type { PersonShown, PhoneCode, PhoneShown, UsedPhone } from "@linli/shared/api.gen";
import { Button, Card, Dialog, EmptyState, ErrorState, Name, Notice, Skeleton } from "@linli/shared/bits";
import { dayOf, say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";

import { CodeSlip } from "./code";
import { doorWords } from "./doorwords";
import { addressOf, thingOf } from "./place";
import { SearchForm } from "./search";
import { staffAsk } from "./staff";
import { visitWords } from "./visit-words";
import { VisitDesk } from "./visits";
import { Timeline } from "./timeline";
import { events, personOf, site } from "./wall";
import { words } from "./words";

const query = signal("");
const found = signal<readonly PersonShown[] | null>(null);
const state = signal<"idle" | "busy" | "failed">("idle");
const wrong = signal<Words | null>(null);
const issued = signal<{ person: PersonShown; code: PhoneCode } | null>(null);
const visiting = signal<PersonShown | null>(null);
const stopping = signal<{ person: PersonShown; phone: PhoneShown } | null>(null);

async function search(): Promise<void> {
  state.value = "busy";
  wrong.value = null;
  try {
    const text = encodeURIComponent(query.value.trim());
    found.value = (await staffAsk("GET", `/api/v1/people?query=${text}`)).body.people;
    state.value = "idle";
  } catch {
    state.value = "failed";
  }
}

/** Do something for a resident and say plainly when it does not go. */
async function act(what: () => Promise<void>): Promise<void> {
  wrong.value = null;
  try {
    await what();
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : words.noHub;
  }
}

function issue(person: PersonShown): Promise<void> {
  return act(async () => {
    const id = encodeURIComponent(person.id);
    issued.value = { person, code: (await staffAsk("POST", `/api/v1/people/${id}/phone-codes`)).body };
  });
}

function stop(phone: PhoneShown): Promise<void> {
  stopping.value = null;
  return act(async () => {
    await staffAsk("POST", `/api/v1/phones/${encodeURIComponent(phone.id)}/revoke`);
    await search();
  });
}

/** Somebody at the desk knows a phone that was paused with a lost card. */
function goOn(phone: UsedPhone): Promise<void> {
  return act(async () => {
    await staffAsk("POST", `/api/v1/phones/${encodeURIComponent(phone.id)}/confirm`);
    await search();
  });
}

function PhoneLine({ person, phone }: { person: PersonShown; phone: UsedPhone }) {
  return (
    <li>
      <Icon name="phone" />
      <span>
        <bdi>{phone.label}</bdi>{" "}
        <span class="soft small">
          {say(words.enrolledAt, { day: dayOf(phone.enrolled_at, site.value?.time_zone) })}
          {phone.paused && <> · {say(words.paused)}</>}
        </span>
      </span>
      {phone.paused && (
        <Button label={`${say(words.goesOn)}: ${phone.label}`} onClick={() => goOn(phone)}>
          {say(words.goesOn)}
        </Button>
      )}
      <Button
        look="grave"
        label={`${say(words.revoke)}: ${phone.label}`}
        onClick={() => {
          stopping.value = { person, phone };
        }}
      >
        {say(words.revoke)}
      </Button>
    </li>
  );
}

function PersonCard({ person }: { person: PersonShown }) {
  return (
    <li>
      <Card data-person={person.id}>
        <header>
          <h2>
            <Name>{person.name}</Name>
          </h2>
          <p class="soft">
            <bdi lang="zh-Hans">{person.house}</bdi> · {say(words.cards, { n: person.cards })}
          </p>
          <div class="deeds">
            <Button icon="key" opens="dialog" onClick={() => issue(person)}>
              {say(words.issue)}
            </Button>
            <Button
              icon="people"
              opens="dialog"
              onClick={() => {
                visiting.value = person;
              }}
            >
              {say(visitWords.visits)}
            </Button>
            <a class="more" href={addressOf("people", person.id)}>
              {say(doorWords.timeline)}
            </a>
          </div>
        </header>
        {person.phones.length === 0 && <p class="soft small">{say(words.noPhones)}</p>}
        <ul class="phones">
          {person.phones.map((phone) => (
            <PhoneLine key={phone.id} person={person} phone={phone} />
          ))}
        </ul>
      </Card>
    </li>
  );
}

function Stopping({ person, phone }: { person: PersonShown; phone: PhoneShown }) {
  const close = () => {
    stopping.value = null;
  };
  return (
    <Dialog title={say(words.revokeTitle)} onClose={close}>
      <p>{say(words.revokeLine, { name: person.name, label: phone.label })}</p>
      <div class="choices">
        <Button onClick={close}>{say(words.cancel)}</Button>
        <Button look="grave" onClick={() => stop(phone)}>
          {say(words.revokeYes)}
        </Button>
      </div>
    </Dialog>
  );
}

function Results() {
  if (state.value === "failed") return <ErrorState onAgain={search} />;
  if (state.value === "busy" && found.value === null) return <Skeleton rows={4} />;
  if (found.value === null) {
    return (
      <EmptyState icon="search" title={say(words.searchFirst)}>
        <p>{say(words.searchFirstLine)}</p>
      </EmptyState>
    );
  }
  if (found.value.length === 0) return <EmptyState icon="search" title={say(words.nobody)} />;
  return (
    <ul class="results" aria-busy={state.value === "busy"}>
      {found.value.map((person) => (
        <PersonCard key={person.id} person={person} />
      ))}
    </ul>
  );
}

function PersonPage({ id }: { id: string }) {
  const person = found.value?.find((each) => each.id === id);
  const live = events.value.filter((each) => each.person === id);
  const name = person?.name ?? live.map(personOf).find(Boolean) ?? id;
  return (
    <div class="sheet thing">
      <a class="back" href="#/people">
        <Icon name="back" />
        <span>{say(doorWords.backPeople)}</span>
      </a>
      <h1>{say(doorWords.timelineOf, { name })}</h1>
      <Timeline of="people" id={id} live={live} />
    </div>
  );
}

export function People() {
  const id = thingOf("people");
  if (id !== null) return <PersonPage id={id} />;
  return (
    <div class="sheet">
      <h1>{say(words.people)}</h1>
      <SearchForm label={say(words.search)} query={query} onSearch={search} />
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      <Results />
      {visiting.value && (
        <VisitDesk
          person={visiting.value}
          onClose={() => {
            visiting.value = null;
          }}
        />
      )}
      {stopping.value && <Stopping {...stopping.value} />}
      {issued.value && (
        <CodeSlip
          {...issued.value}
          onAgain={issue}
          onClose={() => {
            issued.value = null;
          }}
        />
      )}
    </div>
  );
}
