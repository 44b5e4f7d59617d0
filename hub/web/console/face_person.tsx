/** One resident's face at the desk: the notice, the consent, photos, and the end of it. */

import type { FaceNotice, FaceShown, PersonShown } from "@linli/shared/api.gen";
import { Button, Card, Choice, EmptyState, Field, Name, Notice, Skeleton, StatusLine } from "@linli/shared/bits";
import { dayOf, language, say, type Words } from "@linli/shared/i18n";
import { effect, signal } from "@preact/signals";

import { attempt } from "./attempt";
import { Camera } from "./face_camera";
import { faceWords as words } from "./facewords";
import { SearchForm } from "./search";
import { staffAsk, staffUpload } from "./staff";
import { site } from "./wall";
import { words as common } from "./words";

const query = signal("");
const found = signal<readonly PersonShown[] | null>(null);
const person = signal<PersonShown | null>(null);
const face = signal<FaceShown | null>(null);
const notice = signal<FaceNotice | null>(null);
const family = signal<readonly PersonShown[]>([]);
const age = signal<"grown" | "child">("grown");
const turns14 = signal("");
const guardian = signal("");
const guardianQuery = signal("");
const busy = signal(false);
const wrong = signal<Words | null>(null);
const told = signal<Words | null>(null);
type Why = "withdrawn" | "moved" | "died" | "guardian";
const why = signal<Why>("withdrawn");

async function act(what: () => Promise<void>): Promise<void> {
  if (!busy.value) told.value = null;
  await attempt(what, wrong, busy);
}

async function findPeople(text: string): Promise<readonly PersonShown[]> {
  return (await staffAsk("GET", `/api/v1/people?query=${encodeURIComponent(text)}`)).body.people;
}

function search(): Promise<void> {
  return act(async () => {
    [person.value, face.value] = [null, null];
    found.value = await findPeople(query.value.trim());
  });
}

/** A guardian may live elsewhere. */
function findGuardian(one: PersonShown): Promise<void> {
  return act(async () => {
    guardian.value = "";
    const people = await findPeople(guardianQuery.value.trim());
    family.value = people.filter((each) => each.id !== one.id);
  });
}

const path = (one: PersonShown) => `/api/v1/people/${encodeURIComponent(one.id)}/face` as const;

function choose(one: PersonShown): Promise<void> {
  return act(async () => {
    [age.value, turns14.value, guardian.value, why.value] = ["grown", "", "", "withdrawn"];
    guardianQuery.value = "";
    face.value = (await staffAsk("GET", path(one))).body;
    person.value = one;
    const home = one.house ? await findPeople(one.house) : [];
    family.value = home.filter((each) => each.house === one.house && each.id !== one.id);
  });
}

/** The notice follows the reader's language while somebody stands before the desk. */
effect(() => {
  const [wanted, shown] = [language.value, face.value];
  if (shown === null || shown.consent !== null || shown.state !== "ready") return;
  staffAsk("GET", `/api/v1/faces/notice/${wanted}`)
    .then(({ body }) => {
      notice.value = body;
    })
    .catch(() => {
      notice.value = null;
    });
});

function consent(one: PersonShown, read: FaceNotice): Promise<void> {
  return act(async () => {
    const child = age.value === "child";
    const asked = {
      notice: read.version,
      language: language.value,
      guardian: child ? guardian.value : null,
      turns_14_on: child ? turns14.value : null,
    };
    face.value = (await staffAsk("POST", `${path(one)}/consent`, asked)).body;
  });
}

function addPhoto(one: PersonShown, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  return act(async () => {
    face.value = await staffUpload<FaceShown>(`${path(one)}/photos`, bytes);
    told.value = words.taken;
  });
}

function forget(one: PersonShown): Promise<void> {
  return act(async () => {
    face.value = (await staffAsk("POST", `${path(one)}/forget`, { reason: why.value })).body;
    told.value = words.forgotten;
  });
}

function ConsentForm({ one, read }: { one: PersonShown; read: FaceNotice }) {
  return (
    <form
      class="face-consent"
      onSubmit={(event) => {
        event.preventDefault();
        consent(one, read);
      }}
    >
      <p class="soft">{say(words.readFirst)}</p>
      <div class="face-notice" tabIndex={0} role="region" aria-label={say(words.readFirst)}>
        {read.parts.map((part) => (
          <section key={part.title}>
            <h4>{part.title}</h4>
            <p>{part.text}</p>
          </section>
        ))}
      </div>
      <Choice<"grown" | "child">
        legend={say(words.age)}
        value={age.value}
        options={[
          { value: "grown", text: say(words.grown) },
          { value: "child", text: say(words.child) },
        ]}
        onChoose={(each) => {
          age.value = each;
        }}
      />
      {age.value === "child" && (
        <>
          <Field
            label={say(words.turns14)}
            input={{
              type: "date",
              name: "turns14",
              required: true,
              value: turns14.value,
              onInput: (event) => {
                turns14.value = event.currentTarget.value;
              },
            }}
          />
          <div class="face-guardian">
            <Field
              label={say(words.guardianWho)}
              input={{
                name: "guardian",
                maxLength: 40,
                autocomplete: "off",
                value: guardianQuery.value,
                onInput: (event) => {
                  guardianQuery.value = event.currentTarget.value;
                },
              }}
            />
            <Button icon="search" onClick={() => findGuardian(one)}>{say(common.searchButton)}</Button>
          </div>
          <Choice<string>
            legend={say(words.guardian)}
            value={guardian.value}
            options={family.value.map((each) => ({ value: each.id, text: `${each.name} (${each.house})` }))}
            onChoose={(each) => {
              guardian.value = each;
            }}
          />
        </>
      )}
      <Button look="main" type="submit" disabled={busy.value || (age.value === "child" && !guardian.value)}>
        {say(words.agree)}
      </Button>
    </form>
  );
}

function Photos({ one, shown }: { one: PersonShown; shown: FaceShown }) {
  return (
    <section>
      <h4>{say(words.photos)}</h4>
      {shown.photos.length === 0 ? (
        <p class="soft">{say(words.noPhotos)}</p>
      ) : (
        <ul class="plain" data-photos={shown.photos.length}>
          {shown.photos.map((photo, at) => (
            <li key={at}>
              <span class="figures">{photo.day}</span> <span class="soft">{say(words[photo.quality])}</span>
            </li>
          ))}
        </ul>
      )}
      {shown.missing.includes("photos") && <StatusLine tone="wait">{say(words.lackPhotos)}</StatusLine>}
      {shown.missing.includes("days") && <StatusLine tone="wait">{say(words.lackDays)}</StatusLine>}
      {shown.missing.length === 0 && <StatusLine tone="good">{say(words.complete)}</StatusLine>}
      <p class="soft small">{say(words.inPerson)}</p>
      <Camera busy={busy.value} onPhoto={(bytes) => addPhoto(one, bytes)} />
    </section>
  );
}

const WHYS = [
  ["withdrawn", words.whyWithdrawn],
  ["moved", words.whyMoved],
  ["died", words.whyDied],
  ["guardian", words.whyGuardian],
] as const;

function Held({ one, shown }: { one: PersonShown; shown: FaceShown }) {
  const held = shown.consent;
  if (held === null) return null;
  return (
    <>
      <StatusLine tone="good" icon="check">
        {say(words.consentedAt, { day: dayOf(held.given_at, site.value?.time_zone) })}
      </StatusLine>
      {held.guardian && <p>{say(words.byGuardian, { name: held.guardian.name })}</p>}
      <Photos one={one} shown={shown} />
      <Choice<Why>
        legend={say(words.forgetWhy)}
        value={why.value}
        options={WHYS.map(([value, text]) => ({ value, text: say(text) }))}
        onChoose={(each) => {
          why.value = each;
        }}
      />
      <Button look="grave" icon="trash" disabled={busy.value} onClick={() => forget(one)}>
        {say(words.forget)}
      </Button>
    </>
  );
}

function Sheet({ one, shown }: { one: PersonShown; shown: FaceShown }) {
  const read = notice.value;
  const mayAsk = shown.consent === null && shown.state === "ready";
  return (
    <Card data-face={one.id}>
      <h3>
        <Name>{one.name}</Name>
      </h3>
      <p class="soft">
        <bdi lang="zh-Hans">{one.house}</bdi>
      </p>
      {wrong.value && <Notice tone="mind" spoken>{say(wrong.value)}</Notice>}
      {told.value && <Notice tone="good" spoken>{say(told.value)}</Notice>}
      <Held one={one} shown={shown} />
      {mayAsk && (read ? <ConsentForm one={one} read={read} /> : <Skeleton rows={3} />)}
      <Button
        look="plain"
        onClick={() => {
          [person.value, face.value, told.value, wrong.value] = [null, null, null, null];
        }}
      >
        {say(words.closePerson)}
      </Button>
    </Card>
  );
}

function People({ people }: { people: readonly PersonShown[] }) {
  if (people.length === 0) return <EmptyState icon="people" title={say(words.nobody)} />;
  return (
    <ul class="results">
      {people.map((one) => (
        <li key={one.id}>
          <Card data-person={one.id}>
            <header>
              <h3>
                <Name>{one.name}</Name>
              </h3>
              <p class="soft">
                <bdi lang="zh-Hans">{one.house}</bdi>
              </p>
              <Button label={`${say(words.choosePerson)}: ${one.name}`} onClick={() => choose(one)}>
                {say(words.choosePerson)}
              </Button>
            </header>
          </Card>
        </li>
      ))}
    </ul>
  );
}

export function FacePerson() {
  const [one, shown] = [person.value, face.value];
  return (
    <section data-person-desk>
      <h2>{say(words.person)}</h2>
      <SearchForm label={say(words.whose)} query={query} onSearch={search} />
      {wrong.value && !one && <Notice tone="mind" spoken>{say(wrong.value)}</Notice>}
      {one && shown ? <Sheet key={one.id} one={one} shown={shown} /> : found.value && <People people={found.value} />}
    </section>
  );
}
