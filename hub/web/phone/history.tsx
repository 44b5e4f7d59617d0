/** My openings, kept on this phone. */

import { Dialog, EmptyState } from "@linli/shared/bits";
import { clockTime, dayOf, say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";

import { history, type Past, site } from "./phone";
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

export function History({ onClose }: { onClose: () => void }) {
  const days = new Map<string, Past[]>();
  for (const past of history.value) {
    const day = dayWords(past.at);
    days.set(day, [...(days.get(day) ?? []), past]);
  }
  return (
    <Dialog sheet title={say(words.history)} onClose={onClose}>
      {days.size === 0 && <EmptyState icon="door" title={say(words.historyEmpty)} />}
      {[...days].map(([day, pasts]) => (
        <section key={day}>
          <h3 class="day">{day}</h3>
          <ul>
            {pasts.map((past) => (
              <Row key={past.at} past={past} />
            ))}
          </ul>
        </section>
      ))}
      <p class="soft small">{say(words.historyNote)}</p>
    </Dialog>
  );
}
