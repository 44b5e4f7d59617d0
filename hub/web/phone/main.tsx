/** The residents' phone page: one key, one door, one button. */

import "@linli/shared/base.css";
import "./phone.css";
import "./visitors.css";

import { hasNetwork, OfflineStrip } from "@linli/shared/bits";
import { primeChimes } from "@linli/shared/chime";
import { rememberLanguage, say } from "@linli/shared/i18n";
import { effect, signal } from "@preact/signals";
import { render } from "preact";

import { Enrol } from "./enrol";
import { Home } from "./home";
import { lookForNewPhones } from "./household";
import { openDoor, turn } from "./opening";
import { fresh, key, refresh, site, standing, start } from "./phone";
import { ringing, startRinging } from "./ring";
import { Missed, Ringing } from "./ringing";
import { Settings } from "./settings";
import { allowMotion, watchShakes } from "./shake";
import { fetchNonceAhead } from "./signed";
import { readOwnAlertsLater } from "./stewards";
import { Starting, Top } from "./top";
import { words } from "./words";

const inSettings = signal(false);

function App() {
  const openSettings = () => {
    inSettings.value = true;
  };
  const told = turn.value.phase === "told";
  if (ringing.value && turn.value.phase !== "busy") return <Ringing call={ringing.value} />;
  return (
    <>
      <Missed />
      {!told && <OfflineStrip />}
      {!told && <Top onSettings={openSettings} />}
      {standing.value === "starting" && <Starting />}
      {standing.value === "known" && <Home />}
      {["stranger", "lost", "stopped"].includes(standing.value) && <Enrol />}
      {inSettings.value && (
        <Settings
          onClose={() => {
            inSettings.value = false;
          }}
        />
      )}
    </>
  );
}

/** In sight again: have a nonce ready, and the doors as they are now. */
function onSight(): void {
  if (document.hidden || key.value === null) return;
  if (fresh.value) {
    fetchNonceAhead(key.value);
    lookForNewPhones();
  }
  else refresh();
  readOwnAlertsLater();
}

rememberLanguage();
effect(() => {
  document.title = site.value ? say(site.value.name) : say(words.product);
});
render(<App />, document.body);
start().then(onSight);
document.addEventListener("visibilitychange", onSight);
effect(() => {
  if (hasNetwork.value) onSight();
});
effect(() => {
  if (standing.value === "known" && fresh.value) lookForNewPhones();
});
addEventListener("pointerdown", primeChimes);
watchShakes(() => {
  if (standing.value === "known" && !inSettings.value && !ringing.value) openDoor();
});
allowMotion(false);
startRinging();
if (import.meta.env.PROD) navigator.serviceWorker?.register("/phone/sw.js").catch(() => {});
