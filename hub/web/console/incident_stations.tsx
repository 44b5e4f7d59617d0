/** The stations of this site: whether one has accepted its link, and whether it gets through. */

import { Refused } from "@linli/shared/api";
import type { StationShown } from "@linli/shared/api.gen";
import { Button, Dialog, Field, Notice, StatusLine } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";

import { accept, page } from "./incident_board";
import { incidentWords, wireWords } from "./incident_words";
import { moment } from "./moments";
import { words } from "./words";

const accepting = signal<StationShown | null>(null);
const basis = signal("");
const wrong = signal<Words | null>(null);

async function settle(station: string, on: string): Promise<void> {
  wrong.value = null;
  try {
    await accept(station, on);
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : words.noHub;
  }
}

function Row({ station }: { station: StationShown }) {
  const { id, accepted_at: at, failing_since: failing, trouble } = station;
  const may = page.value?.may.accept;
  return (
    <li class="station" data-station={id}>
      <div>
        <p>
          <strong>{id}</strong> <span class="soft">{say(wireWords[station.kind])}</span>{" "}
          {at === null && <b class="played">{say(incidentWords.simulated)}</b>}
        </p>
        {at !== null && (
          <p class="soft small">
            {say(incidentWords.accepted, { at: moment(at), name: station.accepted_by, basis: station.basis })}
          </p>
        )}
        {failing !== null && (
          <StatusLine tone="mind" icon="offline">
            {say(incidentWords.failingSince, { at: moment(failing) })}
            {trouble !== "" && ` · ${say(reasonWords(trouble))}`}
          </StatusLine>
        )}
      </div>
      {may && at === null && (
        <Button
          opens="dialog"
          label={`${say(incidentWords.accept)}: ${id}`}
          onClick={() => {
            [accepting.value, basis.value] = [station, ""];
          }}
        >
          {say(incidentWords.accept)}
        </Button>
      )}
      {may && at !== null && (
        <Button label={`${say(incidentWords.endAcceptance)}: ${id}`} onClick={() => settle(id, "")}>
          {say(incidentWords.endAcceptance)}
        </Button>
      )}
    </li>
  );
}

function Accepting({ station }: { station: StationShown }) {
  const close = () => {
    accepting.value = null;
  };
  return (
    <Dialog title={say(incidentWords.acceptTitle)} onClose={close}>
      <form
        class="ending"
        onSubmit={(event) => {
          event.preventDefault();
          close();
          settle(station.id, basis.value.trim());
        }}
      >
        <p>
          <strong>{station.id}</strong>
        </p>
        <Notice tone="mind">{say(incidentWords.acceptLine)}</Notice>
        <Field
          label={say(incidentWords.basis)}
          hint={say(incidentWords.basisHint)}
          input={{
            name: "basis",
            required: true,
            maxLength: 200,
            autocomplete: "off",
            value: basis.value,
            onInput: (event) => {
              basis.value = event.currentTarget.value;
            },
          }}
        />
        <div class="choices">
          <Button onClick={close}>{say(words.cancel)}</Button>
          <Button look="main" type="submit" disabled={basis.value.trim() === ""}>
            {say(incidentWords.acceptYes)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function Stations() {
  const list = page.value?.stations;
  if (!list) return null;
  return (
    <section class="stations">
      <h2>{say(incidentWords.stations)}</h2>
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      {list.length === 0 && (
        <p class="soft">
          <Icon name="phone" />
          <span>{say(incidentWords.noStations)}</span>
        </p>
      )}
      <ul>
        {list.map((station) => (
          <Row key={station.id} station={station} />
        ))}
      </ul>
      {accepting.value && <Accepting station={accepting.value} />}
    </section>
  );
}
