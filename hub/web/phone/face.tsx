/** "My face": what is kept, when it was checked, the notice before a consent, and the end in one tap. */

import { Refused } from "@linli/shared/api";
import type { FaceMatch, FaceNotice, FaceShown } from "@linli/shared/api.gen";
import { Button, Notice, Skeleton, StatusLine } from "@linli/shared/bits";
import { clockTime, dayOf, dictionary, language, say, type Words } from "@linli/shared/i18n";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { key, site } from "./phone";
import { askSigned } from "./signed";

const words = dictionary({
  title: { "zh-Hans": "我的人脸", "zh-Hant": "我的人臉", en: "My face" },
  none: {
    "zh-Hans": "没有登记，什么都没有保存。刷卡、手机照样开门。",
    "zh-Hant": "沒有登記，什麼都沒有保存。感應卡、手機照樣開門。",
    en: "Nothing is kept of your face. Card and phone open the doors as well.",
  },
  since: { "zh-Hans": "{day} 同意", "zh-Hant": "{day} 同意", en: "You agreed on {day}" },
  purpose: { "zh-Hans": "用途：{purpose}", "zh-Hant": "用途：{purpose}", en: "For: {purpose}" },
  photosNone: {
    "zh-Hans": "还没有照片，请到服务台拍。",
    "zh-Hant": "還沒有照片，請到服務台拍。",
    en: "No photo yet: have one taken at the desk.",
  },
  photos: {
    "zh-Hans": "拍过 {n} 次（{days}），照片没有保存",
    "zh-Hant": "拍過 {n} 次（{days}），照片沒有保存",
    en: "Photographed {n} times ({days}); no photo is kept",
  },
  otherModel: {
    "zh-Hans": "机器换了，要重新登记才认得。",
    "zh-Hant": "機器換了，要重新登記才認得。",
    en: "The machine has changed: enrol again to be known.",
  },
  matches: { "zh-Hans": "最近在门口核对", "zh-Hant": "最近在門口核對", en: "Checked at doors lately" },
  matchesNone: { "zh-Hans": "还没有核对过", "zh-Hant": "還沒有核對過", en: "Not checked yet" },
  known: { "zh-Hans": "认出来了", "zh-Hant": "認出來了", en: "known" },
  withdraw: { "zh-Hans": "撤回并删除", "zh-Hant": "撤回並刪除", en: "Withdraw and delete" },
  withdrawn: {
    "zh-Hans": "已删除，谁也恢复不了。",
    "zh-Hant": "已刪除，誰也復原不了。",
    en: "Deleted; nobody can bring it back.",
  },
  want: { "zh-Hans": "想刷脸开门", "zh-Hant": "想刷臉開門", en: "I would like to use my face" },
  agree: { "zh-Hans": "读过了，本人满十四岁，同意", "zh-Hant": "讀過了，本人滿十四歲，同意", en: "Read; I am fourteen or older and agree" },
  not: { "zh-Hans": "不了", "zh-Hant": "不了", en: "No, thank you" },
  notReached: { "zh-Hans": "没有连上，请稍后再试。", "zh-Hant": "沒有連上，請稍後再試。", en: "Not reached. Please try again in a moment." },
  comma: { "zh-Hans": "、", "zh-Hant": "、", en: ", " },
});

const MOST_MATCHES = 5;

const face = signal<FaceShown | null>(null);
const notice = signal<FaceNotice | null>(null);
const failed = signal(false);
const busy = signal(false);
const wrong = signal<Words | null>(null);
const gone = signal(false);

async function act(what: (holder: NonNullable<typeof key.value>) => Promise<void>): Promise<void> {
  const holder = key.value;
  if (holder === null || busy.value) return;
  [busy.value, wrong.value] = [true, null];
  try {
    await what(holder);
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : words.notReached;
  } finally {
    busy.value = false;
  }
}

async function read(): Promise<void> {
  const holder = key.value;
  if (holder === null) return;
  try {
    face.value = (await askSigned(holder, "GET", "/api/v1/me/face")).body;
    failed.value = false;
  } catch {
    failed.value = true;
  }
}

function withdraw(): Promise<void> {
  return act(async (holder) => {
    await askSigned(holder, "DELETE", "/api/v1/me/face");
    gone.value = true;
    await read();
  });
}

function readNotice(): Promise<void> {
  return act(async (holder) => {
    const path = `/api/v1/me/face/notice/${language.value}` as const;
    notice.value = (await askSigned(holder, "GET", path)).body;
  });
}

function consent(read: FaceNotice): Promise<void> {
  return act(async (holder) => {
    const asked = { notice: read.version, language: language.value };
    face.value = (await askSigned(holder, "POST", "/api/v1/me/face/consent", asked)).body;
    [notice.value, gone.value] = [null, false];
  });
}

function Asking({ shown }: { shown: FaceNotice }) {
  return (
    <section class="ask" data-notice>
      {shown.parts.map((part) => (
        <div key={part.title}>
          <strong>{part.title}</strong>
          <p>{part.text}</p>
        </div>
      ))}
      <Button wide look="main" disabled={busy.value} onClick={() => consent(shown)}>
        {say(words.agree)}
      </Button>
      <Button
        wide
        onClick={() => {
          notice.value = null;
        }}
      >
        {say(words.not)}
      </Button>
    </section>
  );
}

function Match({ match }: { match: FaceMatch }) {
  const zone = site.value?.time_zone;
  return (
    <li>
      <span class="figures">
        {dayOf(match.at, zone)} {clockTime(match.at, zone)}
      </span>{" "}
      {say(match.door)} · {match.known ? say(words.known) : say(reasonWords(match.reason ?? ""))}
    </li>
  );
}

function Kept({ shown }: { shown: FaceShown }) {
  const held = shown.consent;
  if (held === null) return null;
  const days = [...new Set(shown.photos.map((photo) => photo.day))].join(say(words.comma));
  return (
    <>
      <StatusLine tone="good">{say(words.since, { day: dayOf(held.given_at, site.value?.time_zone) })}</StatusLine>
      <p class="small">{say(words.purpose, { purpose: held.purpose })}</p>
      <p class="small">
        {shown.photos.length > 0 ? say(words.photos, { n: shown.photos.length, days }) : say(words.photosNone)}
      </p>
      {shown.other_model && <Notice tone="mind">{say(words.otherModel)}</Notice>}
      <h4>{say(words.matches)}</h4>
      {shown.matches.length === 0 ? (
        <p class="soft small">{say(words.matchesNone)}</p>
      ) : (
        <ul class="small" data-matches={shown.matches.length}>
          {shown.matches.slice(0, MOST_MATCHES).map((match) => (
            <Match key={`${match.at}${match.door.en}`} match={match} />
          ))}
        </ul>
      )}
      <Button wide look="grave" icon="trash" disabled={busy.value} onClick={withdraw}>
        {say(words.withdraw)}
      </Button>
    </>
  );
}

/** Nothing is shown where the site does not use faces and nothing of this person is kept. */
export function Face() {
  useEffect(() => {
    [notice.value, wrong.value, gone.value] = [null, null, false];
    read();
  }, []);
  const shown = face.value;
  if (shown?.consent === null && (shown.state === "absent" || shown.state === "off")) return null;
  return (
    <section class="cards" data-my-face>
      <h3>{say(words.title)}</h3>
      {shown === null && !failed.value && <Skeleton rows={2} />}
      {failed.value && <p class="soft">{say(words.notReached)}</p>}
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      {gone.value && (
        <Notice tone="good" spoken>
          {say(words.withdrawn)}
        </Notice>
      )}
      {shown && <Kept shown={shown} />}
      {shown?.consent === null && notice.value === null && (
        <>
          <p class="soft">{say(words.none)}</p>
          {shown.state === "ready" && (
            <Button wide disabled={busy.value} onClick={readNotice}>
              {say(words.want)}
            </Button>
          )}
        </>
      )}
      {shown?.consent === null && notice.value && <Asking shown={notice.value} />}
    </section>
  );
}
