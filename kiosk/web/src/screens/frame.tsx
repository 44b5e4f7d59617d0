/** What stands around every screen: the town's name, language, text size, voice, and the strips. */
import { Button, LanguageButtons } from "@linli/shared/bits";
import { clockTime, say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import type { ComponentChildren } from "preact";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { CARD_WORDS } from "../cardwords";
import type { Paper } from "../local";
import {
  agentLost,
  card,
  cardRefused,
  online,
  paper,
  screen,
  session,
  settings,
  size,
  trouble,
  wipe,
} from "../visit";
import { announce, hasVoice, switchVoice, voiceOn } from "../voice";
import { w } from "../words";

function Switch(props: { on: boolean; icon: "textSize" | "speaker"; text: string; turn: () => void }) {
  return (
    <button type="button" class="button switch" aria-pressed={props.on} onClick={props.turn}>
      <Icon name={props.on ? "check" : props.icon} />
      <span>{props.text}</span>
    </button>
  );
}

export function Head() {
  const site = settings.value?.site;
  return (
    <header class="head">
      <p class="brand">
        <img src="/icon.svg" alt="" width="64" height="64" />
        <span>
          <b>{say(w.brand)}</b>
          {site && <span lang="zh-Hans">{say(site)}</span>}
        </span>
      </p>
      <div class="wishes">
        <LanguageButtons label={say(w.language)} />
        <Switch
          on={size.value === "elder"}
          icon="textSize"
          text={say(w.bigText)}
          turn={() => {
            size.value = size.value === "elder" ? "usual" : "elder";
          }}
        />
        {hasVoice && (
          <Switch on={voiceOn.value} icon="speaker" text={say(w.readAloud)} turn={switchVoice} />
        )}
      </div>
    </header>
  );
}

/** A card that was not taken while the glass shows something else: beside it, not in its place. */
function CardStrip() {
  const state = card.value;
  const now = screen.value;
  const placed = now.name === "home" || (now.name === "ring" && now.session === null);
  if (state === null || !cardRefused.value || placed) return null;
  const { title, line } = CARD_WORDS[state];
  return (
    <div class="strip" role="status">
      <Icon name="card" />
      <span>
        <b>{say(title)}</b> {line && say(line)}
      </span>
    </div>
  );
}

const PAPER_WORDS: Readonly<Partial<Record<Paper, Words>>> = {
  low: w.paperLow,
  out: w.paperOut,
  stuck: w.paperStuck,
};

/** What is wrong with the machine just now, in words and an icon. */
export function Strips() {
  if (agentLost.value) {
    return (
      <div class="strip" role="status">
        <Icon name="hourglass" />
        <span>{say(w.netAgent)}</span>
      </div>
    );
  }
  const here = session.value;
  const at = here && clockTime(here.bills_at, settings.value?.time_zone);
  const troubled = PAPER_WORDS[paper.value];
  return (
    <>
      {!online.value && (
        <div class="strip" role="status">
          <Icon name="offline" />
          <span>
            {say(w.netOffline)}
            {at && ` ${say(w.netBillsAt, { at })}`}
          </span>
        </div>
      )}
      <CardStrip />
      {troubled && (
        <div class="strip" data-tone="calm" role="status">
          <Icon name="printer" />
          <span>{say(troubled)}</span>
        </div>
      )}
    </>
  );
}

/** A key that shows what does not fit on the glass: nobody must know how to scroll. */
function MoreBelow({ of }: { of: RefObject<HTMLElement | null> }) {
  const [more, setMore] = useState(false);
  // where the last press is on its way to: two quick presses go two steps, not one and a half
  const goal = useRef<number | null>(null);
  useEffect(() => {
    const screen = of.current;
    if (screen === null) return;
    const arrived = () => (goal.current = null);
    const look = () => setMore(screen.scrollTop + screen.clientHeight < screen.scrollHeight - 8);
    const watch = new ResizeObserver(look);
    watch.observe(screen);
    for (const part of screen.children) watch.observe(part);
    screen.addEventListener("scroll", look, { passive: true });
    screen.addEventListener("scrollend", arrived, { passive: true });
    return () => {
      watch.disconnect();
      screen.removeEventListener("scroll", look);
      screen.removeEventListener("scrollend", arrived);
    };
  });
  if (!more) return null;
  const further = () => {
    const screen = of.current;
    if (screen === null) return;
    const most = screen.scrollHeight - screen.clientHeight;
    const next = (goal.current ?? screen.scrollTop) + screen.clientHeight * 0.8;
    goal.current = Math.min(next, most);
    screen.scrollTo({ top: goal.current });
  };
  return (
    <Button icon="down" onClick={further}>
      {say(w.moreBelow)}
    </Button>
  );
}

interface ScreenProps {
  name: string;
  title: string;
  /** The sentence that the voice says when the screen appears. */
  sentence: string;
  /** Show the title only to screen readers: the screen says it in its own larger way. */
  quiet?: boolean;
  children: ComponentChildren;
  /** Keys at the lower edge, right of "leave". */
  keys?: ComponentChildren;
  /** Leave "leave" out: the screen has its own way out. */
  stay?: boolean;
}

/** One screen of a visit: its title takes the focus, "leave" is always at the lower left. */
export function Screen(props: ScreenProps) {
  const title = useRef<HTMLHeadingElement>(null);
  const screen = useRef<HTMLElement>(null);
  useEffect(() => {
    title.current?.focus({ preventScroll: true });
  }, [props.name]);
  useEffect(() => announce(props.sentence), [props.sentence]);
  return (
    <>
      <main class="screen" ref={screen} data-screen={props.name}>
        <h1 ref={title} tabIndex={-1} class={props.quiet ? "unseen" : undefined}>
          {props.title}
        </h1>
        {trouble.value && (
          <p class="trouble" role="alert">
            <Icon name="alert" />
            <span>{say(trouble.value)}</span>
          </p>
        )}
        {props.children}
      </main>
      <footer class="keys">
        {!props.stay && (
          <Button icon="signOut" onClick={wipe}>
            {say(w.end)}
          </Button>
        )}
        <div>
          <MoreBelow of={screen} />
          {props.keys}
        </div>
      </footer>
    </>
  );
}
