/** A payment under way: preparing, the code, checking, and the ends that are not a receipt. */
import { Button } from "@linli/shared/bits";
import { money, say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { useEffect, useState } from "preact/hooks";

import { Sign } from "../art";
import { Code } from "../code";
import type { Payment } from "../local";
import { forWhat } from "../show";
import { agentLost, busy, close, prints, toBills, wipe } from "../visit";
import { w } from "../words";
import { Screen } from "./frame";

/** Seconds left of a duration that was told just now. */
function useCountdown(from_s: number, told: string): number {
  const [left_s, setLeft] = useState(from_s);
  useEffect(() => {
    const began_ms = performance.now();
    const count = () =>
      setLeft(Math.max(0, Math.ceil(from_s - (performance.now() - began_ms) / 1_000)));
    count();
    const beat = setInterval(count, 1_000);
    return () => clearInterval(beat);
  }, [from_s, told]);
  return left_s;
}

function Amount({ payment }: { payment: Payment }) {
  return (
    <div class="to-pay">
      <p>{forWhat(payment.kind, payment.period)}</p>
      <p class="huge figures">{money(payment.amount_fen)}</p>
    </div>
  );
}

function TimeLeft({ payment }: { payment: Payment }) {
  const left_s = useCountdown(payment.expires_in_s ?? 0, payment.id);
  return (
    <p class="time-left">
      <Icon name="clock" />
      <span>{say(w.payLeft)}</span>
      <b class="figures" role="timer">
        {say(w.payLeftValue, {
          minutes: Math.floor(left_s / 60),
          seconds: String(left_s % 60).padStart(2, "0"),
        })}
      </b>
    </p>
  );
}

function Waiting({ payment }: { payment: Payment }) {
  const ready = payment.state === "waiting" && payment.code_svg !== null;
  const title = say(ready ? w.payScan : w.payCreating);
  return (
    <Screen
      name="code"
      title={title}
      sentence={`${title} ${money(payment.amount_fen)}`}
      quiet
      stay
      keys={
        <Button icon="back" disabled={!ready || busy.value || agentLost.value} onClick={() => void close()}>
          {say(w.payCancel)}
        </Button>
      }
    >
      <div class="paying">
        <Amount payment={payment} />
        <div class="code-paper" data-ready={ready}>
          {ready && <Code svg={payment.code_svg ?? ""} label={say(w.payCode)} />}
          {!ready && <Icon name="hourglass" />}
        </div>
        <div class="how">
          <p class="scan" aria-hidden="true">
            {title}
          </p>
          {ready && (
            <p class="waiting">
              <span class="dots" aria-hidden="true">
                <i />
                <i />
                <i />
              </span>
              {say(w.payWaiting)}
            </p>
          )}
          {ready && <TimeLeft payment={payment} />}
        </div>
      </div>
    </Screen>
  );
}

function Checking({ payment }: { payment: Payment }) {
  const line = say(prints.value ? w.payCheckingLine : w.payCheckingNoPaper);
  return (
    <Screen
      name="checking"
      title={say(w.payChecking)}
      sentence={`${say(w.payChecking)} ${line}`}
      stay
      keys={
        <Button icon="signOut" onClick={wipe}>
          {say(w.payLeave)}
        </Button>
      }
    >
      <Sign kind="wait" />
      <Amount payment={payment} />
      {payment.slip_number && (
        <>
          <p class="lead">{line}</p>
          <p class="number">
            <span>{say(w.payCheckingNumber)}</span>
            <b class="figures">{payment.slip_number}</b>
          </p>
        </>
      )}
    </Screen>
  );
}

function NotPaid({ payment }: { payment: Payment }) {
  const kept = payment.state === "suspense";
  const title = say(kept ? w.paySuspenseTitle : w.payClosedTitle);
  const line = say(kept ? w.paySuspenseLine : w.payClosedLine);
  return (
    <Screen
      name={payment.state}
      title={title}
      sentence={`${title} ${line}`}
      keys={
        <Button look="main" icon="back" onClick={toBills}>
          {say(w.payToBills)}
        </Button>
      }
    >
      <Sign kind={kept ? "wait" : "mind"} />
      <p class="lead">{line}</p>
      <Amount payment={payment} />
    </Screen>
  );
}

export function Pay({ payment }: { payment: Payment }) {
  if (payment.state === "checking") return <Checking payment={payment} />;
  if (payment.state === "closed" || payment.state === "suspense") return <NotPaid payment={payment} />;
  return <Waiting payment={payment} />;
}
