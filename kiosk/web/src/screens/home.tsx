/** The untouched screen: the time, today's notices, and the card's place at the lower edge. */
import { language, say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { useEffect, useState } from "preact/hooks";

import { CardArt, NoticeIcon, Sign, Willow } from "../art";
import { CARD_WORDS } from "../cardwords";
import { e } from "../errand-words";
import { agentLost, card, cardRefused, findFor, go, settings } from "../visit";
import { announce } from "../voice";
import { w } from "../words";


function Clock() {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const beat = setInterval(() => setNow(new Date()), 1_000);
    return () => clearInterval(beat);
  }, []);
  const zone = settings.value?.time_zone ?? "Asia/Shanghai";
  const tag = language.value === "en" ? "en-GB" : language.value;
  const time = new Intl.DateTimeFormat(tag, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  }).format(now);
  const date = new Intl.DateTimeFormat(tag, {
    month: "long",
    day: "numeric",
    weekday: "long",
    timeZone: zone,
  }).format(now);
  return (
    <p class="clock">
      <time class="figures">{time}</time>
      <span>{date}</span>
    </p>
  );
}

function Notices() {
  const notices = settings.value?.notices ?? [];
  if (notices.length === 0) return null;
  return (
    <section class="notices" aria-labelledby="notices-title">
      <h2 id="notices-title">{say(w.today)}</h2>
      <ul>
        {notices.map((notice) => (
          <li key={notice.id}>
            <span class="round">
              <NoticeIcon kind={notice.kind} />
            </span>
            <span>
              <b>{say(notice.title)}</b>
              <span class="soft">{say(notice.line)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The card's place: it says what to do, and then what the reader feels. */
export function CardPlace({ tap = w.tapTitle }: { tap?: Words }) {
  const state = card.value;
  const said = state === null ? { title: tap, line: w.tapLine } : CARD_WORDS[state];
  const title = say(said.title);
  const line = said.line ? say(said.line) : null;
  useEffect(() => announce(line === null ? title : `${title} ${line}`), [title, line]);
  return (
    <section class="card-place" data-state={state ?? "ready"} data-mind={cardRefused.value}>
      <div>
        <h1>{title}</h1>
        {line && <p>{line}</p>}
      </div>
      {cardRefused.value ? <Sign kind="mind" /> : <CardArt />}
    </section>
  );
}

export function Home() {
  return (
    <main class="home">
      <Willow />
      <Clock />
      <div class="beside">
        <Notices />
        <button
          type="button"
          class="button find-key"
          disabled={agentLost.value}
          onClick={() => go("find")}
        >
          <Icon name="search" />
          <span>{say(w.findButton)}</span>
          <Icon name="chevron" />
        </button>
        <button
          type="button"
          class="button lost-key"
          disabled={agentLost.value}
          onClick={() => findFor("lost")}
        >
          <Icon name="card" />
          <span>{say(e.lostHome)}</span>
          <Icon name="chevron" />
        </button>
      </div>
      <CardPlace />
    </main>
  );
}
