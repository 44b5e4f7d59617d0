/** Incidents: who waits longest comes first; what leaves, where it stands, and to whom it went. */

import type { IncidentShown } from "@linli/shared/api.gen";
import { Button, Choice, EmptyState, ErrorState, Notice, Skeleton, StatusLine, type Tone } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";

import { Incident } from "./incident";
import { closed, olderThan, page, readBoard, readClosed, reading } from "./incident_board";
import { Entering, entering, fresh } from "./incident_enter";
import { Stations } from "./incident_stations";
import { incidentWords, kindWords, stateWords } from "./incident_words";
import { ago, moment } from "./moments";
import { addressOf, thingOf } from "./place";

const shown = signal<"open" | "closed">("open");

const STATES: Readonly<Record<IncidentShown["state"], { tone: Tone; icon: IconName }>> = {
  detected: { tone: "mind", icon: "eye" },
  reviewing: { tone: "wait", icon: "search" },
  confirmed: { tone: "wait", icon: "hourglass" },
  sent: { tone: "wait", icon: "share" },
  acknowledged: { tone: "good", icon: "check" },
  handled: { tone: "calm", icon: "check" },
  false_alarm: { tone: "calm", icon: "close" },
};

/** Where an incident stands, in words and a symbol. */
export function Stand({ incident }: { incident: IncidentShown }) {
  const { tone, icon } = STATES[incident.state];
  return (
    <span class="stand">
      <StatusLine tone={tone} icon={icon}>
        {say(stateWords[incident.state])}
      </StatusLine>
      {incident.simulated && <b class="played">{say(incidentWords.simulated)}</b>}
    </span>
  );
}

/** What stands in its way, or who is called for; nothing when all is well. */
export function Way({ incident }: { incident: IncidentShown }) {
  const { trouble, queued, owes_withdrawal: owes } = incident;
  return (
    <>
      {incident.reviewer && incident.state === "reviewing" && (
        <p class="soft">
          <Icon name="person" />
          <span>{say(incidentWords.by, { name: incident.reviewer })}</span>
        </p>
      )}
      {trouble !== "" && (
        <p class="trouble">
          <Icon name="alert" />
          <span>{say(reasonWords(trouble))}</span>
        </p>
      )}
      {queued && trouble === "" && (
        <p class="soft">
          <Icon name="hourglass" />
          <span>{say(incidentWords.queued)}</span>
        </p>
      )}
      {owes && (
        <p class="soft">
          <Icon name="refresh" />
          <span>{say(incidentWords.owes)}</span>
        </p>
      )}
    </>
  );
}

function IncidentCard({ incident }: { incident: IncidentShown }) {
  const title = `${say(incident.name)} · ${say(kindWords[incident.kind])}`;
  return (
    <li class="incident" data-incident={incident.id} data-state={incident.state}>
      <div>
        <h2>{title}</h2>
        <p class="soft figures">
          {say(incidentWords.since, { at: moment(incident.detected_at), by: ago(incident.detected_at) })}
        </p>
        <Stand incident={incident} />
        <Way incident={incident} />
        {incident.restricted && (
          <p class="soft">
            <Icon name="eye" />
            <span>{say(incidentWords.named)}</span>
          </p>
        )}
      </div>
      <a
        class="button"
        data-look={incident.state === "detected" || incident.state === "reviewing" ? "main" : "usual"}
        href={addressOf("incidents", incident.id)}
        aria-label={`${say(incidentWords.look)}: ${title}`}
      >
        <Icon name="eye" />
        <span>{say(incidentWords.look)}</span>
      </a>
    </li>
  );
}

function List() {
  const open = shown.value === "open";
  const list = open ? page.value?.incidents : closed.value;
  if (!list) {
    const again = () => (open ? readBoard() : readClosed());
    return reading.value === "failed" ? <ErrorState onAgain={again} /> : <Skeleton rows={4} />;
  }
  if (list.length === 0) {
    const title = say(open ? incidentWords.nothingOpen : incidentWords.nothingClosed);
    return <EmptyState icon={open ? "check" : "list"} title={title} />;
  }
  return (
    <>
      <ul class="incidents">
        {list.map((incident) => (
          <IncidentCard key={incident.id} incident={incident} />
        ))}
      </ul>
      {!open && olderThan.value && (
        <Button icon="down" onClick={() => readClosed(true)}>
          {say(incidentWords.more)}
        </Button>
      )}
    </>
  );
}

function Board() {
  return (
    <div class="sheet board">
      <h1>{say(incidentWords.incidents)}</h1>
      <p class="soft">{say(incidentWords.line)}</p>
      <div class="choices apart">
        <Choice
          legend={say(incidentWords.which)}
          value={shown.value}
          options={[
            { value: "open", text: say(incidentWords.open) },
            { value: "closed", text: say(incidentWords.closed) },
          ]}
          onChoose={(which) => {
            shown.value = which;
            if (which === "closed") readClosed();
          }}
        />
        {page.value?.may.review && (
          <Button
            icon="plus"
            opens="dialog"
            onClick={() => {
              entering.value = fresh();
            }}
          >
            {say(incidentWords.enter)}
          </Button>
        )}
      </div>
      <List />
      <Stations />
      {entering.value && <Entering />}
    </div>
  );
}

export function Incidents() {
  const id = thingOf("incidents");
  if (reading.value === "barred") {
    return (
      <div class="sheet board">
        <h1>{say(incidentWords.incidents)}</h1>
        <Notice icon="lock">{say(incidentWords.barred)}</Notice>
      </div>
    );
  }
  return id === null ? <Board /> : <Incident key={id} id={id} />;
}
