/** The staff console: sign-in, the live wall, the devices, the residents. */

import "@linli/shared/base.css";
import "./calls.css";
import "./issuing.css";
import "./console.css";
import "./deeds.css";
import "./incidents.css";
import "./faces.css";

import { Button, Dialog, ErrorState, hasNetwork, LanguageSwitch, Name, Skeleton, StatusLine } from "@linli/shared/bits";
import { primeChimes } from "@linli/shared/chime";
import { clockTime, rememberLanguage, say } from "@linli/shared/i18n";
import { Icon, type IconName, Sign } from "@linli/shared/icons";
import { effect, signal, untracked } from "@preact/signals";
import { render } from "preact";

import { openCount, watchAlerts } from "./alert_board";
import { Alerts } from "./alerts";
import { alertWords } from "./alert_words";
import { Calls } from "./calls";
import { Cards } from "./cards";
import { cardWords } from "./cardwords";
import { Deeds, LockdownBanner } from "./deeds";
import { Desk } from "./desk";
import { Devices } from "./devices";
import { Doors } from "./doors";
import { Faces } from "./faces";
import { faceWords } from "./facewords";
import { Gate } from "./gate";
import { Import } from "./import";
import { waitingCount, watchIncidents } from "./incident_board";
import { Incidents } from "./incidents";
import { incidentWords } from "./incident_words";
import { words as onboarding } from "./onboarding_words";
import { People } from "./people";
import { placeOf, thingOf } from "./place";
import { member, resume, signOut } from "./staff";
import { brokerOnline, hubNow, link, site, trueAt, unwatch, watch } from "./wall";
import { words } from "./words";

const SECTIONS = {
  doors: { text: words.wall, icon: "door", show: Doors },
  alerts: { text: alertWords.alerts, icon: "bell", show: Alerts },
  incidents: { text: incidentWords.incidents, icon: "shield", show: Incidents },
  devices: { text: words.devices, icon: "kiosk", show: Devices },
  people: { text: words.people, icon: "people", show: People },
  cards: { text: cardWords.title, icon: "card", show: Cards },
  faces: { text: faceWords.title, icon: "person", show: Faces },
  desk: { text: onboarding.desk, icon: "phone", show: Desk },
  import: { text: onboarding.importing, icon: "list", show: Import },
} as const satisfies Record<string, { icon: IconName; text: unknown; show: () => unknown }>;
type Section = keyof typeof SECTIONS;

function sectionOf(hash: string): Section {
  const named = placeOf(hash).section;
  return named in SECTIONS ? (named as Section) : "doors";
}

const section = signal<Section>(sectionOf(location.hash));
const inAccount = signal(false);
const failed = signal(false);
const second = signal(hubNow());

function Nav() {
  return (
    <nav aria-label={say(words.sections)}>
      {(Object.keys(SECTIONS) as Section[]).map((each) => (
        <a key={each} href={`#/${each}`} aria-current={section.value === each ? "page" : undefined}>
          <Icon name={SECTIONS[each].icon} />
          <span>{say(SECTIONS[each].text)}</span>
          {each === "alerts" && <AlertCount />}
          {each === "incidents" && <IncidentCount />}
        </a>
      ))}
    </nav>
  );
}

/** How many alerts wait for somebody, beside the word: seen from every section. */
function AlertCount() {
  if (openCount.value === 0) return null;
  return (
    <b class="badge figures" aria-label={say(alertWords.waiting, { n: openCount.value })}>
      {openCount.value}
    </b>
  );
}

/** How many incidents wait for a decision. */
function IncidentCount() {
  if (waitingCount.value === 0) return null;
  return (
    <b class="badge figures" aria-label={say(incidentWords.waiting, { n: waitingCount.value })}>
      {waitingCount.value}
    </b>
  );
}

/** Whether what is shown may no longer be true. */
function isCut(): boolean {
  return link.value === "lost" || !hasNetwork.value;
}

function LinkLine() {
  const state = isCut() ? "lost" : link.value;
  if (state === "live") return <StatusLine tone="good" icon="online">{say(words.live)}</StatusLine>;
  const text = state === "lost" ? words.cut : words.connecting;
  const icon = state === "lost" ? "offline" : "hourglass";
  return <StatusLine tone={state === "lost" ? "mind" : "wait"} icon={icon}>{say(text)}</StatusLine>;
}

function Bar() {
  return (
    <header class="bar">
      <span class="brand">
        <Sign />
        <strong>{say(site.value?.name ?? words.product)}</strong>
      </span>
      <Nav />
      <span class="state">
        <LinkLine />
        <time class="figures" aria-hidden="true">
          {clockTime(second.value, site.value?.time_zone, true)}
        </time>
        <Button
          look="plain"
          icon="person"
          opens="dialog"
          onClick={() => {
            inAccount.value = true;
          }}
        >
          <Name>{member.value?.name ?? ""}</Name>
        </Button>
      </span>
    </header>
  );
}

function Account() {
  const close = () => {
    inAccount.value = false;
  };
  const role = member.value?.role ?? "";
  return (
    <Dialog title={say(words.me)} onClose={close}>
      <p>
        <strong>
          <Name>{member.value?.name ?? ""}</Name>
        </strong>{" "}
        <span class="soft">{role === "administrator" ? say(words.roleAdministrator) : role}</span>
      </p>
      <LanguageSwitch />
      <Button
        icon="signOut"
        onClick={() => {
          close();
          signOut();
        }}
      >
        {say(words.signOut)}
      </Button>
    </Dialog>
  );
}

function Strips() {
  if (isCut()) {
    return (
      <div class="strip" role="status">
        <Icon name="offline" />
        <span>{say(words.stale, { at: clockTime(trueAt.value, site.value?.time_zone, true) })}</span>
      </div>
    );
  }
  if (brokerOnline.value) return null;
  return (
    <div class="strip" role="status">
      <Icon name="offline" />
      <span>{say(words.brokerLost)}</span>
    </div>
  );
}

function Console() {
  const Shown = SECTIONS[section.value].show;
  return (
    <>
      <a class="skip" href="#content">
        {say(words.skip)}
      </a>
      <Bar />
      <Strips />
      <LockdownBanner />
      <Calls />
      <main
        id="content"
        tabIndex={-1}
        data-section={section.value}
        data-thing={thingOf(section.value) ?? undefined}
        data-stale={isCut() || undefined}
      >
        <Shown />
      </main>
      {inAccount.value && <Account />}
      <Deeds />
    </>
  );
}

function begin(): void {
  failed.value = false;
  resume().catch(() => {
    failed.value = true;
  });
}

function App() {
  if (member.value) return <Console />;
  if (member.value === null) return <Gate />;
  return (
    <main class="gate-page">
      <h1 class="unseen">{say(words.console)}</h1>
      {failed.value ? <ErrorState title={say(words.noHub)} onAgain={begin} /> : <Skeleton rows={4} />}
    </main>
  );
}

rememberLanguage();
effect(() => {
  document.title = `${say(site.value?.name ?? words.product)} · ${say(words.console)}`;
});
effect(() => {
  const act = member.value ? watch : unwatch;
  untracked(act);
});
watchAlerts();
watchIncidents();
addEventListener("hashchange", () => {
  if (location.hash !== "#content") section.value = sectionOf(location.hash);
});
setInterval(() => {
  second.value = hubNow();
}, 1_000);
addEventListener("pointerdown", primeChimes);
render(<App />, document.body);
begin();
