/** What became of an opening: one colour, one shape, one sentence. */

import { Button, Phrase } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";
import { parts } from "@linli/shared/parts";
import { reasonWords } from "@linli/shared/reasons";
import { useEffect } from "preact/hooks";

import { openDoor, type Result, settle, type Turn } from "./opening";
import { words } from "./words";

/** An opened door is old news after this; what went wrong stays until it is read. */
const OPENED_STAYS_MS = 9_000;

const ICONS: Readonly<Record<Result, IconName>> = {
  opened: "check",
  refused: "alert",
  unknown: "question",
  silent: "question",
  offline: "offline",
  looking: "eye",
};

const OWN_WORDS: Readonly<Partial<Record<Result, readonly [title: Words, next: Words]>>> = {
  unknown: [words.unknownTitle, words.unknownNext],
  silent: [words.silentTitle, words.silentLine],
  offline: [words.offlineTitle, words.offlineLine],
};

/** What happened, large, and what to do now, below it: a reason's first sentence and its rest. */
function sentences(result: Result, reason: string): readonly [title: string, next: string] {
  const own = OWN_WORDS[result];
  if (own) return [say(own[0]), say(own[1])];
  const all = say(reasonWords(reason));
  const [first = all] = /^.+?(?:。|[.] |$)/.exec(all) ?? [];
  return [first.trim().replace(/[。.]$/, ""), all.slice(first.length)];
}

export function Told({ turn }: { turn: Extract<Turn, { phase: "told" }> }) {
  const { result, reason, door } = turn;
  useEffect(() => {
    scrollTo(0, 0);
    if (result !== "opened") return;
    const timer = setTimeout(settle, OPENED_STAYS_MS);
    return () => clearTimeout(timer);
  }, [turn]);
  const [title, next] = sentences(result, reason);
  return (
    <main class="told" data-result={result}>
      <div class="middle" role="alert">
        <span class="disc">
          <Icon name={ICONS[result]} />
        </span>
        <h1>
          <Phrase>{title}</Phrase>
        </h1>
        {next && (
          <p class="lead">
            <Phrase>{next}</Phrase>
          </p>
        )}
        {result === "looking" && <p class="lead">{say(words.lookingLine)}</p>}
        <p class="told-door">{say(door.name)}</p>
      </div>
      <div class="foot">
        {result !== "opened" && result !== "looking" && (
          <Button look="main" wide icon="door" onClick={() => openDoor()}>
            {say(parts.again)}
          </Button>
        )}
        <Button wide onClick={settle}>
          {say(words.done)}
        </Button>
      </div>
    </main>
  );
}
