/** The live wall: a tile for each door, building by building, and what happens beside it. */

import type { DoorShown } from "@linli/shared/api.gen";
import { EmptyState, ErrorState, Name, Skeleton, StatusLine, type Tone } from "@linli/shared/bits";
import { clockTime, say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";

import { Events, eventTone, eventWords } from "./events";
import { deviceOf, doors, type Mood, moodOf, news, personOf, readAll, reading, site } from "./wall";
import { words } from "./words";

const ICONS: Readonly<Record<Mood, IconName>> = {
  calm: "lock",
  open: "doorOpen",
  mind: "alert",
  gone: "offline",
};

const LOCKS = { locked: words.locked, unlocked: words.unlocked, unknown: words.lockUnknown } as const;
const CONTACTS = {
  open: words.contactOpen,
  closed: words.contactClosed,
  unknown: words.contactUnknown,
} as const;
const MODES: Readonly<Record<string, Words>> = {
  Unlocked: words.modeUnlocked,
  Blocked: words.modeBlocked,
  LockedDown: words.modeLockedDown,
  LockedOpen: words.modeLockedOpen,
};

function StateLine({ door }: { door: DoorShown }) {
  if (door.online !== true) {
    return <p class="is">{say(door.online === null ? words.neverSeen : words.offline)}</p>;
  }
  const mode = MODES[door.mode];
  return (
    <p class="is">
      {mode && <strong>{say(mode)}</strong>}
      <span>{say(LOCKS[door.lock])}</span>
      <span>{say(CONTACTS[door.contact])}</span>
    </p>
  );
}

function LastLine({ door }: { door: DoorShown }) {
  const { last } = door;
  if (last === null) return <p class="last soft">{say(words.quiet)}</p>;
  const person = personOf(last);
  return (
    <p class="last">
      <time class="figures" dateTime={last.at}>
        {clockTime(last.at, site.value?.time_zone)}
      </time>
      {person && <Name>{person}</Name>}
      <StatusLine tone={eventTone(last).tone} icon={eventTone(last).icon}>
        {say(eventWords(last))}
      </StatusLine>
    </p>
  );
}

function SpeedLine({ door }: { door: DoorShown }) {
  const device = door.online ? deviceOf(door) : undefined;
  if (!device || device.p50_ms === null || device.p95_ms === null) return null;
  const [p50, p95] = [Math.round(device.p50_ms), Math.round(device.p95_ms)];
  return <p class="speed figures">{say(words.latency, { p50, p95 })}</p>;
}

function Tile({ door }: { door: DoorShown }) {
  const mood = moodOf(door);
  const lit = door.last !== null && news.value.has(door.last.n);
  return (
    <li class="tile" data-mood={mood} data-door={door.id}>
      {lit && <i class="glow" key={door.last?.n} />}
      <span class="mark">
        <Icon name={ICONS[mood]} />
      </span>
      <h3>{say(door.name)}</h3>
      <StateLine door={door} />
      <LastLine door={door} />
      <SpeedLine door={door} />
    </li>
  );
}

function buildingWords(building: string): string {
  if (building === "") return say(words.grounds);
  return /^\d+$/.test(building) ? say(words.building, { n: building }) : building;
}

function byBuilding(): [string, DoorShown[]][] {
  const groups = new Map<string, DoorShown[]>();
  for (const door of doors.value) {
    groups.set(door.building ?? "", [...(groups.get(door.building ?? "") ?? []), door]);
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b, "zh", { numeric: true }));
}

function Summary() {
  const moods = doors.value.map(moodOf);
  const count = (...wanted: Mood[]) => moods.filter((each) => wanted.includes(each)).length;
  const all = moods.length;
  const lines: { tone: Tone; icon: IconName; text: string; shown: boolean }[] = [
    {
      tone: count("gone") === 0 ? "good" : "mind",
      icon: count("gone") === 0 ? "online" : "offline",
      text: say(words.doorsOnline, { n: all - count("gone"), all }),
      shown: true,
    },
    { tone: "calm", icon: "doorOpen", text: say(words.doorsOpen, { n: count("open") }), shown: true },
    {
      tone: "mind",
      icon: "alert",
      text: say(words.doorsMind, { n: count("mind", "gone") }),
      shown: count("mind", "gone") > 0,
    },
  ];
  return (
    <p class="summary" role="status">
      {lines
        .filter((each) => each.shown)
        .map((each) => (
          <StatusLine key={each.icon} tone={each.tone} icon={each.icon}>
            {each.text}
          </StatusLine>
        ))}
    </p>
  );
}

function Tiles() {
  if (reading.value === "failed") return <ErrorState onAgain={readAll} />;
  if (doors.value.length === 0 && reading.value === "busy") return <Skeleton rows={6} />;
  if (doors.value.length === 0) {
    return (
      <EmptyState icon="door" title={say(words.noDoors)}>
        <p>{say(words.noDoorsLine)}</p>
      </EmptyState>
    );
  }
  return (
    <>
      <Summary />
      {byBuilding().map(([building, own]) => (
        <section key={building}>
          <h2>{buildingWords(building)}</h2>
          <ul class="tiles">
            {own.map((door) => (
              <Tile key={door.id} door={door} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

export function Doors() {
  return (
    <>
      <h1 class="unseen">{say(words.wall)}</h1>
      {/* it scrolls by itself on a low screen, so the keyboard must reach it */}
      <section class="doors" aria-label={say(words.wall)} tabIndex={0}>
        <Tiles />
      </section>
      <Events />
    </>
  );
}
