/** What lies over the picture: house plates to press, sentences at the doors, the wire's switch, letters. */
import { say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";

import { held, putTo, visit, visitors } from "./hand";
import { typingAt } from "./keypad";
import { SlipKey } from "./paper";
import { Figure, LOOKS } from "./picture/people";
import { HUB_SIGN, percent, STANDS, SWITCH } from "./picture/places";
import { Envelope } from "./picture/wires";
import {
  bubbles,
  busy,
  call,
  cutNet,
  dooring,
  hubAwake,
  journal,
  kioskNow,
  net,
  pay,
  readers,
  ring,
  town,
  waiting,
} from "./state";
import { focus } from "./story";
import type { Reader } from "./town";
import { w } from "./words";
import { t } from "./words-things";

const KIOSK_STATES = {
  quiet: w.kioskQuiet,
  bills: w.kioskBills,
  code: w.kioskCode,
  paid: w.kioskPaid,
} as const;

function Plate({ reader }: { reader: Reader }) {
  const { place } = reader;
  const open = dooring(place).value;
  const kept = waiting.value[place] ?? 0;
  const state =
    reader.kind === "door"
      ? say(open ? w.doorOpen : w.doorShut)
      : reader.kind === "kiosk"
        ? say(KIOSK_STATES[kioskNow.value.state])
        : null;
  return (
    <button
      type="button"
      class="plate"
      style={percent(STANDS[place].plate)}
      data-reader={place}
      data-open={open}
      data-wanted={held.value !== null}
      data-focus={focus.value === place}
      onClick={() => putTo(place)}
    >
      <span class="enamel">
        {reader.kind === "door" && <Icon name={open ? "doorOpen" : "door"} />}
        {reader.kind === "point" && <Icon name="card" />}
        {reader.kind === "kiosk" && <Icon name="kiosk" />}
        <span>{say(reader.name).replace(/ (?=\d)/g, "\u00a0")}</span>
        {state && <span class="unseen">{state}</span>}
      </span>
      {kept > 0 && (
        <span class="letters">
          <svg viewBox="-13 -18 26 19" width="26" height="19" aria-hidden="true">
            <Envelope />
          </svg>
          <span aria-hidden="true">{kept}</span>
          <span class="unseen">{say(w.lettersWaiting, { n: kept })}</span>
        </span>
      )}
    </button>
  );
}

/** The bell of a door with a panel: pressing it rings a phone or the duty desk. */
function Bell({ reader }: { reader: Reader }) {
  const now = call.value;
  const ringing = now !== null && now.door === reader.id && now.state === "ringing";
  return (
    <button
      type="button"
      class="bell"
      style={percent(STANDS[reader.place].bell ?? STANDS[reader.place].reader)}
      data-bell={reader.place}
      data-ringing={ringing}
      aria-label={say(w.bellVerb, { door: say(reader.name) })}
      disabled={busy.value || ringing}
      onClick={() => {
        visit(reader.place, "stranger", "card");
        void ring(reader.id);
      }}
    >
      <Icon name="bell" />
    </button>
  );
}

/** The keypad of a door that has one: pressing it lays it before the viewer. */
function PadKey({ reader }: { reader: Reader }) {
  return (
    <button
      type="button"
      class="pad-key"
      style={percent(STANDS[reader.place].keypad ?? STANDS[reader.place].reader)}
      data-keypad={reader.place}
      aria-label={say(t.padVerb, { door: say(reader.name) })}
      aria-haspopup="dialog"
      disabled={busy.value}
      onClick={() => {
        typingAt.value = reader.id;
      }}
    >
      <Icon name="keypad" />
    </button>
  );
}

const BESIDE_KIOSK = [14.6, 13.6, -0.3] as const;

const TONES = { opened: "good", noted: "good", refused: "mind", unknown: "wait" } as const;
const TONE_ICONS = { good: "check", mind: "alert", wait: "hourglass" } as const;

function Bubbles() {
  return (
    <div class="bubbles" role="status">
      {bubbles.value.map((bubble) => {
        const tone = TONES[bubble.outcome];
        const where = percent(STANDS[bubble.place].plate);
        // a sentence at the right edge grows to the left, so that it stays on the table
        const leftwards = Number.parseFloat(where.left) > 55;
        return (
          <p key={bubble.id} class="bubble" data-tone={tone} data-leftwards={leftwards} style={where}>
            <Icon name={TONE_ICONS[tone]} />
            <span>{say(bubble.words)}</span>
          </p>
        );
      })}
    </div>
  );
}

/** The switch in the wire: it says how the wire is, and what pressing does. */
function Switch() {
  const { cut } = net.value;
  return (
    <button
      type="button"
      class="wire-switch"
      style={percent(SWITCH)}
      data-cut={cut}
      data-focus={focus.value === "switch"}
      disabled={busy.value}
      onClick={() => void cutNet(!cut)}
    >
      <Icon name={cut ? "offline" : "online"} />
      <span>
        <b>{say(cut ? w.netOff : w.netOn)}</b>
        <span>{say(cut ? w.netJoin : w.netCut)}</span>
      </span>
    </button>
  );
}

function HubSign() {
  return (
    <p class="hub-sign" style={percent(HUB_SIGN)} data-awake={hubAwake.value} data-focus={focus.value === "hub"}>
      <b>{say(w.hub)}</b>
      <span class="figures">
        {say(w.journal)} {journal.value.length}
      </span>
    </p>
  );
}

/** Beside the kiosk: the key to scan a code that waits, then how often was told and how often booked. */
function Payment() {
  const { callbacks, receipts, state } = kioskNow.value;
  const payer = town.value?.people.find((person) => person.phone_doors.length > 0);
  if (state === "code" && callbacks === 0 && payer !== undefined) {
    return (
      <button
        type="button"
        class="button pay-key"
        data-look="main"
        style={percent(BESIDE_KIOSK)}
        disabled={busy.value}
        onClick={() => void pay(payer.id)}
      >
        <Icon name="phone" />
        <span>{say(w.payVerb)}</span>
      </button>
    );
  }
  if (callbacks === 0 && receipts === 0 && state !== "paid") return null;
  return (
    <p class="counts figures" style={percent(BESIDE_KIOSK)}>
      {say(w.kioskCounts, { callbacks, receipts })}
    </p>
  );
}

function Visitors() {
  return (
    <>
      {visitors.value.map((visitor) => (
        <svg
          key={visitor.id}
          class="visitor"
          data-how={visitor.how}
          style={percent(STANDS[visitor.place].feet)}
          viewBox="-20 -42 40 46"
          aria-hidden="true"
        >
          <Figure look={LOOKS[visitor.role]} arms={visitor.how} stick={visitor.role === "elder"} />
        </svg>
      ))}
    </>
  );
}

export function Overlay() {
  return (
    <div class="overlay">
      <Visitors />
      {readers.value.map((reader) => (
        <Plate key={reader.id} reader={reader} />
      ))}
      {readers.value
        .filter((reader) => reader.panel)
        .map((reader) => (
          <Bell key={reader.id} reader={reader} />
        ))}
      {readers.value
        .filter((reader) => reader.keypad)
        .map((reader) => (
          <PadKey key={reader.id} reader={reader} />
        ))}
      <Switch />
      <HubSign />
      <SlipKey />
      <Payment />
      <Bubbles />
    </div>
  );
}
