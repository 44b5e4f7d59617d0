/** The issuing desk: a card is laid down, seen for what it is, made ready, and given to somebody. */

import type { CardShown, DeskCard, DeskShown, PersonShown } from "@linli/shared/api.gen";
import {
  Button, Card, Choice, Dialog, ErrorState, Field, Name, Notice, Skeleton, StatusLine,
} from "@linli/shared/bits";
import { clockTime, dayOf, say, type Words } from "@linli/shared/i18n";
import type { Had } from "@linli/shared/lasthad";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { attempt } from "./attempt";
import { StopCardDialog } from "./asking";
import { cardWords } from "./cardwords";
import { issuingWords as words } from "./issuingwords";
import { SearchForm } from "./search";
import { staffAsk } from "./staff";
import { deskNews, devices, site } from "./wall";
import { words as common } from "./words";

type Kind = NonNullable<DeskCard["kind"]>;
const OLD: readonly Kind[] = ["mifare", "cpu", "em4100", "id_card"];

const desks = signal<readonly DeskShown[] | null>(null);
const failed = signal(false);
const chosen = signal("");
/** What lies there, and which presence it was read of. */
const seen = signal<{ presence: string; card: DeskCard } | null>(null);
const busy = signal<"" | "look" | "write">("");
const wrong = signal<Words | null>(null);
const done = signal<string | null>(null);
const otp = signal("");
const query = signal("");
const people = signal<readonly PersonShown[] | null>(null);
const giving = signal<{ person: PersonShown; old: readonly CardShown[] } | null>(null);
const stopping = signal<DeskCard | null>(null);
const replaces = signal("");
const kind = signal<Kind>("mifare");
/** Cards are given to people, or a box of blanks is made ready one after the other. */
const how = signal<"give" | "ahead">("give");
const made = signal(0);

const desk = (): DeskShown | undefined => desks.value?.find((each) => each.id === chosen.value) ?? desks.value?.[0];
const path = (one: DeskShown) => `/api/v1/desks/${encodeURIComponent(one.id)}` as const;

const act = (what: () => Promise<void>) => attempt(what, wrong);

let reads = 0;

/** What the desks say now; an answer that a later question overtook is of a card that may be gone. */
async function read(): Promise<void> {
  const mine = ++reads;
  const found = await staffAsk("GET", "/api/v1/desks").catch(() => null);
  if (mine !== reads) return;
  failed.value = found === null;
  if (found !== null) desks.value = found.body.desks;
}

/** Look at what lies there as soon as it lies there. */
async function look(): Promise<void> {
  const one = desk();
  const presence = one?.card;
  if (!one || !presence || busy.value !== "" || seen.value?.presence === presence) return;
  busy.value = "look";
  done.value = null;
  await act(async () => {
    const { body } = await staffAsk("POST", `${path(one)}/look`, { card: presence });
    seen.value = { presence, card: body };
  });
  busy.value = "";
  goOn();
}

/** In a batch nobody presses a button for each blank. */
function goOn(): void {
  const one = desk();
  const here = seen.value;
  if (how.value !== "ahead" || !one?.open_until || here === null || here.presence !== one.card) return;
  if (wrong.value === null && isFree(here.card) && isUnwritten(here.card)) makeReady();
}

function write(what: (one: DeskShown, presence: string) => Promise<DeskCard>, said: (card: DeskCard) => string) {
  const one = desk();
  const presence = one?.card;
  if (!one || !presence || busy.value !== "") return;
  busy.value = "write";
  done.value = null;
  act(async () => {
    const card = await what(one, presence);
    seen.value = { presence, card };
    done.value = said(card);
  }).finally(() => {
    busy.value = "";
    read();
  });
}

function makeReady(): void {
  write(
    async (one, card) => (await staffAsk("POST", `${path(one)}/ready`, { card })).body,
    () => {
      made.value += 1;
      return say(words.madeReady);
    },
  );
}

function give(person: PersonShown): void {
  const old = replaces.value || null;
  const plain = seen.value?.card.lies === "number" || seen.value?.card.lies === "foreign";
  giving.value = null;
  write(
    async (one, card) =>
      (
        await staffAsk("POST", `${path(one)}/give`, {
          card,
          person: person.id,
          kind: plain ? kind.value : "ntag424",
          replaces: old,
        })
      ).body,
    () => {
      people.value = null;
      query.value = "";
      return say(words.gaveTo, { name: person.name });
    },
  );
}

/** The card that lies there is somebody's, and shall open nothing any more. */
function stop(card: DeskCard, had: Had): Promise<void> {
  stopping.value = null;
  return act(async () => {
    await staffAsk("POST", `/api/v1/cards/${encodeURIComponent(card.card ?? "")}/block`, { had });
    if (seen.value) seen.value = { ...seen.value, card: { ...card, state: "stopped" } };
  });
}

function search(): Promise<void> {
  return act(async () => {
    const text = encodeURIComponent(query.value.trim());
    people.value = (await staffAsk("GET", `/api/v1/people?query=${text}`)).body.people;
  });
}

/** Ask before giving: whoever has a card may want it replaced. */
function ask(person: PersonShown): Promise<void> {
  return act(async () => {
    const text = encodeURIComponent(person.name.slice(0, 40));
    const { cards } = (await staffAsk("GET", `/api/v1/cards?query=${text}`)).body;
    const old = cards.filter((each) => each.person === person.id && each.blocked_at === null);
    replaces.value = old[0]?.id ?? "";
    giving.value = { person, old };
  });
}

function openDesk(one: DeskShown): Promise<void> {
  return act(async () => {
    const code = otp.value;
    otp.value = "";
    desks.value = (await staffAsk("POST", `${path(one)}/open`, { otp: code })).body.desks;
  });
}

// --------------------------------------------------------------------------- what lies there

function What({ card }: { card: DeskCard }) {
  if (card.copy_of) return <StatusLine tone="grave" icon="alert">{say(words.copied)}</StatusLine>;
  if (card.state === "scrap") return <StatusLine tone="mind" icon="trash">{say(words.scrap)}</StatusLine>;
  const ours = card.state === "ready" ? words.ready : words.unrecorded;
  const text = { ...words, ours }[card.lies];
  return (
    <>
      {card.person_name ? (
        <p class="laid-owner">
          <Name>{say(words.givenTo, { name: card.person_name, house: card.house ?? "" })}</Name>{" "}
          <span class="soft">{say(card.state === "stopped" ? words.stopped : words.inUse)}</span>
        </p>
      ) : (
        <p class="laid-owner">{say(text)}</p>
      )}
      {card.proven && <StatusLine tone="good" icon="check">{say(words.proven)}</StatusLine>}
      {card.lies === "torn" && <StatusLine tone="wait" icon="hourglass">{say(words.tornLine)}</StatusLine>}
      {card.lies === "number" && <StatusLine tone="mind" icon="alert">{say(words.numberLine)}</StatusLine>}
    </>
  );
}

const isUnwritten = (card: DeskCard) => card.lies === "blank" || card.lies === "torn";

const isFree = (card: DeskCard) =>
  card.person === null && !card.copy_of && card.state !== "scrap" && card.lies !== "others";

function Laid({ one }: { one: DeskShown }) {
  if (busy.value === "write") return <StatusLine tone="wait" icon="hourglass">{say(words.writing)}</StatusLine>;
  if (one.card === null) return <StatusLine icon="card">{say(words.lay)}</StatusLine>;
  const card = seen.value?.presence === one.card ? seen.value.card : null;
  if (card === null) {
    return busy.value === "look" ? (
      <StatusLine tone="wait" icon="hourglass">{say(words.looking)}</StatusLine>
    ) : (
      <Button icon="refresh" onClick={look}>{say(words.lookAgain)}</Button>
    );
  }
  return (
    <div data-laid={card.lies}>
      <What card={card} />
      <p class="soft small figures">{say(words.tail, { tail: card.tail })}</p>
      {card.state === "given" && (
        <Button
          look="grave"
          opens="dialog"
          onClick={() => {
            stopping.value = card;
          }}
        >
          {say(cardWords.stop)}
        </Button>
      )}
      {isFree(card) && one.open_until === null && <Opening one={one} />}
      {isFree(card) && one.open_until !== null && how.value === "give" && <Giving card={card} />}
      {wrong.value !== null && one.open_until !== null && how.value === "ahead" && isUnwritten(card) && (
        <Button icon="refresh" onClick={makeReady}>{say(words.writeAgain)}</Button>
      )}
    </div>
  );
}

function Opening({ one }: { one: DeskShown }) {
  return (
    <form
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        openDesk(one);
      }}
    >
      <Field
        label={say(words.otp)}
        hint={say(words.openLine)}
        input={{
          name: "otp",
          inputMode: "numeric",
          autocomplete: "one-time-code",
          pattern: "[0-9]{6}",
          maxLength: 6,
          required: true,
          value: otp.value,
          onInput: (event) => {
            otp.value = event.currentTarget.value;
          },
        }}
      />
      <Button look="main" icon="key" type="submit">
        {say(words.open)}
      </Button>
    </form>
  );
}

function Giving({ card }: { card: DeskCard }) {
  const isOld = card.lies === "number" || card.lies === "foreign";
  return (
    <>
      {isOld && (
        <Choice
          legend={say(words.oldKind)}
          value={kind.value}
          options={OLD.map((value) => ({ value, text: say(words[value as "mifare"]) }))}
          onChoose={(value) => {
            kind.value = value;
          }}
        />
      )}
      {isUnwritten(card) && (
        <Button icon="key" onClick={makeReady}>
          {say(words.makeReady)}
        </Button>
      )}
      <SearchForm label={say(words.forWhom)} name="person" query={query} onSearch={search} />
      {people.value?.length === 0 && <p class="soft">{say(words.nobody)}</p>}
      <ul class="phones">
        {people.value?.map((person) => (
          <li key={person.id}>
            <span>
              <Name>{person.name}</Name> <bdi class="soft" lang="zh-Hans">{person.house}</bdi>
            </span>
            <Button
              look="main"
              opens="dialog"
              label={`${say(words.give)} ${person.name} ${person.house}`}
              onClick={() => ask(person)}
            >
              {say(words.give)}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

function GiveDialog({ person, old }: { person: PersonShown; old: readonly CardShown[] }) {
  const zone = site.value?.time_zone;
  const close = () => {
    giving.value = null;
  };
  const options = old.map((each) => ({
    value: each.id,
    text: say(words.instead, { day: dayOf(each.issued_at, zone) }),
  }));
  return (
    <Dialog title={say(words.giveTitle)} onClose={close}>
      <p>
        <Name>{say(words.giveLine, { name: person.name, house: person.house })}</Name>
      </p>
      {old.length > 0 && (
        <>
          <Choice
            legend={say(words.oldOne)}
            value={replaces.value}
            options={[...options, { value: "", text: say(words.beside) }]}
            onChoose={(value) => {
              replaces.value = value;
            }}
          />
          <p class="soft">{say(words.insteadLine)}</p>
        </>
      )}
      <div class="choices">
        <Button onClick={close}>{say(common.cancel)}</Button>
        <Button look="main" icon="check" onClick={() => give(person)}>
          {say(words.giveYes)}
        </Button>
      </div>
    </Dialog>
  );
}

function Stopping({ card }: { card: DeskCard }) {
  const close = () => {
    stopping.value = null;
  };
  return <StopCardDialog name={card.person_name} house={card.house} onYes={(had) => stop(card, had)} onClose={close} />;
}

// --------------------------------------------------------------------------- the section

function How() {
  return (
    <>
      <Choice
        legend={say(words.how)}
        value={how.value}
        options={[
          { value: "give", text: say(words.howGive) },
          { value: "ahead", text: say(words.howAhead) },
        ]}
        onChoose={(value) => {
          how.value = value;
          goOn();
        }}
      />
      {how.value === "ahead" && (
        <p class="soft" data-made={made.value}>
          {say(words.aheadLine)} <strong class="figures">{say(words.madeSoFar, { n: made.value })}</strong>
        </p>
      )}
    </>
  );
}

function Reader({ one }: { one: DeskShown }) {
  if (!one.reader) {
    return (
      <>
        <StatusLine tone="mind" icon="offline">{say(words.away)}</StatusLine>
        <p class="soft">{say(words.awayLine)}</p>
      </>
    );
  }
  return <Laid one={one} />;
}

export function IssuingDesk() {
  const news = deskNews.value;
  const here = devices.value.find((each) => each.id === desk()?.id)?.state;
  useEffect(() => {
    read().then(look);
  }, [news, here]);
  if (failed.value) return <ErrorState onAgain={() => read().then(look)} />;
  if (desks.value === null) return <Skeleton rows={2} />;
  const one = desk();
  if (!one) return null;
  return (
    <section data-section="issuing" aria-label={say(words.title)}>
      <Card data-desk={one.id} data-reader={one.reader || undefined}>
        <h2>{say(words.title)}</h2>
        {desks.value.length > 1 && (
          <Choice
            legend={say(words.which)}
            value={one.id}
            options={desks.value.map((each) => ({ value: each.id, text: each.id }))}
            onChoose={(value) => {
              chosen.value = value;
              look();
            }}
          />
        )}
        {one.open_until && (
          <p class="soft small figures">
            {say(words.openUntil, { at: clockTime(one.open_until, site.value?.time_zone) })}
          </p>
        )}
        {one.open_until && <How />}
        <Reader one={one} />
        {done.value && <Notice tone="good" icon="check" spoken>{done.value}</Notice>}
        {wrong.value && <Notice tone="mind" spoken>{say(wrong.value)}</Notice>}
      </Card>
      {giving.value && <GiveDialog {...giving.value} />}
      {stopping.value && <Stopping card={stopping.value} />}
    </section>
  );
}
