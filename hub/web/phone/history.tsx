/** My openings: all of them as the hub knows them, else those that this phone remembers. */

import type { OwnEvent } from "@linli/shared/api.gen";
import { Dialog, EmptyState, Skeleton } from "@linli/shared/bits";
import { clockTime, dayOf, say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { history, key, type Past, site } from "./phone";
import { askSigned } from "./signed";
import { words } from "./words";

const ICONS: Readonly<Record<Past["outcome"], IconName>> = {
  opened: "check",
  refused: "alert",
  unknown: "question",
};

/** What became of it, in a word. */
export function outcomeWords(past: Past): Words {
  if (past.outcome === "opened") return words.didOpen;
  return past.outcome === "refused" ? words.didRefuse : words.didUnknown;
}

/** The day as people say it. */
export function dayWords(at: string): string {
  const zone = site.value?.time_zone;
  const day = dayOf(at, zone);
  return day === dayOf(new Date(), zone) ? say(words.today) : day;
}

/** Day and time, the day only where it is not today. */
export function whenWords(at: string): string {
  const zone = site.value?.time_zone;
  const day = dayWords(at);
  const time = clockTime(at, zone);
  return day === say(words.today) ? time : `${day} ${time}`;
}

function Row({ past }: { past: Past }) {
  return (
    <li class="past" data-outcome={past.outcome}>
      <Icon name={ICONS[past.outcome]} />
      <span>
        <strong>{say(past.door)}</strong>
        <span>{say(outcomeWords(past))}</span>
        {past.outcome === "refused" && <span class="soft small">{say(reasonWords(past.reason))}</span>}
      </span>
      <time class="figures" dateTime={past.at}>
        {clockTime(past.at, site.value?.time_zone)}
      </time>
    </li>
  );
}

function asPast(event: OwnEvent): Past {
  const door = event.door_name ?? words.someDoor;
  return { at: event.at, door, outcome: event.outcome, reason: event.reason ?? "internal" };
}

export function History({ onClose }: { onClose: () => void }) {
  const told = useSignal<readonly Past[] | null>(null);
  const asking = useSignal(key.value !== null);
  useEffect(() => {
    if (key.value === null) return;
    askSigned(key.value, "GET", "/api/v1/me/history")
      .then(({ body }) => {
        told.value = body.events.map(asPast);
      })
      .catch(() => {}) // without the hub there is what this phone remembers
      .finally(() => {
        asking.value = false;
      });
  }, []);
  const shown = told.value ?? history.value;
  const days = new Map<string, Past[]>();
  for (const past of shown) {
    const day = dayWords(past.at);
    days.set(day, [...(days.get(day) ?? []), past]);
  }
  return (
    <Dialog sheet title={say(words.history)} onClose={onClose}>
      {days.size === 0 && asking.value && <Skeleton rows={3} />}
      {days.size === 0 && !asking.value && <EmptyState icon="door" title={say(words.historyEmpty)} />}
      {[...days].map(([day, pasts]) => (
        <section key={day}>
          <h3 class="day">{day}</h3>
          <ul>
            {pasts.map((past, at) => (
              <Row key={`${past.at} ${at}`} past={past} />
            ))}
          </ul>
        </section>
      ))}
      <p class="soft small">{say(told.value ? words.historyAll : words.historyNote)}</p>
    </Dialog>
  );
}
