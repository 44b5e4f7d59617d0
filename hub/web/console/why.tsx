/** Why a door answered as it did: asked for when somebody wants to know, and written down. */

import { Refused } from "@linli/shared/api";
import type { RuleShown, Why as Told } from "@linli/shared/api.gen";
import { Button, Notice, StatusLine } from "@linli/shared/bits";
import { dayOf, say, type Words } from "@linli/shared/i18n";
import { type ReasonCode, reasonWords } from "@linli/shared/reasons";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import { cures } from "./cures.gen";
import { doorWords, subjectWords } from "./doorwords";
import { staffAsk } from "./staff";
import { site } from "./wall";

function Line({ name, children }: { name: Words; children: ComponentChildren }) {
  return (
    <div>
      <dt>{say(name)}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function ruleText(rule: RuleShown): string {
  const zone = site.value?.time_zone;
  const whom = Object.hasOwn(subjectWords, rule.subject_kind)
    ? say(subjectWords[rule.subject_kind as keyof typeof subjectWords])
    : rule.subject_kind;
  const from = rule.valid_from ? dayOf(rule.valid_from, zone) : "";
  const to = rule.valid_to ? dayOf(rule.valid_to, zone) : "";
  const span = from || to ? `${from} – ${to}` : "";
  const verb = say(rule.deny ? doorWords.denies : doorWords.allows);
  return [rule.id, whom, verb, rule.schedule ?? "", span].filter(Boolean).join(" · ");
}

function Now({ code }: { code: string | null }) {
  if (code === null) return <>{say(doorWords.notKnown)}</>;
  const opens = code === "granted";
  return (
    <StatusLine tone={opens ? "good" : "mind"} icon={opens ? "check" : "alert"}>
      {opens ? say(doorWords.wouldOpen) : say(doorWords.wouldNot, { code })}
    </StatusLine>
  );
}

/** What staff should know and do about a reason; undefined for one that needs nothing, or is newer. */
export function cureOf(code: string): Words | undefined {
  return cures[code as ReasonCode];
}

/** What to do about a reason; one that is newer than this page is told as the hub tells it. */
function Cure({ code, told }: { code: string; told: string }) {
  const words = cureOf(code);
  return words === undefined ? <span lang="en">{told}</span> : <>{say(words)}</>;
}

function Answer({ told }: { told: Told }) {
  return (
    <dl class="why">
      {told.cure && (
        <Line name={doorWords.cure}>
          <Cure code={told.code} told={told.cure} />
        </Line>
      )}
      <Line name={doorWords.policyThen}>
        <span class="figures">{told.policy ?? say(doorWords.notKnown)}</span>
      </Line>
      <Line name={doorWords.rules}>
        {told.rules.length === 0 && say(doorWords.noRules)}
        <ul>
          {told.rules.map((rule) => (
            <li key={rule.id}>{ruleText(rule)}</li>
          ))}
        </ul>
      </Line>
      <Line name={doorWords.now}>
        <Now code={told.now} />
      </Line>
    </dl>
  );
}

export function Why({ n }: { n: number }) {
  const told = useSignal<Told | null>(null);
  const wrong = useSignal<Words | null>(null);
  const asking = useSignal(false);
  const ask = async () => {
    asking.value = true;
    wrong.value = null;
    try {
      told.value = (await staffAsk("GET", `/api/v1/events/${n}/why`)).body;
    } catch (error) {
      wrong.value = error instanceof Refused ? reasonWords(error.code) : doorWords.whyFailed;
    }
    asking.value = false;
  };
  if (told.value) return <Answer told={told.value} />;
  return (
    <div>
      <Button icon="question" disabled={asking.value} onClick={ask}>
        {say(doorWords.why)}
      </Button>
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
    </div>
  );
}
