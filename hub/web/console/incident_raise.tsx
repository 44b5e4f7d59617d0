/** An alert becomes an incident: what that means is said before it is done. */

import { Refused } from "@linli/shared/api";
import type { AlertShown } from "@linli/shared/api.gen";
import { Button, Dialog, Notice } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";

import { page, raise } from "./incident_board";
import { incidentWords } from "./incident_words";
import { addressOf } from "./place";
import { words } from "./words";

export const raising = signal<AlertShown | null>(null);
const busy = signal(false);
const wrong = signal<Words | null>(null);

const RAISABLE: readonly string[] = ["duress", "forced", "fire", "tamper"];

/** Whether this member may make an incident of it. */
export function mayRaise(alert: AlertShown): boolean {
  const known = alert.state !== "closed" && RAISABLE.includes(alert.kind);
  const allowed = alert.restricted || Boolean(page.value?.may.review);
  return known && allowed && alert.subject.startsWith("door:");
}

export function Raising({ alert }: { alert: AlertShown }) {
  const close = () => {
    [raising.value, wrong.value] = [null, null];
  };
  const yes = async () => {
    if (busy.value) return;
    [busy.value, wrong.value] = [true, null];
    try {
      const id = await raise(alert.id);
      close();
      location.hash = addressOf("incidents", id);
    } catch (error) {
      wrong.value = error instanceof Refused ? reasonWords(error.code) : words.noHub;
    } finally {
      busy.value = false;
    }
  };
  const now = alert.kind === "duress";
  return (
    <Dialog title={say(incidentWords.raiseTitle)} onClose={close}>
      <p>
        <strong>
          {say(alert.name)} · {say(alert.words)}
        </strong>
      </p>
      <p>{say(now ? incidentWords.raiseNow : incidentWords.raiseLine)}</p>
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      <div class="choices">
        <Button onClick={close}>{say(words.cancel)}</Button>
        <Button look="main" disabled={busy.value} onClick={yes}>
          {say(incidentWords.raise)}
        </Button>
      </div>
    </Dialog>
  );
}
