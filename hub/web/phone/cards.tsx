/** The household's cards: "I lost this card" in two taps, and how many doors have forgotten it. */

import { Refused } from "@linli/shared/api";
import type { OwnCard } from "@linli/shared/api.gen";
import { Button, Choice, Name, Notice, Skeleton, StatusLine } from "@linli/shared/bits";
import { clockTime, dayOf, say, type Words } from "@linli/shared/i18n";
import { HAD_FIRST, type Had, hadOptions, hadWords } from "@linli/shared/lasthad";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { cardWords as words } from "./cardwords";
import { key, site } from "./phone";
import { askSigned } from "./signed";

/** While doors are being told, the page looks again this often. */
const LOOK_MS = 1_000;
/** Then the doors that are left are away, and the page stops asking. */
const LOOKS_MOST = 20;

const cards = signal<readonly OwnCard[] | null>(null);
const failed = signal(false);
const wrong = signal<Words | null>(null);
const asking = signal<string | null>(null);
const had = signal<Had>(HAD_FIRST);
const busy = signal(false);

function isUnderWay(card: OwnCard): boolean {
  return card.blocked_at !== null && (!card.told || card.doors_gone < card.doors_total);
}

async function read(): Promise<void> {
  const holder = key.value;
  if (holder === null) return;
  try {
    cards.value = (await askSigned(holder, "GET", "/api/v1/me/cards")).body.cards;
    failed.value = false;
  } catch {
    failed.value = true;
  }
}

async function stop(card: OwnCard): Promise<void> {
  const holder = key.value;
  if (holder === null || busy.value) return;
  busy.value = true;
  wrong.value = null;
  try {
    const path = `/api/v1/me/cards/${encodeURIComponent(card.id)}/block` as const;
    const { body } = await askSigned(holder, "POST", path, { had: had.value });
    cards.value = (cards.value ?? []).map((each) => (each.id === body.id ? body : each));
    asking.value = null;
    watch();
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : words.notReached;
  } finally {
    busy.value = false;
  }
}

let looking: ReturnType<typeof setTimeout> | undefined;

/** Look again until every door has forgotten the card, or nothing more is to be expected soon. */
function watch(looks = 0): void {
  clearTimeout(looking);
  if (looks >= LOOKS_MOST || !cards.value?.some(isUnderWay)) return;
  looking = setTimeout(() => {
    read().then(() => watch(looks + 1));
  }, LOOK_MS);
}

function State({ card }: { card: OwnCard }) {
  const zone = site.value?.time_zone;
  if (card.blocked_at === null) {
    return <span class="soft small">{say(words.since, { day: dayOf(card.issued_at, zone) })}</span>;
  }
  const done = card.told && card.doors_gone === card.doors_total;
  return (
    <div role="status">
      <StatusLine tone={done ? "good" : "wait"} icon={done ? "check" : "hourglass"}>
        {done
          ? say(words.goneEverywhere, { n: card.doors_total })
          : card.told
            ? say(words.goneFrom, { n: card.doors_gone, all: card.doors_total })
            : say(words.telling)}
      </StatusLine>
      {card.told && card.still_known.length > 0 && (
        <p class="soft small">
          {say(words.still, { doors: card.still_known.map((door) => say(door)).join(say(words.comma)) })}
        </p>
      )}
      <p class="soft small">{say(words.stoppedAt, { at: clockTime(card.blocked_at, zone) })}</p>
    </div>
  );
}

function Line({ card }: { card: OwnCard }) {
  const sure = asking.value === card.id;
  return (
    <li data-card={card.id} data-lost={card.blocked_at !== null || undefined}>
      <strong>{card.mine ? say(words.mine) : <Name>{card.holder}</Name>}</strong>
      <State card={card} />
      {card.blocked_at === null && !sure && (
        <Button
          wide
          icon="card"
          onClick={() => {
            asking.value = card.id;
            had.value = HAD_FIRST;
          }}
        >
          {say(card.mine ? words.lostMine : words.lostTheirs)}
        </Button>
      )}
      {sure && (
        <section class="ask">
          <p>{say(words.sure)}</p>
          <Choice
            legend={say(hadWords.question)}
            value={had.value}
            options={hadOptions()}
            onChoose={(each) => {
              had.value = each;
            }}
          />
          <p class="soft small">{say(hadWords.line)}</p>
          <Button wide look="grave" onClick={() => stop(card)}>
            {say(busy.value ? words.busy : words.yes)}
          </Button>
          <Button
            wide
            onClick={() => {
              asking.value = null;
            }}
          >
            {say(words.no)}
          </Button>
        </section>
      )}
    </li>
  );
}

export function Cards() {
  useEffect(() => {
    asking.value = null;
    wrong.value = null;
    read().then(() => watch());
    return () => clearTimeout(looking);
  }, []);
  const known = cards.value;
  return (
    <section class="cards">
      <h3>{say(words.title)}</h3>
      {known === null && !failed.value && <Skeleton rows={2} />}
      {failed.value && <p class="soft">{say(words.notReached)}</p>}
      {known?.length === 0 && <p class="soft">{say(words.none)}</p>}
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      <ul>
        {known?.map((card) => (
          <Line key={card.id} card={card} />
        ))}
      </ul>
    </section>
  );
}
