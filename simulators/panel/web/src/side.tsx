/** Beside the model: the story's leaf, the hub's journal, and the ways into the other pages. */
import { Button, EmptyState } from "@linli/shared/bits";
import { clockTime, say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { useState } from "preact/hooks";

import { alarms, journal, story, town } from "./state";
import {
  again,
  goTo,
  leaf,
  leafOf,
  next,
  pause,
  play,
  playing,
  STEPS,
  type Step,
  toStart,
  turning_ms,
} from "./story";
import type { JournalEntry, TownPage } from "./town";
import { w } from "./words";
import { f } from "./words-faces";
import { t } from "./words-things";

function Cover() {
  return (
    <>
      <h2>{say(w.storyTitle)}</h2>
      <p>{say(w.intro)}</p>
      <Button look="main" icon="chevron" wide disabled={town.value?.ready !== true} onClick={play}>
        {say(w.storyPlay)}
      </Button>
    </>
  );
}

function Steps({ at }: { at: Step }) {
  return (
    <ol class="steps" aria-label={say(w.storyStep, { n: at })}>
      {STEPS.map((step) => (
        <li key={step}>
          <button
            type="button"
            class="dot figures"
            aria-current={step === at ? "step" : undefined}
            aria-label={`${step}. ${leafOf(step).title}`}
            onClick={() => goTo(step)}
          >
            {step}
          </button>
        </li>
      ))}
    </ol>
  );
}

function Keys() {
  return (
    <div class="story-keys">
      <Button icon="back" label={say(w.storyStart)} onClick={toStart} />
      {playing.value ? (
        <Button icon="pause" onClick={pause}>
          {say(w.storyPause)}
        </Button>
      ) : (
        <Button icon="chevron" onClick={play}>
          {say(w.storyOn)}
        </Button>
      )}
      <span class="turning" data-turning={turning_ms.value !== null}>
        <Button look="main" icon="chevron" onClick={next}>
          {say(w.storyNext)}
        </Button>
        {turning_ms.value !== null && <i style={{ animationDuration: `${turning_ms.value}ms` }} />}
      </span>
    </div>
  );
}

function LeafOf({ step }: { step: Step }) {
  const { title, what, look, results } = leafOf(step);
  const failed = story.value.step === step && story.value.state === "failed";
  return (
    <>
      <Steps at={step} />
      <h2 aria-live="polite">{title}</h2>
      <p>{what}</p>
      <p class="look">
        <Icon name="eye" />
        <span>
          <b>{say(w.storyLook)}</b> {look}
        </span>
      </p>
      <div class="results" role="status">
        {results.map((result) => (
          <p key={result}>
            <Icon name="check" />
            <span class="figures">{result}</span>
          </p>
        ))}
        {failed && (
          <p data-tone="mind">
            <Icon name="alert" />
            <span>{say(w.storyAgain)}</span>
            <Button icon="refresh" onClick={again}>
              {say(w.storyRetry)}
            </Button>
          </p>
        )}
      </div>
      <Keys />
    </>
  );
}

export function Story() {
  const at = leaf.value;
  return (
    <section class="card story" aria-label={say(w.storyTitle)} data-leaf={at}>
      {at === 0 && <Cover />}
      {at === 6 && (
        <>
          <h2>{say(w.storyTitle)}</h2>
          <p>{say(w.storyEnd)}</p>
          <Button icon="back" wide onClick={toStart}>
            {say(w.storyStart)}
          </Button>
        </>
      )}
      {at !== 0 && at !== 6 && <LeafOf step={at} />}
    </section>
  );
}

const OUTCOMES = {
  opened: w.outcomeOpened,
  refused: w.outcomeRefused,
  noted: w.outcomeNoted,
  unknown: w.outcomeUnknown,
} as const;
const VIAS: Readonly<Record<string, Words>> = {
  card: w.byCard,
  phone: w.byPhone,
  pass: w.byPass,
  pin: t.byPin,
  face: f.faces,
  staff: w.byStaff,
};

/** What nobody did: it is told by its reason. */
const TROUBLES: ReadonlySet<string> = new Set(["tamper", "reader_silent", "meter_silent"]);

function Entry({ entry }: { entry: JournalEntry }) {
  const reader = town.value?.readers.find((each) => each.id === entry.door);
  const outcome = entry.outcome in OUTCOMES ? (entry.outcome as keyof typeof OUTCOMES) : "unknown";
  const good = (outcome === "opened" || outcome === "noted") && !TROUBLES.has(entry.reason);
  return (
    <li data-late={entry.late}>
      <Icon name={good ? "check" : "alert"} />
      <span>
        <b>
          {entry.person !== null && <bdi lang="zh-Hans">{entry.person} </bdi>}
          {reader === undefined ? entry.door : say(reader.name)}
        </b>
        <span class="soft">
          {TROUBLES.has(entry.reason) || entry.reason === "reader_back" ? (
            say(reasonWords(entry.reason))
          ) : (
            <>
              {say(OUTCOMES[outcome])}
              {say(w.between)}
              {say(VIAS[entry.via ?? ""] ?? w.byOther)}
            </>
          )}
        </span>
        {entry.late && (
          <span class="late">
            <Icon name="offline" />
            {say(w.journalLate)}
          </span>
        )}
      </span>
      <time class="figures soft">{clockTime(entry.at, town.value?.time_zone, true)}</time>
    </li>
  );
}

export function Journal() {
  const entries = [...journal.value].reverse();
  return (
    <section class="card journal" aria-labelledby="journal-title">
      <h2 id="journal-title">{say(w.journal)}</h2>
      <p class="soft small">{say(w.journalWhat)}</p>
      {entries.length === 0 ? (
        <EmptyState icon="list" title={say(w.journalEmpty)} />
      ) : (
        <ol data-scrolls tabIndex={0} aria-labelledby="journal-title">
          {entries.map((entry) => (
            <Entry key={entry.n} entry={entry} />
          ))}
        </ol>
      )}
    </section>
  );
}

const ALARM_WORDS: Readonly<Record<string, Words>> = {
  RX: w.stationTest,
  PA: w.stationPanic,
  HA: w.stationDuress,
  BA: w.stationForced,
  JA: w.stationRepeated,
  FA: w.stationFire,
  TA: w.stationTamper,
};

/** What the made-up police desk has taken: there only when something has reached it. */
export function Station() {
  if (alarms.value.length === 0) return null;
  const newest = [...alarms.value].reverse();
  return (
    <section class="card journal station" aria-labelledby="station-title">
      <h2 id="station-title">{say(w.station)}</h2>
      <p class="soft small">{say(w.stationWhat)}</p>
      <ol data-scrolls tabIndex={0} aria-labelledby="station-title">
        {newest.map((alarm) => (
          <li key={alarm.number}>
            <Icon name="megaphone" />
            <span>
              <b>{say(ALARM_WORDS[alarm.code] ?? w.stationOther)}</b>
              <code class="soft small">
                {alarm.number} {alarm.words}
              </code>
            </span>
            <time class="figures soft">{clockTime(alarm.at, town.value?.time_zone, true)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}

const PAGE_WORDS = {
  phone: w.pagePhone,
  kiosk: w.pageKiosk,
  console: w.pageConsole,
  mailbox: w.pageMailbox,
} as const;
const PAGE_ICONS = { phone: "phone", kiosk: "kiosk", console: "gear", mailbox: "list" } as const;
/** "Copied" stands this long on the key. */
const COPIED_MS = 2_000;

function SignIn({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(value).catch(() => {});
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <code>{value}</code>
        <button type="button" class="copy" aria-label={`${say(w.copyText)}: ${label}`} onClick={() => void copy()}>
          {say(copied ? w.copied : w.copyText)}
        </button>
      </dd>
    </div>
  );
}

function Way({ page }: { page: TownPage }) {
  return (
    <li>
      <a class="way" href={page.href} target="_blank" rel="noopener">
        <Icon name={PAGE_ICONS[page.kind]} />
        <span>{say(PAGE_WORDS[page.kind])}</span>
        <Icon name="chevron" />
      </a>
      {page.sign_in.length > 0 && (
        // in sight until the story needs the room; anybody may open or fold it
        <details open={leaf.value === 0}>
          <summary>{say(w.signIn)}</summary>
          <dl>
            {page.sign_in.map(({ label, value }) => (
              <SignIn key={label.en} label={say(label)} value={value} />
            ))}
          </dl>
        </details>
      )}
    </li>
  );
}

export function Pages() {
  const pages = town.value?.pages ?? [];
  if (pages.length === 0) return null;
  return (
    <section class="card pages" aria-labelledby="pages-title">
      <h2 id="pages-title">{say(w.pages)}</h2>
      <ul>
        {pages.map((page) => (
          <Way key={page.kind} page={page} />
        ))}
      </ul>
    </section>
  );
}
