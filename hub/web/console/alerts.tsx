/** The alert board: the gravest first, one tap to take it, who was called and who comes next. */

import type { AlertShown, LogLine, OutletShown } from "@linli/shared/api.gen";
import { Refused } from "@linli/shared/api";
import { Button, Choice, Dialog, EmptyState, ErrorState, Name, Notice, Skeleton } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";

import { closed, end, olderThan, page, readBoard, readClosed, reading, readStory, story, take } from "./alert_board";
import { alertWords, storyWords } from "./alert_words";
import { NoteDialog } from "./asking";
import { Raising, mayRaise, raising } from "./incident_raise";
import { incidentWords } from "./incident_words";
import { ago, moment } from "./moments";
import { hubNow } from "./wall";
import { words } from "./words";

const shown = signal<"open" | "closed">("open");
const ending = signal<AlertShown | null>(null);
const wrong = signal<Words | null>(null);

/** Each severity has its own symbol, and its own border in the style sheet. */
const SYMBOLS: Readonly<Record<AlertShown["severity"], IconName>> = {
  extreme: "megaphone",
  severe: "alert",
  moderate: "bell",
  minor: "info",
};

async function act(what: () => Promise<void>): Promise<void> {
  wrong.value = null;
  try {
    await what();
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : words.noHub;
    if (error instanceof Refused) readBoard(); // somebody else was faster: show how it stands
  }
}

function listed(names: readonly string[]): string {
  return names.join(say(alertWords.comma));
}

function outletsOf(names: readonly string[]): string {
  return listed(names.map((each) => (each === "console" ? say(alertWords.console) : each)));
}

/** Who was called, who answered, who comes next. */
function Progress({ alert }: { alert: AlertShown }) {
  const { acked_by: acked, waiting_for: waiting, next_step_at: next } = alert;
  const step = Math.min(alert.step, alert.steps);
  return (
    <div class="progress">
      {acked.length === 0 && alert.state !== "closed" && (
        <p class="nobody">
          <Icon name="hourglass" />
          <span>{say(alertWords.nobodyYet)}</span>
        </p>
      )}
      {acked.map((each) => (
        <p key={each.by} class="taken">
          <Icon name="check" />
          <span>{say(alertWords.takenBy, { name: each.name, at: each.at ? moment(each.at) : "" })}</span>
        </p>
      ))}
      {waiting.length > 0 && (
        <p class="soft">
          <Icon name="people" />
          <span>{say(alertWords.waitingFor, { names: listed(waiting.map((each) => each.name)) })}</span>
        </p>
      )}
      {next && (
        <p class="soft ladder">
          <span class="rungs" role="img" aria-label={say(alertWords.steps, { n: step, all: alert.steps })}>
            {Array.from({ length: alert.steps }, (_, at) => (
              <i key={at} data-done={at < step || undefined} />
            ))}
          </span>
          <span>
            {alert.called.length > 0 && `${say(alertWords.called, { outlets: outletsOf(alert.called) })} · `}
            <span class="whole">
              {say(alertWords.next, { at: moment(next), outlets: outletsOf(alert.next_called) })}
            </span>
          </span>
        </p>
      )}
    </div>
  );
}

function Actions({ alert }: { alert: AlertShown }) {
  const of = `${say(alert.name)} ${say(alert.words)}`;
  return (
    <div class="choices">
      <Button look="plain" icon="list" opens="dialog" label={`${say(alertWords.story)}: ${of}`}
        onClick={() => act(() => readStory(alert))}>
        {say(alertWords.story)}
      </Button>
      {alert.state !== "closed" && (
        <Button opens="dialog" label={`${say(alertWords.close)}: ${of}`}
          onClick={() => {
            ending.value = alert;
          }}>
          {say(alertWords.close)}
        </Button>
      )}
      {mayRaise(alert) && (
        <Button opens="dialog" icon="shield" label={`${say(incidentWords.raise)}: ${of}`}
          onClick={() => {
            raising.value = alert;
          }}>
          {say(incidentWords.raise)}
        </Button>
      )}
      {(alert.state === "raised" || alert.state === "escalating") && (
        <Button look="main" icon="check" label={`${say(alertWords.take)}: ${of}`}
          onClick={() => act(() => take(alert))}>
          {say(alertWords.take)}
        </Button>
      )}
    </div>
  );
}

function AlertCard({ alert }: { alert: AlertShown }) {
  const over = alert.closed_at !== null;
  return (
    <li class="alert" data-alert={alert.id} data-severity={alert.severity} data-state={alert.state}>
      <span class="mark">
        <Icon name={alert.kind === "fire" ? "fire" : SYMBOLS[alert.severity]} />
      </span>
      <div class="head">
        <h2>
          {say(alert.name)} · {say(alert.words)}
        </h2>
        <p class="soft figures">
          <strong>{say(alertWords[alert.severity])}</strong>
          <span>{say(alertWords.since, { at: moment(alert.opened_at), by: ago(alert.opened_at) })}</span>
          {alert.times > 1 && <span>{say(alertWords.times, { n: alert.times })}</span>}
          {over && alert.closed_at && <span>{say(alertWords.endedAt, { at: moment(alert.closed_at) })}</span>}
        </p>
        {alert.restricted && (
          <p class="soft">
            <Icon name="eye" /> {say(alertWords.named)}
          </p>
        )}
      </div>
      {!over && (
        <p class="cure">
          <strong>{say(alertWords.whatToDo)}</strong> {say(alert.cure)}
        </p>
      )}
      <Progress alert={alert} />
      <Actions alert={alert} />
    </li>
  );
}

function Ending({ alert }: { alert: AlertShown }) {
  const close = () => {
    ending.value = null;
  };
  return (
    <NoteDialog
      title={alertWords.closeTitle}
      about={`${say(alert.name)} · ${say(alert.words)}`}
      label={alertWords.note}
      hint={alertWords.noteHint}
      yes={alertWords.closeYes}
      onYes={(note) => {
        close();
        act(() => end(alert, note));
      }}
      onClose={close}
    />
  );
}

/** A step's "1: console, desk": its outlets as staff call them. */
function detailOf(line: LogLine): string {
  const [, step, outlets] = /^(\d+): (.+)$/.exec(line.what === "step" ? line.detail : "") ?? [];
  if (step === undefined || outlets === undefined) return line.detail;
  return say(alertWords.stepDetail, { n: step, outlets: outletsOf(outlets.split(", ")) });
}

function StoryLine({ line }: { line: LogLine }) {
  const known = Object.hasOwn(storyWords, line.what);
  return (
    <li>
      <time class="figures" dateTime={line.at}>
        {moment(line.at)}
      </time>
      <span>
        <strong>{known ? say(storyWords[line.what as keyof typeof storyWords]) : line.what}</strong>{" "}
        {line.name && <Name>{line.name}</Name>} <span class="soft">{detailOf(line)}</span>
      </span>
    </li>
  );
}

function Story() {
  if (story.value === null) return null;
  const { alert, log } = story.value;
  return (
    <Dialog
      title={`${say(alert.name)} · ${say(alert.words)}`}
      onClose={() => {
        story.value = null;
      }}
    >
      <ol class="story">
        {log.map((line, at) => (
          <StoryLine key={at} line={line} />
        ))}
      </ol>
    </Dialog>
  );
}

function Failing({ outlet }: { outlet: OutletShown }) {
  const { id, fault, failing_since: since } = outlet;
  return (
    <Notice tone="mind" icon="offline">
      {say(alertWords.failing, { outlet: id, at: moment(since), fault })}
    </Notice>
  );
}

function checkedWords(at: string | null): string {
  if (!at) return say(alertWords.notChecked);
  const minutes = Math.floor((hubNow().getTime() - Date.parse(at)) / 60_000);
  return minutes < 1 ? say(alertWords.checkedNow) : say(alertWords.checked, { n: minutes });
}

/** How many doors are well, and when that was last looked at. */
function Wellness() {
  if (page.value === null) return null;
  const { all, well, checked_at: at } = page.value.doors;
  const checked = checkedWords(at);
  const fine = all === well;
  return (
    <p class="wellness" data-tone={fine ? "good" : "mind"} role="status">
      <Icon name={fine ? "shield" : "door"} />
      <span>
        <strong>{fine ? say(alertWords.allWell, { n: all }) : say(alertWords.someWell, { n: well, all })}</strong>
        {" · "}
        <span class="soft">{checked}</span>
      </span>
    </p>
  );
}

function List() {
  const open = shown.value === "open";
  const list = open ? page.value?.alerts : closed.value;
  if (!list) {
    const again = () => (open ? readBoard() : readClosed());
    return reading.value === "failed" ? <ErrorState onAgain={again} /> : <Skeleton rows={4} />;
  }
  if (list.length === 0) {
    const title = say(open ? alertWords.nothingOpen : alertWords.nothingClosed);
    return <EmptyState icon={open ? "check" : "list"} title={title} />;
  }
  return (
    <>
      <ul class="alerts">
        {list.map((alert) => (
          <AlertCard key={alert.id} alert={alert} />
        ))}
      </ul>
      {!open && olderThan.value && (
        <Button icon="down" onClick={() => readClosed(true)}>
          {say(alertWords.more)}
        </Button>
      )}
    </>
  );
}

export function Alerts() {
  return (
    <div class="sheet board">
      <h1>{say(alertWords.alerts)}</h1>
      {shown.value === "open" && <Wellness />}
      <Choice
        legend={say(alertWords.which)}
        value={shown.value}
        options={[
          { value: "open", text: say(alertWords.open) },
          { value: "closed", text: say(alertWords.closed) },
        ]}
        onChoose={(which) => {
          shown.value = which;
          if (which === "closed") readClosed();
        }}
      />
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      {page.value?.failing.map((outlet) => <Failing key={outlet.id} outlet={outlet} />)}
      <List />
      {ending.value && <Ending alert={ending.value} />}
      {raising.value && <Raising alert={raising.value} />}
      <Story />
    </div>
  );
}
