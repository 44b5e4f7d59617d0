/** The door, the button, and what became of it. */

import { Button, Dialog, EmptyState, ErrorState, Notice } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { signal } from "@preact/signals";

import { Newcomer } from "./household";
import { History, outcomeWords, whenWords } from "./history";
import { openDoor, turn } from "./opening";
import { choose, door, fresh, history, me, refresh } from "./phone";
import { place } from "./place";
import { Told } from "./told";
import { allowMotion, motion } from "./shake";
import { StewardLine } from "./stewards";
import { visitWords } from "./visit-words";
import { Visitors } from "./visitors";
import { words } from "./words";

const sheet = signal<"none" | "doors" | "history" | "visitors">("none");

function closeSheet(): void {
  sheet.value = "none";
}

function DoorLine() {
  const now = door.value;
  if (now === null) return null;
  const several = (me.value?.doors.length ?? 0) > 1;
  const name = (
    <span class="door-name">
      <small>{say(words.thisDoor)}</small>
      <strong>{say(now.name)}</strong>
    </span>
  );
  if (!several) return <div class="door-line">{name}</div>;
  return (
    <button
      class="door-line"
      type="button"
      aria-haspopup="dialog"
      onClick={() => {
        sheet.value = "doors";
      }}
    >
      {name}
      <span class="door-change">
        {say(words.otherDoor)}
        <Icon name="chevron" />
      </span>
    </button>
  );
}

function DoorSheet() {
  return (
    <Dialog sheet title={say(words.whichDoor)} onClose={closeSheet}>
      <ul class="doors">
        {me.value?.doors.map((each) => (
          <li key={each.id}>
            <button
              type="button"
              aria-current={each.id === door.value?.id ? "true" : undefined}
              onClick={() => {
                choose(each.id);
                closeSheet();
              }}
            >
              <Icon name={each.kind === "perimeter" ? "shield" : "building"} />
              <span>
                <strong>{say(each.name)}</strong>
                <small>{say(each.kind === "perimeter" ? words.gate : words.house)}</small>
              </span>
              {each.id === door.value?.id && <Icon name="check" />}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** The moon gate: one large round button, the same as a shake. */
function MoonGate() {
  const busy = turn.value.phase === "busy";
  return (
    <button
      class="gate"
      type="button"
      data-busy={busy || undefined}
      aria-disabled={busy}
      onClick={() => openDoor()}
    >
      <Icon name={busy ? "doorOpen" : "door"} />
      <span>{say(busy ? words.opening : words.open)}</span>
    </button>
  );
}

function ShakeLine() {
  if (motion.value === "ask") {
    return (
      <Button icon="shake" wide onClick={() => allowMotion(true)}>
        {say(words.allowShake)}
      </Button>
    );
  }
  if (motion.value !== "works") return null;
  return (
    <p class="shake-line">
      <Icon name="shake" />
      <span>{say(words.orShake)}</span>
    </p>
  );
}

function LastLine() {
  const last = history.value[0];
  return (
    <button
      class="last-line"
      type="button"
      aria-haspopup="dialog"
      onClick={() => {
        sheet.value = "history";
      }}
    >
      <Icon name="clock" />
      <span>
        {last
          ? say(words.lastOpening, { at: whenWords(last.at), what: say(outcomeWords(last)) })
          : say(words.history)}
      </span>
      <Icon name="chevron" />
    </button>
  );
}

function NoDoors() {
  if (me.value === null) return <ErrorState onAgain={() => refresh()} />;
  return (
    <EmptyState icon="door" title={say(words.noDoors)}>
      <p>{say(words.noDoorsLine)}</p>
    </EmptyState>
  );
}

export function Home() {
  if (turn.value.phase === "told") return <Told turn={turn.value} />;
  if (door.value === null) {
    return (
      <main class="page">
        <h1 class="unseen">{say(words.open)}</h1>
        <NoDoors />
      </main>
    );
  }
  return (
    <main class="page home">
      <h1 class="unseen">{say(words.open)}</h1>
      <DoorLine />
      <div class="middle">
        <MoonGate />
        <ShakeLine />
      </div>
      <div class="foot">
        {!fresh.value && <p class="old soft small">{say(words.oldList)}</p>}
        {place === "wechat" && (
          <Notice icon="dots" title={say(words.wechatHint)}>
            {say(words.wechatStep1)}，{say(words.wechatStep2)}
          </Notice>
        )}
        <Button
          wide
          icon="people"
          opens="dialog"
          onClick={() => {
            sheet.value = "visitors";
          }}
        >
          {say(visitWords.visitors)}
        </Button>
        <StewardLine />
        <Newcomer />
        <LastLine />
      </div>
      {sheet.value === "doors" && <DoorSheet />}
      {sheet.value === "visitors" && <Visitors onClose={closeSheet} />}
      {sheet.value === "history" && <History onClose={closeSheet} />}
    </main>
  );
}
