/** The open bills of a household: what for, how much, how it adds up, and the key to pay each. */
import { Button, Name, Notice, StatusLine } from "@linli/shared/bits";
import { money, say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";

import { Sign } from "../art";
import type { Bill, Session } from "../local";
import { day, KIND_ICONS, KIND_WORDS, period } from "../show";
import { e } from "../errand-words";
import { agentLost, busy, go, online, pay } from "../visit";
import { w } from "../words";
import { Screen } from "./frame";

function Lines({ bill }: { bill: Bill }) {
  const only = bill.lines.length === 1;
  return (
    <div class="lines">
      <span class="soft">{say(w.billsHow)}</span>
      <ul>
        {bill.lines.map((line, at) => (
          <li key={at}>
            <span class="figures">{say(line.text)}</span>
            {!only && <span class="figures">{money(line.amount_fen)}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function BillCard({ bill }: { bill: Bill }) {
  const id = `bill-${bill.id}`;
  const cannot = !online.value || agentLost.value;
  const verb = cannot ? w.billsOffline : w.billsPay;
  return (
    <li class="bill" data-state={bill.state} aria-labelledby={id}>
      <span class="round">
        <Icon name={KIND_ICONS[bill.kind]} />
      </span>
      <div class="what">
        <h2 id={id}>{say(KIND_WORDS[bill.kind])}</h2>
        <p class="soft">{period(bill.period)}</p>
        {bill.state === "open" && <p class="soft">{say(w.billsDue, { day: day(bill.due_on) })}</p>}
      </div>
      <p class="amount figures">{money(bill.amount_fen)}</p>
      {bill.lines.length > 0 && <Lines bill={bill} />}
      <div class="verb">
        {bill.state === "paid" && <StatusLine tone="good">{say(w.billsPaid)}</StatusLine>}
        {bill.state === "pending" && <Notice tone="wait">{say(w.billsPending)}</Notice>}
        {bill.state === "open" && (
          <Button
            look="main"
            wide
            disabled={cannot || busy.value}
            label={`${say(verb)}: ${say(KIND_WORDS[bill.kind])} ${money(bill.amount_fen)}`}
            icon={cannot ? "offline" : "pos"}
            onClick={() => void pay(bill.id)}
          >
            {say(verb)}
          </Button>
        )}
      </div>
    </li>
  );
}

export function Bills({ session }: { session: Session }) {
  const open = session.bills.filter((bill) => bill.state === "open");
  const total_fen = open.reduce((sum, bill) => sum + bill.amount_fen, 0);
  const clear = session.bills.every((bill) => bill.state === "paid");
  const sentence = clear
    ? say(w.billsNone)
    : `${say(w.billsTotal)} ${money(total_fen)} ${say(w.billsChoose)}`;
  return (
    <Screen
      name="bills"
      title={say(w.billsTitle)}
      sentence={sentence}
      keys={
        <Button icon="dots" onClick={() => go("services")}>
          {say(e.services)}
        </Button>
      }
    >
      <div class="holder">
        <p>
          <b>
            <Name>{session.holder}</Name>
          </b>
          <span class="figures">{say(w.billsHouse, { house: session.house })}</span>
        </p>
        {open.length > 0 && (
          <p class="total">
            <span>{say(w.billsTotal)}</span>
            <b class="figures">{money(total_fen)}</b>
          </p>
        )}
      </div>
      {clear && (
        <div class="all-clear">
          <Sign kind="good" />
          <p>
            <b>{say(w.billsNone)}</b>
            {say(w.billsNoneLine)}
          </p>
        </div>
      )}
      <ul class="bills">
        {session.bills.map((bill) => (
          <BillCard key={bill.id} bill={bill} />
        ))}
      </ul>
    </Screen>
  );
}
