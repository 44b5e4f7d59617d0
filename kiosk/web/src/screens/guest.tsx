/** A visitor for whoever has no phone: a picture to photograph, or nine digits to tell a courier. */
import { Button, Skeleton } from "@linli/shared/bits";
import { clockTime, language, say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Code } from "../code";
import { e } from "../errand-words";
import { type Door, type Guests, local, type Made } from "../local";
import { act, agentLost, busy, go, online, paper, prints, settings } from "../visit";
import { w } from "../words";
import { Screen } from "./frame";
import { Keys } from "./keys";
import { Tile } from "./services";

/** Doors of one pass; devices/passes.py holds it too. */
const MOST_DOORS = 4;
const HOURS = [2, 12] as const;
type Hours = (typeof HOURS)[number];

const named = (doors: readonly Door[]) => doors.map((each) => say(each.name)).join(say(e.comma));

function Back() {
  return (
    <Button icon="back" onClick={() => go("services")}>
      {say(w.back)}
    </Button>
  );
}

type Slip = "none" | "printing" | "printed" | "failed";

/** What became of the paper; before anybody asked for one, nothing. */
function PaperLine({ slip }: { slip: Slip }) {
  if (slip === "none") return null;
  if (slip === "failed") {
    return (
      <p class="trouble" role="alert">
        <Icon name="alert" />
        <span>{say(e.paperFailed)}</span>
      </p>
    );
  }
  const printing = slip === "printing";
  return (
    <p class="take" role="status">
      <Icon name={printing ? "printer" : "down"} />
      <span>{say(printing ? e.paperPrinting : e.paperTake)}</span>
    </p>
  );
}

function MadeOne({ made }: { made: Made }) {
  const slip = useSignal<Slip>("none");
  const print = () => {
    slip.value = "printing";
    void act(
      () => local.printPass(language.value),
      (told) => {
        slip.value = told.printed ? "printed" : "failed";
      },
    ).then(() => {
      if (slip.value === "printing") slip.value = "none"; // refused, in words of its own
    });
  };
  const code = made.code;
  const at = clockTime(made.ends, settings.value?.time_zone);
  const title = say(code === null ? e.madePass : e.madeCode);
  const line = code === null ? say(e.madePassLine) : say(e.madeCodeLine, { door: named(made.doors) });
  return (
    <Screen
      name="made"
      title={title}
      sentence={`${title} ${code === null ? "" : [...code].join(" ")} ${line}`}
      keys={
        <>
          {paper.value !== "none" && (
            <Button
              icon="printer"
              disabled={busy.value || agentLost.value || !prints.value}
              onClick={print}
            >
              {say(slip.value === "printed" ? e.paperAgain : e.paperPrint)}
            </Button>
          )}
          <Button look="main" icon="back" onClick={() => go("bills")}>
            {say(w.payToBills)}
          </Button>
        </>
      }
    >
      <PaperLine slip={slip.value} />
      {made.svg && (
        <div class="code-paper">
          <Code svg={made.svg} label={say(e.madePicture)} />
        </div>
      )}
      {code && (
        <p class="six figures">
          {[0, 3, 6].map((from) => (
            <span key={from}>{code.slice(from, from + 3)}</span>
          ))}
        </p>
      )}
      <p class="lead">{line}</p>
      <p class="lead">
        {code === null && `${say(e.guestDoors, { doors: named(made.doors) })}　`}
        {say(e.madeUntil, { at })}
      </p>
      {!made.reached && (
        <p class="mind">
          <Icon name="hourglass" />
          <span>{say(e.madeNotYet)}</span>
        </p>
      )}
    </Screen>
  );
}

function When({ typed, doors, onMade }: { typed: boolean; doors: readonly Door[]; onMade: (made: Made) => void }) {
  const hours = useSignal<Hours>(2);
  const door = useSignal(doors[0]?.id ?? "");
  const chosen = typed ? doors.filter((each) => each.id === door.value) : doors.slice(0, MOST_DOORS);
  const title = say(e.guestWhen);
  const make = () =>
    act(
      () =>
        local.invite({
          label: say(e.guestLabel),
          doors: chosen.map((each) => each.id),
          hours: hours.value,
          typed,
        }),
      onMade,
    );
  const words = { 2: e.guestSoon, 12: e.guestDay } as const;
  return (
    <Screen
      name="guest-when"
      title={say(typed ? e.guestCode : e.guestPass)}
      sentence={title}
      keys={
        <>
          <Back />
          <Button
            look="main"
            icon="key"
            disabled={busy.value || !online.value || agentLost.value}
            onClick={() => void make()}
          >
            {say(busy.value ? e.guestMaking : e.guestMake)}
          </Button>
        </>
      }
    >
      <Keys<Hours>
        legend={title}
        value={hours.value}
        options={HOURS.map((each) => ({ value: each, text: say(words[each]) }))}
        onChoose={(each) => (hours.value = each)}
      />
      {typed && doors.length > 1 ? (
        <Keys
          legend={say(e.guestDoor)}
          value={door.value}
          options={doors.map((each) => ({ value: each.id, text: say(each.name) }))}
          onChoose={(each) => (door.value = each)}
        />
      ) : (
        <p class="lead">{say(e.guestDoors, { doors: named(chosen) })}</p>
      )}
    </Screen>
  );
}

export function Guest() {
  const guests = useSignal<Guests | null>(null);
  const kind = useSignal<"pass" | "code" | null>(null);
  const made = useSignal<Made | null>(null);
  useEffect(() => {
    void act(local.guests, (told) => {
      guests.value = told;
      if (told.code_doors.length === 0 && told.doors.length > 0) kind.value = "pass";
    });
  }, []);
  if (made.value !== null) return <MadeOne made={made.value} />;
  const known = guests.value;
  if (known !== null && kind.value !== null) {
    const typed = kind.value === "code";
    const doors = typed ? known.code_doors : known.doors;
    return <When typed={typed} doors={doors} onMade={(told) => (made.value = told)} />;
  }
  return (
    <Screen name="guest" title={say(e.guestTitle)} sentence={say(e.guestTitle)} keys={<Back />}>
      {known === null && busy.value && (
        <div role="status" aria-label={say(e.guestBusy)}>
          <Skeleton rows={3} />
        </div>
      )}
      {known?.doors.length === 0 && <p class="lead">{say(e.guestNone)}</p>}
      {known !== null && known.doors.length > 0 && (
        <div class="tiles">
          <Tile icon="people" title={e.guestPass} line={e.guestPassLine} onClick={() => (kind.value = "pass")} />
          <Tile icon="phone" title={e.guestCode} line={e.guestCodeLine} onClick={() => (kind.value = "code")} />
        </div>
      )}
    </Screen>
  );
}
