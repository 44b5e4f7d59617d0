/** The desk: find a resident, show a code, see the phone arrive, next. */

import type { PersonShown, PhoneCode } from "@linli/shared/api.gen";
import { Button, Card, EmptyState, ErrorState, Name, Notice, Skeleton } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { QrCode } from "@linli/shared/qr";
import { effect, signal } from "@preact/signals";

import { attempt } from "./attempt";
import { minutesAndSeconds, useLeftMs } from "./code";
import { words } from "./onboarding_words";
import { SearchForm } from "./search";
import { staffAsk } from "./staff";
import { arrived } from "./wall";

const query = signal("");
const found = signal<readonly PersonShown[] | null>(null);
const state = signal<"idle" | "busy" | "failed">("idle");
const wrong = signal<Words | null>(null);
const issued = signal<{ person: PersonShown; code: PhoneCode } | null>(null);
const done = signal<{ person: PersonShown; label: string } | null>(null);

effect(() => {
  const news = arrived.value;
  const waits = issued.peek();
  if (news === null || news.person !== waits?.person.id) return;
  done.value = { person: waits.person, label: news.label };
  issued.value = null;
});

async function search(): Promise<void> {
  [state.value, wrong.value] = ["busy", null];
  try {
    const text = encodeURIComponent(query.value.trim());
    found.value = (await staffAsk("GET", `/api/v1/people?query=${text}`)).body.people;
    state.value = "idle";
  } catch {
    state.value = "failed";
  }
}

const issue = (person: PersonShown) =>
  attempt(async () => {
    const id = encodeURIComponent(person.id);
    issued.value = { person, code: (await staffAsk("POST", `/api/v1/people/${id}/phone-codes`)).body };
  }, wrong);

function next(): void {
  [query.value, found.value, issued.value, done.value] = ["", null, null, null];
}

function Whom({ person }: { person: PersonShown }) {
  return (
    <p class="code-for">
      <Name>{person.name}</Name> <bdi lang="zh-Hans">{person.house}</bdi>
    </p>
  );
}

function Waiting({ person, code }: { person: PersonShown; code: PhoneCode }) {
  const left_ms = useLeftMs(code);
  if (left_ms <= 0) {
    return (
      <Card class="card desk-card">
        <Whom person={person} />
        <Notice tone="mind" spoken>
          {say(words.over)}
        </Notice>
        <Button look="main" icon="key" onClick={() => issue(person)}>
          {say(words.again)}
        </Button>
      </Card>
    );
  }
  return (
    <Card class="card desk-card" data-waiting={person.id}>
      <Whom person={person} />
      <p>{say(words.scan)}</p>
      <QrCode text={`${location.origin}/phone/#code=${code.code}`} label={say(words.picture)} />
      <p>{say(words.orType, { address: `${location.host}/phone/` })}</p>
      <p class="code figures">{code.code.replace(/(\d{3})(?=\d)/, "$1 ")}</p>
      <p class="code-left figures" role="timer">
        {say(words.waiting, { left: minutesAndSeconds(left_ms) })}
      </p>
      <Button onClick={next}>{say(words.next)}</Button>
    </Card>
  );
}

function Done({ person, label }: { person: PersonShown; label: string }) {
  return (
    <Card class="card desk-card" data-done={person.id}>
      <span class="done-mark">
        <Icon name="check" />
      </span>
      <h2>{say(words.done)}</h2>
      <p role="status">{say(words.doneLine, { name: person.name, label })}</p>
      <Button look="main" icon="person" onClick={next}>
        {say(words.next)}
      </Button>
    </Card>
  );
}

function Results() {
  if (state.value === "failed") return <ErrorState onAgain={search} />;
  if (state.value === "busy" && found.value === null) return <Skeleton rows={3} />;
  if (found.value === null) return null;
  if (found.value.length === 0) return <EmptyState icon="search" title={say(words.nobody)} />;
  return (
    <ul class="desk-people" aria-busy={state.value === "busy"}>
      {found.value.map((person) => (
        <li key={person.id} data-person={person.id}>
          <span>
            <strong>
              <Name>{person.name}</Name>
            </strong>
            <span class="soft small">
              <bdi lang="zh-Hans">{person.house}</bdi> · {say(words.phones, { n: person.phones.length })}
            </span>
          </span>
          <Button
            look="main"
            icon="phone"
            label={`${say(words.begin)}: ${person.name} ${person.house}`}
            onClick={() => issue(person)}
          >
            {say(words.begin)}
          </Button>
        </li>
      ))}
    </ul>
  );
}

function Find() {
  return (
    <>
      <p class="soft">{say(words.deskLine)}</p>
      <SearchForm label={say(words.find)} name="find" query={query} atOnce onSearch={search} />
      <Results />
    </>
  );
}

export function Desk() {
  return (
    <div class="sheet">
      <h1>{say(words.deskTitle)}</h1>
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      {done.value && <Done {...done.value} />}
      {issued.value && <Waiting {...issued.value} />}
      {!done.value && !issued.value && <Find />}
    </div>
  );
}
