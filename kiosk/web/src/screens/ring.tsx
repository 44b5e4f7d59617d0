/** Somebody rings a flat: whoever lives there shows the card, and lets them in or not. */
import { Button } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { useEffect } from "preact/hooks";

import { Sign } from "../art";
import { e } from "../errand-words";
import type { Call, Session } from "../local";
import { agentLost, answer, busy, wipe } from "../visit";
import { announce } from "../voice";
import { Screen } from "./frame";
import { CardPlace } from "./home";

export function Ring({ call, session }: { call: Call; session: Session | null }) {
  const title = say(e.ring, { house: call.house });
  const line = say(e.ringAt, { door: say(call.door) });
  const sentence = `${title} ${line}`;
  useEffect(() => announce(session === null ? `${sentence} ${say(e.ringCard)}` : sentence), [sentence]);
  if (session === null) {
    return (
      <main class="home ringing">
        <section class="rings" role="status">
          <span class="round">
            <Icon name="bell" />
          </span>
          <h2>{title}</h2>
          <p class="lead">{line}</p>
        </section>
        <CardPlace tap={e.ringCard} />
      </main>
    );
  }
  const off = busy.value || agentLost.value;
  return (
    <Screen name="ring" title={title} sentence={sentence}>
      <p class="lead">{line}</p>
      <div class="answers">
        <Button look="main" wide icon="doorOpen" disabled={off} onClick={() => void answer(call, true)}>
          {say(e.ringOpen)}
        </Button>
        <Button wide icon="close" disabled={off} onClick={() => void answer(call, false)}>
          {say(e.ringNo)}
        </Button>
      </div>
      <p class="mind">
        <Icon name="shield" />
        <span>{say(e.ringKnow)}</span>
      </p>
    </Screen>
  );
}

export function Rung({ opened }: { opened: boolean }) {
  const title = say(opened ? e.rungOpen : e.rungNo);
  const line = say(opened ? e.rungOpenLine : e.rungNoLine);
  return (
    <Screen
      name="rung"
      stay
      title={title}
      sentence={`${title} ${line}`}
      keys={
        <Button look="main" icon="check" onClick={wipe}>
          {say(e.rungDone)}
        </Button>
      }
    >
      <Sign kind={opened ? "good" : "wait"} />
      <p class="lead">{line}</p>
    </Screen>
  );
}
