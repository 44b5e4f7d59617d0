/** The visitor's page: one code, large; it asks nothing of the hub and works without a network. */

import "@linli/shared/base.css";
import "./visit.css";

import { EmptyState, LanguageSwitch, Notice, Phrase } from "@linli/shared/bits";
import { clockTime, dayOf, say } from "@linli/shared/i18n";
import { Icon, Sign } from "@linli/shared/icons";
import { QrCode } from "@linli/shared/qr";
import { type Link, readAddress } from "@linli/shared/visit";
import { effect, signal } from "@preact/signals";
import { render } from "preact";

import { words } from "./words";

/** How often the page looks at the clock: a code that ends while it is shown says so. */
const LOOK_MS = 5_000;

const link = signal<Link | null>(readAddress(location.hash));
const now = signal(new Date());

/** Day and time in the zone of the doors, the day only where it is not today. */
function whenWords(at: Date, zone: string): string {
  const day = dayOf(at, zone);
  const time = clockTime(at, zone);
  return day === dayOf(now.value, zone) ? time : `${day} ${time}`;
}

function spanWords({ begins, ends, zone }: Link): string {
  const [from, to] = [dayOf(begins, zone), dayOf(ends, zone)];
  const head = from === dayOf(now.value, zone) ? say(words.today) : from;
  const last = from === to ? clockTime(ends, zone) : `${to} ${clockTime(ends, zone)}`;
  return `${head} ${say(words.span, { from: clockTime(begins, zone), to: last })}`;
}

function Facts({ shown }: { shown: Link }) {
  return (
    <dl class="facts">
      <div>
        <dt>
          <Icon name="door" />
          {say(words.doors)}
        </dt>
        {shown.doors.map((each, at) => (
          <dd key={at}>{say(each)}</dd>
        ))}
      </div>
      <div>
        <dt>
          <Icon name="clock" />
          {say(words.when)}
        </dt>
        <dd class="figures">{spanWords(shown)}</dd>
      </div>
    </dl>
  );
}

function Code({ shown }: { shown: Link }) {
  const early = now.value < shown.begins;
  return (
    <>
      <p class="how">
        <Phrase>{say(words.how)}</Phrase>
      </p>
      <div class="plate">
        <QrCode text={shown.text} label={say(words.picture)} />
      </div>
      {early && (
        <Notice tone="wait" icon="hourglass">
          {say(words.early, { from: whenWords(shown.begins, shown.zone) })}
        </Notice>
      )}
      <Facts shown={shown} />
      <p class="soft note">
        <Phrase>{say(words.note)}</Phrase>
      </p>
    </>
  );
}

function Page() {
  const shown = link.value;
  if (shown === null) {
    return (
      <EmptyState icon="question" title={say(words.brokenTitle)}>
        <p>{say(words.brokenLine)}</p>
      </EmptyState>
    );
  }
  if (now.value >= shown.ends) {
    return (
      <EmptyState icon="hourglass" title={say(words.overTitle)}>
        <p>{say(words.overLine)}</p>
      </EmptyState>
    );
  }
  return <Code shown={shown} />;
}

function App() {
  return (
    <>
      <header class="top">
        <Sign />
        {link.value && <span class="where">{say(link.value.site)}</span>}
      </header>
      <main>
        <h1>{say(words.title)}</h1>
        <Page />
      </main>
      <footer>
        <LanguageSwitch />
      </footer>
    </>
  );
}

/** The screen stays on while somebody walks to the door; a browser that cannot only dims. */
function stayAwake(): void {
  if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
}

effect(() => {
  document.title = say(words.title);
});
render(<App />, document.body);
addEventListener("hashchange", () => {
  link.value = readAddress(location.hash);
});
setInterval(() => {
  now.value = new Date();
}, LOOK_MS);
document.addEventListener("visibilitychange", stayAwake);
stayAwake();
if (import.meta.env.PROD) navigator.serviceWorker?.register("/visit/sw.js").catch(() => {});
