import "@linli/shared/base.css";
import "./panel.css";
import "./things.css";
import "./faces.css";

import { Button, LanguageButtons, Skeleton } from "@linli/shared/bits";
import { rememberLanguage, say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";
import { effect, type Signal } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { BytesDrawer, bytesOpen } from "./bytes";
import { FacesDrawer, facesOpen } from "./faces";
import { putDown } from "./hand";
import { Keypad } from "./keypad";
import { Overlay } from "./overlay";
import { Slip } from "./paper";
import { Picture } from "./picture/picture";
import { HUB_SIGN, percent, STANDS, SWITCH } from "./picture/places";
import { Journal, Pages, Station, Story } from "./side";
import { busy, lost, reset, town } from "./state";
import { close, focus, leaf } from "./story";
import { ThingsDrawer, thingsOpen } from "./things";
import { Ghost, Tray } from "./tray";
import { w } from "./words";
import { f } from "./words-faces";
import { t } from "./words-things";

function Head() {
  const now = town.value;
  return (
    <header class="head">
      <p class="brand">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <span>
          <b>{now === null ? "邻里" : say(now.name)}</b>
          <span>{say(w.subtitle)}</span>
        </span>
      </p>
      <LanguageButtons label={say(w.language)} />
      <Button
        icon="refresh"
        disabled={busy.value || now === null}
        onClick={() => {
          putDown();
          close();
          void reset();
        }}
      >
        {say(w.reset)}
      </Button>
      <DrawerKey open={facesOpen} icon="person" class="faces-key" words={f.faces} />
      <DrawerKey open={thingsOpen} icon="plug" class="things-key" words={t.plugs} />
      <DrawerKey open={bytesOpen} icon="list" class="bytes-key" words={w.bytes} />
    </header>
  );
}

interface DrawerKeyProps {
  open: Signal<boolean>;
  icon: IconName;
  class: string;
  words: Words;
}

/** Drawers lie in one place: one is open at a time. */
const DRAWERS: readonly Signal<boolean>[] = [facesOpen, thingsOpen, bytesOpen];

function DrawerKey({ open, icon, words, class: name }: DrawerKeyProps) {
  return (
    <button
      type="button"
      class={`button ${name}`}
      aria-expanded={open.value}
      onClick={() => {
        for (const each of DRAWERS) each.value = each === open && !open.value;
      }}
    >
      <Icon name={icon} />
      <span>{say(words)}</span>
    </button>
  );
}

/** On a small screen the picture is wider than the glass: bring what the story tells of into sight. */
function useFocusInSight() {
  const scroller = useRef<HTMLDivElement>(null);
  const where = focus.value;
  useEffect(() => {
    const box = scroller.current;
    if (box === null || where === null) return;
    const spot = where === "switch" ? SWITCH : where === "hub" ? HUB_SIGN : STANDS[where].plate;
    const part = Number.parseFloat(percent(spot).left) / 100;
    box.scrollTo({ left: part * box.scrollWidth - box.clientWidth / 2, behavior: "smooth" });
  }, [where]);
  return scroller;
}

function Stage() {
  const scroller = useFocusInSight();
  const now = town.value;
  if (now === null) {
    return (
      <div class="stage waking">
        <Skeleton rows={4} />
      </div>
    );
  }
  return (
    <div class="stage">
      {!now.ready && (
        <p class="strip" role="status">
          <Icon name="hourglass" />
          <span>
            {say(w.starting)} {now.starting[0] && say(now.starting[0])}
          </span>
        </p>
      )}
      <div class="scroller" ref={scroller} data-scrolls>
        <div class="model">
          <Picture />
          <Overlay />
        </div>
      </div>
      <Tray />
    </div>
  );
}

function Panel() {
  return (
    <>
      <Head />
      {lost.value && (
        <p class="strip lost" role="status">
          <Icon name="offline" />
          <span>{say(w.lost)}</span>
        </p>
      )}
      <main data-bytes={bytesOpen.value} data-things={thingsOpen.value} data-faces={facesOpen.value}>
        <h1 class="unseen">{town.value === null ? say(w.subtitle) : say(town.value.name)}</h1>
        <Stage />
        <div class="side">
          {(!facesOpen.value || leaf.value !== 0) && <Story />}
          {facesOpen.value && <FacesDrawer />}
          {bytesOpen.value && <BytesDrawer />}
          {thingsOpen.value && <ThingsDrawer />}
          {DRAWERS.every((each) => !each.value) && (
            <>
              <Station />
              <Journal />
              <Pages />
            </>
          )}
        </div>
      </main>
      <Ghost />
      <Keypad />
      <Slip />
    </>
  );
}

rememberLanguage();
effect(() => {
  if (town.value !== null) document.title = say(town.value.name);
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") putDown();
});
render(<Panel />, document.body);
