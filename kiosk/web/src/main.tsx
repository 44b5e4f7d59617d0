import "@linli/shared/base.css";
import "./kiosk.css";
import "./errands.css";

import { chime, primeChimes } from "@linli/shared/chime";
import { say } from "@linli/shared/i18n";
import { effect } from "@preact/signals";
import { render } from "preact";

import { asking, watchIdle } from "./idle";
import { Bills } from "./screens/bills";
import { Find } from "./screens/find";
import { Head, Strips } from "./screens/frame";
import { Guest } from "./screens/guest";
import { Home } from "./screens/home";
import { Lost } from "./screens/lost";
import { Pay } from "./screens/pay";
import { PhoneCode } from "./screens/phone";
import { Receipt } from "./screens/receipt";
import { Ring, Rung } from "./screens/ring";
import { Services } from "./screens/services";
import { Still } from "./screens/still";
import { agentLost, call, card, cardRefused, screen } from "./visit";
import { spoken } from "./voice";
import { w } from "./words";

function Now() {
  const now = screen.value;
  switch (now.name) {
    case "starting":
      return (
        <main class="starting" aria-busy="true">
          <img src="/icon.svg" alt="" width="160" height="160" />
          <h1>{say(w.netAgent)}</h1>
        </main>
      );
    case "home":
      return <Home />;
    case "find":
      return <Find />;
    case "bills":
      return <Bills session={now.session} />;
    case "phone":
      return <PhoneCode />;
    case "services":
      return <Services session={now.session} />;
    case "lost":
      return <Lost />;
    case "guest":
      return <Guest />;
    case "ring":
      return <Ring call={now.call} session={now.session} />;
    case "rung":
      return <Rung opened={now.opened} />;
    case "pay":
      return now.payment.state === "paid" ? (
        <Receipt payment={now.payment} session={now.session} />
      ) : (
        <Pay payment={now.payment} />
      );
  }
}

function Kiosk() {
  const left_s = asking.value;
  return (
    <>
      <div class="kiosk" data-lost={agentLost.value}>
        <Head />
        <Strips />
        <Now />
      </div>
      <p class="unseen" role="status">
        {spoken.value}
      </p>
      {left_s !== null && <Still seconds={left_s} />}
    </>
  );
}

effect(() => {
  if (card.value === "known") chime("noted");
  else if (cardRefused.value) chime("pause");
});
const RING_EVERY_MS = 3_000;
effect(() => {
  if (call.value === null) return;
  chime("welcome");
  const again = setInterval(() => chime("welcome"), RING_EVERY_MS);
  return () => clearInterval(again);
});
// an elder's long press is a press: no menu, no dragged pictures
addEventListener("contextmenu", (event) => event.preventDefault());
addEventListener("dragstart", (event) => event.preventDefault());

addEventListener("pointerdown", primeChimes, { capture: true });

watchIdle();
render(<Kiosk />, document.body);
