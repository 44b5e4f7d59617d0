/** The drawer of everything that has a plug: pull it, see what ails it, and what the hub knows of it. */
import { Button } from "@linli/shared/bits";
import { clockTime, say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";

import { Drawer } from "./drawer";
import { busy, hand, kioskNow, parts, town, wall } from "./state";
import type { MeterShown, Part } from "./town";
import { w } from "./words";
import { AILS, HANDS, PAPER, t } from "./words-things";

export const thingsOpen = signal(false);

/** Which icon a kind has; a new kind is one more line. */
const ICONS = {
  reader: "card",
  scanner: "eye",
  keypad: "keypad",
  board: "lock",
  cable: "online",
  printer: "printer",
  meters: "bolt",
} as const;

/** Troubles of a door that are about a thing of this kind. */
const TROUBLES: Partial<Record<Part["kind"], readonly string[]>> = {
  reader: ["reader_silent"],
  keypad: ["reader_silent", "tamper"],
  board: ["tamper"],
};

/** A door's controller: that of its reader. */
function deviceOf(door: string): string | undefined {
  return parts.value.find((part) => part.kind === "reader" && part.place === door)?.device;
}

/** What the hub knows of a thing: its device, and what it finds wrong with the doors it hangs on. */
function known(part: Part): readonly Words[] {
  const device = wall.value.devices[part.device];
  if (device === undefined || device.state !== "ready") return [t.hubMisses];
  const doors = Object.entries(wall.value.doors)
    .filter(([id]) => id === part.place || (part.kind === "board" && deviceOf(id) === part.device))
    .map(([, door]) => door);
  const kinds = TROUBLES[part.kind] ?? [];
  const told = doors
    .flatMap((door) => door.troubles)
    .filter(({ kind }, at, all) => kinds.includes(kind) && all.findIndex((each) => each.kind === kind) === at)
    .map((trouble) => trouble.words);
  if (part.kind === "board" && doors.some((door) => door.contact === "unknown")) told.push(t.contactUnknown);
  const [grave] = device.states;
  if (grave !== undefined) told.push(reasonWords(grave));
  return told.length > 0 ? told : [t.hubSees];
}

function Ails({ part }: { part: Part }) {
  const told = part.ails.map((ail) => say(AILS[ail])).join(say(w.between));
  return (
    <span class="ails" data-tone={part.ails.length > 0 ? "mind" : "good"}>
      <Icon name={part.ails.length > 0 ? "alert" : "check"} />
      {told === "" ? say(t.allWell) : told}
    </span>
  );
}

function Meter({ meter }: { meter: MeterShown }) {
  const { register, unit, read } = meter;
  return (
    <li class="meter">
      <Icon name={meter.what === "power" ? "bolt" : "drop"} />
      <b>{say(meter.what === "power" ? t.power : t.water)}</b>
      <span class="register figures">
        {register} {unit}
      </span>
      <span class="soft figures">
        {read === null
          ? say(t.meterUnread)
          : say(t.meterRead, { value: read.value, at: clockTime(read.at, town.value?.time_zone, true) })}
      </span>
    </li>
  );
}

function Shown({ part }: { part: Part }) {
  if (part.kind === "printer") {
    return <p class="soft small">{say(t.kioskSays, { what: say(PAPER[kioskNow.value.paper]) })}</p>;
  }
  if (part.kind !== "meters") return null;
  return (
    <>
      <ul class="meters">
        {part.shown.meters.map((meter) => (
          <Meter key={meter.what} meter={meter} />
        ))}
      </ul>
      <p class="soft small">{say(t.meterWhen)}</p>
    </>
  );
}

function Thing({ part }: { part: Part }) {
  const what = known(part)
    .map((words) => say(words))
    .join(say(w.between));
  return (
    <li class="thing" data-part={part.id} data-plugged={part.plugged}>
      <Icon name={ICONS[part.kind]} />
      <div>
        <div class="about">
          <b id={`part-${part.id}`}>{say(part.name)}</b>
          <p class="told" role="status">
            <Ails part={part} />
            <span class="soft">{say(t.hubKnows, { what })}</span>
          </p>
          <Shown part={part} />
        </div>
        <div class="hands" role="group" aria-labelledby={`part-${part.id}`}>
          {part.hands.map((verb) => (
            <Button key={verb} disabled={busy.value} onClick={() => void hand(part.id, verb)}>
              {say(HANDS[verb])}
            </Button>
          ))}
        </div>
      </div>
    </li>
  );
}

export function ThingsDrawer() {
  return (
    <Drawer name="things" title={say(t.plugsTitle)} what={say(t.plugsWhat)} open={thingsOpen}>
      <ul class="things" data-scrolls tabIndex={0} aria-labelledby="things-title">
        {parts.value.map((part) => (
          <Thing key={part.id} part={part} />
        ))}
      </ul>
    </Drawer>
  );
}
