/** Alerts for a resident whom a policy names: what is wrong, what to do, and "I take it". */

import { Refused } from "@linli/shared/api";
import type { AlertShown } from "@linli/shared/api.gen";
import { Button, Dialog, Notice } from "@linli/shared/bits";
import { dictionary, say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { keep, recall } from "@linli/shared/settings";
import { signal } from "@preact/signals";

import { whenWords } from "./history";
import { key } from "./phone";
import { askSigned } from "./signed";
import { words } from "./words";

const own = dictionary({
  yours: { "zh-Hans": "{n} 条警报请您看一下", "zh-Hant": "{n} 條警報請您看一下", en: "{n} alerts need you" },
  title: { "zh-Hans": "警报", "zh-Hant": "警報", en: "Alerts" },
  since: { "zh-Hans": "{at} 起", "zh-Hant": "{at} 起", en: "since {at}" },
  take: { "zh-Hans": "我来处理", "zh-Hant": "我來處理", en: "I take it" },
  taken: { "zh-Hans": "{names} 在处理", "zh-Hant": "{names} 在處理", en: "{names} takes care" },
});

/** Opening the door comes first: this asks only when the page has come to rest. */
const REST_MS = 5_000;
const AGAIN_MS = 30_000;
/** Most residents are named by no policy; their phones ask once a day. */
const STRANGER_MS = 86_400_000;
const ASKED = "linli.phone.steward";

const alerts = signal<readonly AlertShown[]>([]);
const open = signal(false);
const wrong = signal<Words | null>(null);
let next: ReturnType<typeof setTimeout> | undefined;

async function read(): Promise<void> {
  const holder = key.value;
  if (holder === null || document.hidden) return;
  try {
    const { body } = await askSigned(holder, "GET", "/api/v1/me/alerts");
    alerts.value = body.alerts;
    keep(ASKED, body.responsible ? null : String(Date.now()));
    if (body.responsible) readOwnAlertsLater(AGAIN_MS);
  } catch {
    readOwnAlertsLater(AGAIN_MS); // what was seen stays; the door's own page tells of the network
  }
}

/** Ask soon, unless the hub said lately that nobody names this phone's resident. */
export function readOwnAlertsLater(after_ms = REST_MS): void {
  clearTimeout(next);
  const asked = Number(recall(ASKED) ?? 0);
  if (Date.now() - asked < STRANGER_MS) return;
  next = setTimeout(read, after_ms);
}

async function take(alert: AlertShown): Promise<void> {
  const holder = key.value;
  if (holder === null) return;
  wrong.value = null;
  try {
    await askSigned(holder, "POST", `/api/v1/me/alerts/${alert.id}/acknowledge`);
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : words.noHub;
  }
  await read();
}

function Row({ alert }: { alert: AlertShown }) {
  const waits = alert.state === "raised" || alert.state === "escalating";
  const names = alert.acked_by.map((each) => each.name).join(", ");
  return (
    <li class="own-alert">
      <strong>
        {say(alert.name)} · {say(alert.words)}
      </strong>
      <span class="soft">{say(own.since, { at: whenWords(alert.opened_at) })}</span>
      <p>{say(alert.cure)}</p>
      {names && (
        <p class="soft">
          <Icon name="check" /> {say(own.taken, { names })}
        </p>
      )}
      {waits && (
        <Button wide look="main" icon="check" onClick={() => take(alert)}>
          {say(own.take)}
        </Button>
      )}
    </li>
  );
}

/** A line above the last opening, only for those whom it concerns. */
export function StewardLine() {
  if (alerts.value.length === 0) return null;
  return (
    <>
      <button
        class="last-line"
        type="button"
        aria-haspopup="dialog"
        data-alerts
        onClick={() => {
          open.value = true;
        }}
      >
        <Icon name="bell" />
        <span>{say(own.yours, { n: alerts.value.length })}</span>
        <Icon name="chevron" />
      </button>
      {open.value && (
        <Dialog
          sheet
          title={say(own.title)}
          onClose={() => {
            open.value = false;
          }}
        >
          {wrong.value && (
            <Notice tone="mind" spoken>
              {say(wrong.value)}
            </Notice>
          )}
          <ul class="own-alerts">
            {alerts.value.map((each) => (
              <Row key={each.id} alert={each} />
            ))}
          </ul>
        </Dialog>
      )}
    </>
  );
}
