/** One incident: its pictures side by side, the decision, and every step that it took. */

import { Refused } from "@linli/shared/api";
import type { IncidentDetail, IncidentLine, IncidentShown, PictureShown } from "@linli/shared/api.gen";
import { Button, Dialog, ErrorState, Name, Notice, Skeleton } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { type ReasonCode, reasonWords } from "@linli/shared/reasons";
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { NoteDialog } from "./asking";
import { cures } from "./cures.gen";
import {
  confirm, detail, dismiss, exported, handle, page, readDetail, reading, sendAgain, takeUp,
} from "./incident_board";
import { incidentWords, kindWords, stepWords } from "./incident_words";
import { Stand, Way } from "./incidents";
import { moment } from "./moments";
import { words } from "./words";

type Asked = "confirm" | "dismiss" | "handle";

function titleOf(incident: IncidentShown): string {
  return `${say(incident.name)} · ${say(kindWords[incident.kind])}`;
}

interface PictureProps {
  incident: string;
  picture: PictureShown;
  seen: Signal<ReadonlySet<string>>;
}

/** A picture counts as seen when it stands on the screen, not when it was asked for. */
function Picture({ incident, picture, seen }: PictureProps) {
  const failed = useSignal(0);
  const broken = useSignal(false);
  const { n, role, taken_at: at, sha256, gone } = picture;
  const says = role === "scene" ? incidentWords.sceneAlt : incidentWords.listedAlt;
  return (
    <figure data-role={role}>
      {gone && <p class="blank-picture">{say(incidentWords.gone)}</p>}
      {!gone && broken.value && (
        <div class="blank-picture">
          <p>{say(incidentWords.notLoaded)}</p>
          <Button
            icon="refresh"
            onClick={() => {
              failed.value += 1;
              broken.value = false;
            }}
          >
            {say(incidentWords.loadAgain)}
          </Button>
        </div>
      )}
      {!gone && !broken.value && (
        <img
          key={failed.value}
          src={`/api/v1/incidents/${incident}/pictures/${n}`}
          alt={say(says, { at: moment(at) })}
          onLoad={() => {
            seen.value = new Set([...seen.value, sha256]);
          }}
          onError={() => {
            broken.value = true;
          }}
        />
      )}
      <figcaption>
        <strong>{say(role === "scene" ? incidentWords.scene : incidentWords.listed)}</strong>{" "}
        <span class="soft figures">{moment(at)}</span>
      </figcaption>
    </figure>
  );
}

function Pictures({ incident, seen }: { incident: IncidentShown; seen: Signal<ReadonlySet<string>> }) {
  if (incident.pictures.length === 0) return null;
  const both = new Set(incident.pictures.map((each) => each.role)).size === 2;
  return (
    <section>
      <h2>{say(incidentWords.pictures)}</h2>
      {both && <p class="soft">{say(incidentWords.compare)}</p>}
      <div class="pictures">
        {incident.pictures.map((each) => (
          <Picture key={each.n} incident={incident.id} picture={each} seen={seen} />
        ))}
      </div>
    </section>
  );
}

function Fact({ name, children }: { name: Words; children: ComponentChildren }) {
  return (
    <div>
      <dt>{say(name)}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const SOURCES: Readonly<Record<IncidentShown["source"], Words>> = {
  rule: incidentWords.sourceRule,
  staff: incidentWords.sourceStaff,
  alert: incidentWords.sourceAlert,
};

function Facts({ incident, pack }: { incident: IncidentShown; pack: string | null }) {
  const { order } = incident;
  return (
    <dl class="facts">
      <Fact name={incidentWords.source}>{say(SOURCES[incident.source])}</Fact>
      {order && (
        <Fact name={incidentWords.order}>
          {say(incidentWords.orderLine, { who: order.authority, basis: order.basis, at: moment(order.ends_at) })}
        </Fact>
      )}
      <Fact name={incidentWords.station}>{incident.station || say(incidentWords.noStation)}</Fact>
      {incident.message && (
        <Fact name={incidentWords.message}>
          <span class="figures">{incident.message}</span>
        </Fact>
      )}
      {pack && (
        <Fact name={incidentWords.hash}>
          <code class="hash">{pack}</code>
        </Fact>
      )}
    </dl>
  );
}

function Trouble({ code }: { code: string }) {
  const cure = Object.hasOwn(cures, code) ? cures[code as ReasonCode & keyof typeof cures] : null;
  return (
    <Notice tone="mind" title={say(reasonWords(code))}>
      {cure && say(cure)}
    </Notice>
  );
}

interface DeedsProps {
  incident: IncidentShown;
  seen: ReadonlySet<string>;
  onAsk: (what: Asked) => void;
  act: (what: () => Promise<void>) => void;
  onExport: () => void;
}

function Deeds({ incident, seen, onAsk, act, onExport }: DeedsProps) {
  const { id, state, mine } = incident;
  const rights = page.value?.may;
  const allowed = Boolean(rights?.review) || incident.restricted;
  if (!allowed) return null;
  const unseen = incident.pictures.some((each) => !seen.has(each.sha256));
  const out = state === "confirmed" || state === "sent" || state === "acknowledged";
  return (
    <div class="choices">
      {rights?.export && (out || state === "handled") && (
        <Button look="plain" icon="down" onClick={onExport}>
          {say(incidentWords.export)}
        </Button>
      )}
      {(state === "detected" || (state === "reviewing" && !mine)) && (
        <Button look={state === "detected" ? "main" : "usual"} icon="eye" onClick={() => act(() => takeUp(id))}>
          {say(state === "detected" ? incidentWords.takeUp : incidentWords.takeOver)}
        </Button>
      )}
      {((state === "reviewing" && mine) || out) && (
        <Button icon="close" opens="dialog" onClick={() => onAsk("dismiss")}>
          {say(incidentWords.dismiss)}
        </Button>
      )}
      {state === "reviewing" && mine && (
        <Button look="main" icon="share" opens="dialog" disabled={unseen} onClick={() => onAsk("confirm")}>
          {say(incidentWords.confirm)}
        </Button>
      )}
      {(state === "confirmed" || state === "sent" || incident.owes_withdrawal) && !incident.queued && (
        <Button icon="refresh" onClick={() => act(() => sendAgain(id))}>
          {say(incidentWords.again)}
        </Button>
      )}
      {out && (
        <Button look={state === "acknowledged" ? "main" : "usual"} icon="check" opens="dialog"
          onClick={() => onAsk("handle")}>
          {say(incidentWords.handle)}
        </Button>
      )}
    </div>
  );
}

function Confirming({ incident, onYes, onClose }: { incident: IncidentShown; onYes: () => void; onClose: () => void }) {
  const { station } = incident;
  return (
    <Dialog title={say(incidentWords.confirmTitle)} onClose={onClose}>
      <p>
        <strong>{titleOf(incident)}</strong>
      </p>
      <p>{station ? say(incidentWords.confirmTo, { station }) : say(incidentWords.confirmNowhere)}</p>
      {station && incident.simulated && (
        <Notice tone="wait" title={say(incidentWords.simulated)}>
          {say(incidentWords.simulatedLine)}
        </Notice>
      )}
      <div class="choices">
        <Button onClick={onClose}>{say(words.cancel)}</Button>
        <Button look="main" icon="share" onClick={onYes}>
          {say(incidentWords.confirmYes)}
        </Button>
      </div>
    </Dialog>
  );
}

function detailOf(line: IncidentLine): string {
  if (line.detail === "") return "";
  return line.party === "station" ? say(reasonWords(line.detail)) : line.detail;
}

function StoryLine({ line }: { line: IncidentLine }) {
  const known = Object.hasOwn(stepWords, line.what);
  const played = line.simulated && line.number > 0;
  return (
    <li>
      <time class="figures" dateTime={line.at}>
        {moment(line.at)}
      </time>
      <span>
        <strong>{known ? say(stepWords[line.what as keyof typeof stepWords]) : line.what}</strong>{" "}
        {line.party === "reviewer" && <Name>{line.name}</Name>}{" "}
        <span class="soft">
          {line.party !== "reviewer" && line.number > 0 && say(incidentWords.numbered, { n: line.number })}
          {played && ` · ${say(incidentWords.simulated)}`} <span class="hash">{detailOf(line)}</span>
        </span>
      </span>
    </li>
  );
}

function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function Whole({ told }: { told: IncidentDetail }) {
  const { incident, log } = told;
  const { id } = incident;
  const seen = useSignal<ReadonlySet<string>>(new Set());
  const asked = useSignal<Asked | null>(null);
  const wrong = useSignal<Words | null>(null);
  const done = useSignal(false);
  const act = async (what: () => Promise<void>) => {
    [asked.value, wrong.value, done.value] = [null, null, false];
    try {
      await what();
    } catch (error) {
      wrong.value = error instanceof Refused ? reasonWords(error.code) : words.noHub;
      if (error instanceof Refused) readDetail(id).catch(() => {}); // somebody else was faster
    }
  };
  const close = () => {
    asked.value = null;
  };
  const take = () =>
    act(async () => {
      save(await exported(id), `${id}.zip`);
      done.value = true;
    });
  const noting = (what: "dismiss" | "handle") => (note: string) =>
    act(() => (what === "dismiss" ? dismiss(id, note) : handle(id, note)));
  const { trouble } = incident;
  return (
    <>
      <h1>{titleOf(incident)}</h1>
      <div class="standing">
        <Stand incident={incident} />
        <Way incident={{ ...incident, trouble: "" }} />
      </div>
      {trouble !== "" && <Trouble code={trouble} />}
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      {done.value && (
        <Notice tone="good" spoken>
          {say(incidentWords.exported)}
        </Notice>
      )}
      {incident.state === "detected" && <p class="soft">{say(incidentWords.takeFirst)}</p>}
      <Pictures incident={incident} seen={seen} />
      <Deeds incident={incident} seen={seen.value} act={act} onExport={take}
        onAsk={(what) => {
          asked.value = what;
        }}
      />
      <Facts incident={incident} pack={told.pack_sha256} />
      <section>
        <h2>{say(incidentWords.story)}</h2>
        <ol class="story">
          {log.map((line, at) => (
            <StoryLine key={at} line={line} />
          ))}
        </ol>
      </section>
      {asked.value === "confirm" && (
        <Confirming incident={incident} onClose={close} onYes={() => act(() => confirm(id, [...seen.value]))} />
      )}
      {(asked.value === "dismiss" || asked.value === "handle") && (
        <NoteDialog
          title={asked.value === "dismiss" ? incidentWords.dismissTitle : incidentWords.handleTitle}
          about={titleOf(incident)}
          line={asked.value === "dismiss" && incidentWords.dismissLine}
          label={incidentWords.why}
          hint={incidentWords.whyHint}
          yes={incidentWords.noteYes}
          onYes={noting(asked.value)}
          onClose={close}
        />
      )}
    </>
  );
}

export function Incident({ id }: { id: string }) {
  const lost = useSignal<Words | null>(null);
  const read = () => {
    lost.value = null;
    readDetail(id).catch((error: unknown) => {
      lost.value = error instanceof Refused ? reasonWords(error.code) : words.noHub;
    });
  };
  useEffect(read, [id]);
  const told = detail.value?.incident.id === id ? detail.value : null;
  return (
    <div class="sheet board incident-page">
      <a class="back" href="#/incidents">
        <Icon name="back" />
        <span>{say(incidentWords.back)}</span>
      </a>
      {told && <Whole key={id} told={told} />}
      {!told && <h1 class="unseen">{say(incidentWords.incidents)}</h1>}
      {!told && lost.value && <ErrorState title={say(lost.value)} onAgain={read} />}
      {!told && !lost.value && <Skeleton rows={5} />}
      {reading.value === "failed" && told && (
        <Notice tone="mind" icon="offline">
          {say(words.noHub)}
        </Notice>
      )}
    </div>
  );
}
