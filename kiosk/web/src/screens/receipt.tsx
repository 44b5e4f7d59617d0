/** Paid: the receipt's number, the slip as it comes out below, and the way on or out. */
import { Button } from "@linli/shared/bits";
import { chime } from "@linli/shared/chime";
import { clockTime, dayOf, money, say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { useEffect } from "preact/hooks";

import { Sign } from "../art";
import { leaving } from "../idle";
import type { Payment, Receipt as Paid, Session } from "../local";
import { forWhat } from "../show";
import { agentLost, busy, paper, print, prints, settings, toBills, wipe } from "../visit";
import { w } from "../words";
import { Screen } from "./frame";

function Slip({ payment, receipt }: { payment: Payment; receipt: Paid }) {
  const zone = settings.value?.time_zone;
  const rows = [
    [say(w.receiptHouse), receipt.house],
    [say(w.receiptItem), forWhat(payment.kind, payment.period)],
    [say(w.receiptPaidAt), `${dayOf(receipt.paid_at, zone)} ${clockTime(receipt.paid_at, zone)}`],
    [say(w.receiptBy), say(w.receiptWechat)],
    [say(w.receiptReference), receipt.provider_ref],
  ] as const;
  const site = settings.value?.site;
  return (
    <figure class="slip" data-printed={paper.value !== "none"} aria-label={say(w.receiptSlip)}>
      <div class="sheet">
        {site && <p lang="zh-Hans">{say(site)}</p>}
        <p class="slip-title">{say(w.receiptSlip)}</p>
        <dl>
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="figures">{value}</dd>
            </div>
          ))}
        </dl>
        <p class="slip-sum">
          <span>{say(w.receiptAmount)}</span>
          <b class="figures">{money(receipt.amount_fen)}</b>
        </p>
        {paper.value !== "none" && <p class="slip-end">{say(w.receiptKeep)}</p>}
      </div>
    </figure>
  );
}

function Take({ receipt }: { receipt: Paid }) {
  if (paper.value === "none") {
    return (
      <p class="take" role="status">
        <Icon name="bill" />
        <span>{say(w.receiptNote)}</span>
      </p>
    );
  }
  if (receipt.slip === "failed" || !prints.value) {
    return (
      <p class="trouble" role="alert">
        <Icon name="alert" />
        <span>{say(w.receiptFailed)}</span>
      </p>
    );
  }
  const printing = receipt.slip === "printing";
  return (
    <p class="take" role="status">
      <Icon name={printing ? "printer" : "down"} />
      <span>{say(printing ? w.receiptPrinting : w.receiptTake)}</span>
    </p>
  );
}

export function Receipt({ payment, session }: { payment: Payment; session: Session }) {
  const receipt = payment.receipt;
  useEffect(() => chime("welcome"), [payment.id]);
  if (receipt === null) return null;
  const others = session.bills.some((bill) => bill.state === "open" && bill.id !== payment.bill);
  const seconds = leaving.value;
  const then = say(prints.value ? w.receiptTake : w.receiptNote);
  return (
    <Screen
      name="receipt"
      title={say(w.receiptTitle)}
      sentence={`${say(w.receiptTitle)} ${money(receipt.amount_fen)} ${then}`}
      keys={
        <>
          {paper.value !== "none" && (
            <Button
              icon="printer"
              disabled={busy.value || agentLost.value || !prints.value}
              onClick={() => void print()}
            >
              {say(w.receiptAgain)}
            </Button>
          )}
          {others ? (
            <Button look="main" icon="bill" onClick={toBills}>
              {say(w.receiptOthers)}
            </Button>
          ) : (
            <Button look="main" icon="check" onClick={wipe}>
              {say(w.receiptDone)}
            </Button>
          )}
        </>
      }
    >
      <div class="paid">
        <div class="said">
          <Sign kind="good" />
          <p class="huge figures">{money(receipt.amount_fen)}</p>
          <p class="number">
            <span>{say(w.receiptNumber)}</span>
            <b class="figures">{receipt.number}</b>
          </p>
          <Take receipt={receipt} />
          {seconds !== null && <p class="soft ends">{say(w.receiptEnds, { seconds })}</p>}
        </div>
        <Slip payment={payment} receipt={receipt} />
      </div>
    </Screen>
  );
}
