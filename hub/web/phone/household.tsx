/** New phones of the household: told on the phones that were there before, ended or let go on there. */

import { Refused } from "@linli/shared/api";
import type { NewPhone } from "@linli/shared/api.gen";
import { Button, Name, Notice, Phrase } from "@linli/shared/bits";
import { dictionary, say, type Words } from "@linli/shared/i18n";
import { reasonWords } from "@linli/shared/reasons";
import { keep, recallJson } from "@linli/shared/settings";
import { signal } from "@preact/signals";

import { whenWords } from "./history";
import { ifStranger, key } from "./phone";
import { askAside, askSigned } from "./signed";
import { words as common } from "./words";

const words = dictionary({
  title: { "zh-Hans": "家里多了一部手机", "zh-Hant": "家裡多了一部手機", en: "A new phone in your household" },
  line: {
    "zh-Hans": "{name} 的“{label}”，{when} 登记，可以开您的门。",
    "zh-Hant": "{name} 的「{label}」，{when} 登記，可以開您的門。",
    en: "“{label}” of {name}, introduced {when}, can open your doors.",
  },
  pausedTitle: { "zh-Hans": "家里有一部手机停着", "zh-Hant": "家裡有一部手機停著", en: "A phone of your household is paused" },
  pausedLine: {
    "zh-Hans": "登记“{label}”（{name}，{when}）用的卡报失了，它现在开不了门。",
    "zh-Hant": "登記「{label}」（{name}，{when}）用的卡報失了，它現在開不了門。",
    en: "The card that brought in “{label}” of {name} ({when}) was reported lost. It opens no door now.",
  },
  goesOn: { "zh-Hans": "是自己家的，接着用", "zh-Hant": "是自己家的，接著用", en: "It is ours, let it go on" },
  ours: { "zh-Hans": "是自己家的", "zh-Hant": "是自己家的", en: "It is ours" },
  notOurs: { "zh-Hans": "不认识，停用它", "zh-Hant": "不認識，停用它", en: "Not ours: stop it" },
  sure: {
    "zh-Hans": "停用以后，那部手机就开不了门了。",
    "zh-Hant": "停用以後，那部手機就開不了門了。",
    en: "That phone will open no door any more.",
  },
  yes: { "zh-Hans": "停用", "zh-Hant": "停用", en: "Stop it" },
  no: { "zh-Hans": "先不停", "zh-Hant": "先不停", en: "Not now" },
});

/** A finger on the door comes first: the question waits until the page is at rest. */
const REST_MS = 1_500;
/** How often the hub is asked while the page stays open or comes back. */
const AGAIN_MS = 600_000;
/** Phones that were looked at, remembered by their ids. */
const MOST_SEEN = 100;
const SEEN = "linli.phone.seen";

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

const seen = signal<readonly string[]>(recallJson(SEEN, isTexts, []));
const newcomers = signal<readonly NewPhone[]>([]);
const asking = signal<string | null>(null);
const wrong = signal<Words | null>(null);
let asked_ms = -AGAIN_MS;

async function read(): Promise<void> {
  const holder = key.value;
  if (holder === null) return;
  try {
    newcomers.value = (await askAside(holder, "/api/v1/me/household/phones")).body.phones;
  } catch (error) {
    if (!(await ifStranger(error))) asked_ms = -AGAIN_MS; // no network: the next look asks again
  }
}

/** Ask soon whether the household has a new phone; not more often than every ten minutes. */
export function lookForNewPhones(): void {
  if (key.value === null || performance.now() - asked_ms < AGAIN_MS) return;
  asked_ms = performance.now();
  setTimeout(read, REST_MS);
}

function know(id: string): void {
  seen.value = [id, ...seen.value].slice(0, MOST_SEEN);
  keep(SEEN, JSON.stringify(seen.value));
}

async function end(id: string): Promise<void> {
  const holder = key.value;
  if (holder === null) return;
  wrong.value = null;
  try {
    await askSigned(holder, "POST", `/api/v1/me/household/phones/${encodeURIComponent(id)}/end`);
    newcomers.value = newcomers.value.filter((each) => each.id !== id);
    asking.value = null;
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : common.silentTitle;
  }
}

/** A paused phone is known here: it opens again at once. */
async function goOn(id: string): Promise<void> {
  const holder = key.value;
  if (holder === null) return;
  wrong.value = null;
  try {
    await askSigned(holder, "POST", `/api/v1/me/household/phones/${encodeURIComponent(id)}/confirm`);
    newcomers.value = newcomers.value.map((each) => (each.id === id ? { ...each, paused_at: null } : each));
    know(id);
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : common.silentTitle;
  }
}

/** A phone that is paused, else the newest that nobody has looked at yet, with the two answers. */
export function Newcomer() {
  const paused = newcomers.value.find((each) => each.paused_at !== null);
  const one = paused ?? newcomers.value.find((each) => !seen.value.includes(each.id));
  if (one === undefined) return null;
  const sure = asking.value === one.id;
  const line = paused ? words.pausedLine : words.line;
  return (
    <div class="newcomer" data-phone={one.id}>
      <Notice tone="mind" icon="phone" title={say(paused ? words.pausedTitle : words.title)} spoken>
        <p>
          <Name>{say(line, { name: one.person.name, label: one.label, when: whenWords(one.enrolled_at) })}</Name>
        </p>
        {sure && <p><Phrase>{say(words.sure)}</Phrase></p>}
        {wrong.value && <p>{say(wrong.value)}</p>}
      </Notice>
      <Button
        wide
        onClick={() => {
          if (sure) asking.value = null;
          else if (paused) goOn(one.id);
          else know(one.id);
        }}
      >
        {say(sure ? words.no : paused ? words.goesOn : words.ours)}
      </Button>
      <Button
        wide
        look={sure ? "grave" : "usual"}
        onClick={() => {
          if (sure) end(one.id);
          else asking.value = one.id;
        }}
      >
        {say(sure ? words.yes : words.notOurs)}
      </Button>
    </div>
  );
}
