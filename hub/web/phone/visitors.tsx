/** My visitors: who is expected, who came, and one pass with its code, to send or to take back. */

import type { VisitShown } from "@linli/shared/api.gen";
import { Button, Dialog, EmptyState, ErrorState, Field, Notice, Skeleton } from "@linli/shared/bits";
import { clockTime, say } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";
import { QrCode } from "@linli/shared/qr";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { beginDraft, Invite } from "./invite";
import { site } from "./phone";
import { visitWords } from "./visit-words";
import {
  addressFor,
  endVisit,
  inThrees,
  passDoors,
  readVisits,
  reading,
  spanWords,
  stateWords,
  visits,
  wrong,
  zone,
} from "./visits";

type View = { at: "list" } | { at: "new" } | { at: "one"; id: string };

const view = signal<View>({ at: "list" });
const copied = signal<"no" | "yes" | "by hand">("no");
const ending = signal(false);

function show(next: View): void {
  view.value = next;
  // a new view begins at its top, wherever the one before was left
  requestAnimationFrame(() => {
    for (const each of document.querySelectorAll(".dialog, .dialog > .inside")) each.scrollTo(0, 0);
  });
  copied.value = "no";
  ending.value = false;
  wrong.value = null;
}

const ICONS: Readonly<Record<VisitShown["state"], IconName>> = {
  expected: "hourglass",
  came: "check",
  over: "clock",
  revoked: "close",
};

function Row({ visit }: { visit: VisitShown }) {
  return (
    <li>
      <button type="button" data-state={visit.state} onClick={() => show({ at: "one", id: visit.id })}>
        <Icon name={ICONS[visit.state]} />
        <span>
          <strong>
            <bdi>{visit.label}</bdi>
          </strong>
          <span>{stateWords(visit)}</span>
          <small class="figures">{spanWords(visit)}</small>
        </span>
        <Icon name="chevron" />
      </button>
    </li>
  );
}

function List() {
  const all = visits.value;
  if (all !== null && passDoors.value.length === 0) {
    return (
      <EmptyState icon="people" title={say(visitWords.noDoors)}>
        <p>{say(visitWords.noDoorsLine)}</p>
      </EmptyState>
    );
  }
  return (
    <>
      <Button
        look="main"
        wide
        icon="plus"
        disabled={all === null}
        onClick={() => {
          beginDraft();
          show({ at: "new" });
        }}
      >
        {say(visitWords.fresh)}
      </Button>
      {all === null && reading.value === "busy" && <Skeleton rows={3} />}
      {all === null && reading.value === "failed" && <ErrorState onAgain={() => readVisits()} />}
      {all?.length === 0 && (
        <EmptyState icon="people" title={say(visitWords.none)}>
          <p>{say(visitWords.noneLine)}</p>
        </EmptyState>
      )}
      <ul class="visits">
        {all?.map((each) => (
          <Row key={each.id} visit={each} />
        ))}
      </ul>
    </>
  );
}

/** The phone's own sheet where there is one, else the clipboard, else the text to copy by hand. */
async function send(address: string): Promise<void> {
  const text = say(visitWords.shareText, { site: site.value ? say(site.value.name) : "" });
  if (navigator.share) {
    // a sheet that was closed again is no failure
    await navigator.share({ text, url: address }).catch(() => {});
    return;
  }
  await copy(address);
}

async function copy(address: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(address);
    copied.value = "yes";
  } catch {
    copied.value = "by hand";
  }
}

function Sending({ address }: { address: string }) {
  return (
    <>
      <Button look="main" wide icon="share" onClick={() => send(address)}>
        {say(visitWords.share)}
      </Button>
      <Button wide icon="copy" onClick={() => copy(address)}>
        {say(visitWords.copy)}
      </Button>
      {copied.value === "yes" && (
        <Notice tone="good" spoken>
          {say(visitWords.copied)}
        </Notice>
      )}
      {copied.value === "by hand" && (
        <Field
          label={say(visitWords.address)}
          input={{ readOnly: true, value: address, onFocus: (event) => event.currentTarget.select() }}
        />
      )}
    </>
  );
}

/** A courier's digits, and the words to send them with. */
function Digits({ visit, code }: { visit: VisitShown; code: string }) {
  const [door] = visit.doors;
  const spaced = inThrees(code);
  const text = say(visitWords.codeShare, {
    door: door ? say(door.name) : "",
    code: spaced,
    span: spanWords(visit),
  });
  return (
    <>
      <p class="digits figures" aria-label={`${say(visitWords.codeTitle)} ${[...code].join(" ")}`} role="img">
        {spaced}
      </p>
      <p>{say(visitWords.codeLine)}</p>
      {visit.reached === false && <Notice tone="wait">{say(visitWords.codeWaits)}</Notice>}
      <Button wide look="main" icon="copy" onClick={() => copy(text)}>
        {say(visitWords.codeCopy)}
      </Button>
      {copied.value === "yes" && (
        <Notice tone="good" spoken>
          {say(visitWords.copied)}
        </Notice>
      )}
      {copied.value === "by hand" && (
        <Field
          label={say(visitWords.words)}
          input={{ readOnly: true, value: text, onFocus: (event) => event.currentTarget.select() }}
        />
      )}
    </>
  );
}

function Facts({ visit }: { visit: VisitShown }) {
  const doors = new Map(visit.doors.map((each) => [each.id, each.name]));
  return (
    <dl class="facts">
      <div>
        <dt>{say(visitWords.time)}</dt>
        <dd class="figures">{spanWords(visit)}</dd>
      </div>
      <div>
        <dt>{say(visitWords.doors)}</dt>
        <dd>
          {visit.doors.map((each) => (
            <span key={each.id}>{say(each.name)}</span>
          ))}
        </dd>
      </div>
      {visit.came.length > 0 && (
        <div>
          <dt>{say(visitWords.came)}</dt>
          <dd class="figures">
            {visit.came.map((each) => {
              const name = doors.get(each.door);
              return (
                <span key={each.door}>
                  {clockTime(each.at, zone.value)} {name ? say(name) : ""}
                  {each.times > 1 && ` · ${say(visitWords.cameTimes, { n: each.times })}`}
                </span>
              );
            })}
          </dd>
        </div>
      )}
    </dl>
  );
}

function Ending({ visit }: { visit: VisitShown }) {
  if (!ending.value) {
    return (
      <Button
        wide
        icon="close"
        onClick={() => {
          ending.value = true;
        }}
      >
        {say(visitWords.end)}
      </Button>
    );
  }
  return (
    <section class="ask">
      <p>{say(visitWords.endAsk)}</p>
      <Button
        wide
        look="grave"
        icon="close"
        onClick={async () => {
          if (await endVisit(visit)) show({ at: "list" });
        }}
      >
        {say(visitWords.endYes)}
      </Button>
      <Button
        wide
        onClick={() => {
          ending.value = false;
        }}
      >
        {say(visitWords.endNo)}
      </Button>
    </section>
  );
}

function One({ visit }: { visit: VisitShown }) {
  const address = addressFor(visit);
  return (
    <div class="visit">
      <p class="visit-name">
        <strong>
          <bdi>{visit.label}</bdi>
        </strong>
        <span>{stateWords(visit)}</span>
      </p>
      {visit.text && <QrCode text={visit.text} label={say(visitWords.picture)} />}
      {address && <Sending address={address} />}
      {visit.code && <Digits visit={visit} code={visit.code} />}
      {visit.text && visit.online && <p class="soft small">{say(visitWords.online)}</p>}
      <Facts visit={visit} />
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      {(visit.text || visit.code) && <Ending visit={visit} />}
      <Button wide icon="back" onClick={() => show({ at: "list" })}>
        {say(visitWords.mine)}
      </Button>
    </div>
  );
}

export function Visitors({ onClose }: { onClose: () => void }) {
  useEffect(() => {
    show({ at: "list" });
    readVisits();
  }, []);
  const now = view.value;
  const one = now.at === "one" ? visits.value?.find((each) => each.id === now.id) : undefined;
  return (
    <Dialog sheet title={say(now.at === "new" ? visitWords.fresh : visitWords.mine)} onClose={onClose}>
      {now.at === "new" && (
        <Invite
          onMade={(made) => show({ at: "one", id: made.id })}
          onBack={() => show({ at: "list" })}
        />
      )}
      {now.at !== "new" && (one ? <One visit={one} /> : <List />)}
    </Dialog>
  );
}
