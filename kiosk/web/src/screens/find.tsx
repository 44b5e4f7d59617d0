/** Find a household without a card: house number, then the last four digits of the phone. */
import { Button } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";

import { EraseIcon } from "../art";
import { agentLost, busy, errand, find, go, online } from "../visit";
import { w } from "../words";
import { Screen } from "./frame";

const PLACES = ["building", "unit", "room", "phone"] as const;
type Place = (typeof PLACES)[number];
type Entry = Readonly<Record<Place, string>>;

/** Longest value of each place: building 12, unit 3, room 3A02, phone 0302. */
const MOST: Readonly<Record<Place, number>> = { building: 2, unit: 2, room: 4, phone: 4 };
const NOTHING: Entry = { building: "", unit: "", room: "", phone: "" };
const WORDS = { building: w.findBuilding, unit: w.findUnit, room: w.findRoom } as const;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "0"] as const;

/** The letter belongs to floors such as 3A: it never begins a room and stands only there. */
function fits(entry: Entry, place: Place, key: string): boolean {
  const text = entry[place];
  if (text.length >= MOST[place]) return false;
  return /[0-9]/.test(key) || (place === "room" && text.length === 1);
}

function done(entry: Entry, place: Place): boolean {
  if (place === "phone") return entry.phone.length === MOST.phone;
  return entry[place].length >= (place === "room" ? 3 : 1);
}

interface EntryProps {
  entry: Entry;
  place: Place;
  choose: (place: Place) => void;
}

function House({ entry, place, choose }: EntryProps) {
  return (
    <div class="house" role="group" aria-label={say(w.findTitle)}>
      {(["building", "unit", "room"] as const).map((each) => (
        <span key={each}>
          <button
            type="button"
            class="box figures"
            data-place={each}
            aria-label={`${say(WORDS[each])} ${entry[each] || say(w.findEmpty)}`}
            aria-current={each === place ? "step" : undefined}
            onClick={() => choose(each)}
          >
            {entry[each]}
          </button>
          <span aria-hidden="true">{say(WORDS[each])}</span>
        </span>
      ))}
    </div>
  );
}

function Digits({ text }: { text: string }) {
  return (
    <div class="digits" role="group" aria-label={say(w.findPhone)}>
      {Array.from({ length: MOST.phone }, (_, at) => (
        <span
          key={at}
          class="box figures"
          role="img"
          aria-label={`${say(w.findDigit, { n: at + 1 })} ${say(at < text.length ? w.findFilled : w.findEmpty)}`}
          aria-current={at === text.length ? "step" : undefined}
        >
          {text[at] ?? ""}
        </span>
      ))}
    </div>
  );
}

interface PadProps {
  takes: (key: string) => boolean;
  press: (key: string) => void;
  erase: () => void;
}

function Pad({ takes, press, erase }: PadProps) {
  return (
    <div class="pad" role="group">
      {KEYS.map((key) => (
        <button
          key={key}
          type="button"
          class="button figures"
          aria-disabled={!takes(key)}
          onClick={() => press(key)}
        >
          {key}
        </button>
      ))}
      <button type="button" class="button" onClick={erase}>
        <EraseIcon />
        <span>{say(w.findErase)}</span>
      </button>
    </div>
  );
}

export function Find() {
  // signals: two quick presses must both count, and a closure would show the second one old digits
  const typed = useSignal<Entry>(NOTHING);
  const at = useSignal<Place>("building");
  const [entry, place] = [typed.value, at.value];
  const onPhone = place === "phone";
  const ready = () => done(typed.value, at.value) && !busy.value && !agentLost.value;

  const set = (text: string) => {
    typed.value = { ...typed.value, [at.value]: text };
  };
  const step = (by: 1 | -1) => {
    at.value = PLACES[PLACES.indexOf(at.value) + by] ?? at.value;
  };
  const press = (key: string) => {
    if (fits(typed.value, at.value, key)) set(typed.value[at.value] + key);
  };
  const erase = () => {
    const text = typed.value[at.value];
    if (text === "") step(-1);
    else set(text.slice(0, -1));
  };
  const next = () => {
    if (!ready()) return;
    const { building, unit, room, phone } = typed.value;
    if (at.value === "phone") void find(`${building}-${unit}-${room}`, phone);
    else step(1);
  };
  const choose = (each: Place) => {
    at.value = each;
  };
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (/^[0-9aA]$/.test(event.key)) press(event.key.toUpperCase());
      else if (event.key === "Backspace") erase();
      else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) next();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  const title = say(onPhone ? w.findTitlePhone : w.findTitle);
  // whoever came for a lost card is not after bills
  const look = say(busy.value ? w.findLooking : errand.value === null ? w.findLook : w.findNext);
  return (
    <Screen
      name="find"
      title={title}
      sentence={title}
      keys={
        <Button icon="back" onClick={() => (onPhone ? choose("room") : go("home"))}>
          {say(w.back)}
        </Button>
      }
    >
      <div class="asked">
        {onPhone ? <Digits text={entry.phone} /> : <House entry={entry} place={place} choose={choose} />}
        {onPhone && <p class="soft">{say(w.findWhy)}</p>}
        {!online.value && <p class="soft">{say(w.billsOffline)}</p>}
      </div>
      <div class="typing">
        <Pad takes={(key) => fits(entry, place, key)} press={press} erase={erase} />
        <Button look="main" icon={onPhone ? "search" : "chevron"} wide disabled={!ready()} onClick={next}>
          {onPhone ? look : say(w.findNext)}
        </Button>
      </div>
    </Screen>
  );
}
