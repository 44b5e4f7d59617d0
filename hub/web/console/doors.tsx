/** The live wall: a tile for each door, building by building, and what happens beside it. */

import type { DoorShown } from "@linli/shared/api.gen";
import { EmptyState, ErrorState, Name, Skeleton, StatusLine, type Tone } from "@linli/shared/bits";
import { clockTime, say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";

import { OpenDeed, SiteDeeds } from "./deeds";
import { DoorPage } from "./door";
import { doorWords } from "./doorwords";
import { Events, eventTone, eventWords } from "./events";
import { addressOf, thingOf } from "./place";
import { doors, type Mood, moodOf, news, personOf, readAll, reading, site } from "./wall";
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

/** Lock, contact and mode in words; what is not known is said to be unknown. */
export function StateLine({ door }: { door: DoorShown }) {
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

/** The door's own times: those of its controller are its neighbours' too. */
function SpeedLine({ door }: { door: DoorShown }) {
  const times = door.latency;
  if (!times) return null;
  const [p50, p95] = [Math.round(times.p50_ms), Math.round(times.p95_ms)];
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
      <h3>
        <a href={addressOf("doors", door.id)}>{say(door.name)}</a>
      </h3>
      <StateLine door={door} />
      <LastLine door={door} />
      <SpeedLine door={door} />
      <OpenDeed door={door} />
    </li>
  );
}

function buildingWords(building: string): string {
  if (building === "") return say(words.grounds);
  return /^\d+$/.test(building) ? say(words.building, { n: building }) : building;
}

type Groups = [string, DoorShown[]][];

/** Groups of doors, in the order in which people count buildings and units. */
function grouped(some: readonly DoorShown[], by: (door: DoorShown) => string | null): Groups {
  const groups = new Map<string, DoorShown[]>();
  for (const door of some) groups.set(by(door) ?? "", [...(groups.get(by(door) ?? "") ?? []), door]);
  return [...groups].sort(([a], [b]) => a.localeCompare(b, "zh", { numeric: true }));
}

function byBuilding(): Groups {
  return grouped(doors.value, (door) => door.building);
}

/** A building's floor plan without a map: unit by unit. */
function byUnit(own: readonly DoorShown[]): Groups {
  return grouped(own, (door) => door.unit);
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
      <div class="overview">
        <Summary />
        <SiteDeeds />
      </div>
      {byBuilding().map(([building, own]) => (
        <section key={building}>
          <h2>{buildingWords(building)}</h2>
          <div class="units">
            {byUnit(own).map(([unit, some]) => (
              <div key={unit} class="unit" data-unit={unit || undefined}>
                {unit !== "" && <p class="unit-name">{say(doorWords.unit, { n: unit })}</p>}
                <ul class="tiles">
                  {some.map((door) => (
                    <Tile key={door.id} door={door} />
                  ))}
                </ul>
              </div>
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

export function Doors() {
  const id = thingOf("doors");
  if (id !== null) return <DoorPage id={id} />;
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
