/** Import: drop a spreadsheet, look at what it would do, apply it, and take it back. */

import { Refused } from "@linli/shared/api";
import type { ImportShown, LaterShown, LookShown, RowRead } from "@linli/shared/api.gen";
import {
  Button, Card, Dialog, EmptyState, ErrorState, Name, Notice, Skeleton, StatusLine, type Tone,
} from "@linli/shared/bits";
import { clockTime, dayOf, language, say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { alertWords } from "./alert_words";
import { issuingWords as cardKinds } from "./issuingwords";
import { Letters } from "./letters";
import { words } from "./onboarding_words";
import { staffAsk, staffUpload } from "./staff";
import { site } from "./wall";
import { words as common } from "./words";

const FILE_BYTES_MAX = 20 * 1024 * 1024;
/** How often a running import is asked how far it is. */
const PROGRESS_MS = 700;
const RUNNING = ["staging", "applying", "undoing"];

const look = signal<LookShown | null>(null);
const reading = signal<string | null>(null);
const wrong = signal<Words | null>(null);
const imports = signal<readonly ImportShown[] | null>(null);
const listing = signal<"idle" | "failed">("idle");
const undoing = signal<ImportShown | null>(null);
const later = signal<readonly LaterShown[]>([]);
const over = signal(false);

function whyNot(error: unknown): Words {
  if (error instanceof Refused) return reasonWords(error.code);
  return common.noHub;
}

async function list(): Promise<void> {
  try {
    imports.value = (await staffAsk("GET", "/api/v1/imports")).body.imports;
    listing.value = "idle";
  } catch {
    listing.value = "failed";
  }
}

async function read(file: File | undefined): Promise<void> {
  if (!file || reading.value !== null) return;
  [wrong.value, look.value, later.value] = [null, null, []];
  if (file.size > FILE_BYTES_MAX) {
    wrong.value = words.tooLarge;
    return;
  }
  reading.value = file.name;
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const path = `/api/v1/imports?file=${encodeURIComponent(file.name.slice(-100))}` as const;
    look.value = await staffUpload<LookShown>(path, bytes);
  } catch (error) {
    wrong.value = whyNot(error);
  } finally {
    reading.value = null;
  }
}

async function apply(id: string): Promise<void> {
  wrong.value = null;
  try {
    await staffAsk("POST", `/api/v1/imports/${encodeURIComponent(id)}/apply`);
    look.value = null;
    await list();
  } catch (error) {
    wrong.value = whyNot(error);
  }
}

async function undo(one: ImportShown): Promise<void> {
  [wrong.value, undoing.value, later.value] = [null, null, []];
  try {
    await staffAsk("POST", `/api/v1/imports/${encodeURIComponent(one.id)}/undo`);
  } catch (error) {
    const found = error instanceof Refused ? error.body["later"] : null;
    if (Array.isArray(found)) later.value = found as LaterShown[];
    else wrong.value = whyNot(error);
  }
  await list();
}

function Drop() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div
      class="drop"
      data-over={over.value || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        read(event.dataTransfer?.files[0]);
      }}
    >
      <Icon name="list" />
      <p>{say(words.dropHere)}</p>
      <input
        ref={input}
        class="unseen"
        type="file"
        tabIndex={-1}
        aria-label={say(words.choose)}
        accept=".xlsx,.csv,.tsv,.txt"
        onChange={(event) => {
          read(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      <Button look="main" icon="plus" onClick={() => input.current?.click()}>
        {say(words.choose)}
      </Button>
    </div>
  );
}

const ROW_TONES: Readonly<Record<RowRead["status"], { tone: Tone; text: Words }>> = {
  new: { tone: "good", text: words.rowsNew },
  changed: { tone: "wait", text: words.rowsChanged },
  same: { tone: "calm", text: words.rowsSame },
  error: { tone: "mind", text: words.rowsError },
};

function Rows({ rows, caption }: { rows: readonly RowRead[]; caption: string }) {
  if (rows.length === 0) return null;
  const several = new Set(rows.map((row) => row.sheet)).size > 1;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table class="rows">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{say(words.line)}</th>
            <th scope="col">{say(words.house)}</th>
            <th scope="col">{say(words.who)}</th>
            <th scope="col">{say(words.state)}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.sheet}/${row.line}`} data-status={row.status}>
              <th scope="row" class="figures">
                {several && <bdi>{row.sheet} </bdi>}
                {row.line}
              </th>
              <td>
                <bdi lang="zh-Hans">{row.house || row.door}</bdi>
              </td>
              <td>
                <Name>{row.people.map((each) => each.name).join("、")}</Name>
                {row.opens && <span data-opens>{say(row.opens)}</span>}
              </td>
              <td>
                <StatusLine tone={ROW_TONES[row.status].tone}>{say(ROW_TONES[row.status].text)}</StatusLine>
                {row.problems.map((each) => (
                  <span class="problem" key={each.code + (each.column?.en ?? "")}>
                    {each.column && <strong>{say(each.column)} </strong>}
                    {say(each.words)}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const KINDS: Readonly<Record<string, Words>> = {
  mifare: cardKinds.mifare,
  cpu: cardKinds.cpu,
  em4100: cardKinds.em4100,
  id_card: cardKinds.id_card,
};

/** Names in a row, with the comma of the reader's language. */
const listed = (names: readonly string[]) => names.join(say(alertWords.comma));

function CardDoors({ told }: { told: NonNullable<LookShown["card_doors"]> }) {
  const kinds = listed(told.kinds.map((kind) => say(KINDS[kind] ?? words.otherCard)));
  if (told.kinds.length === 0) return null;
  if (told.doors.length === 0) return <Notice>{say(words.cardNoDoors, { kinds })}</Notice>;
  const doors = listed(told.doors.map((each) => say(each)));
  return (
    <Notice tone="mind">
      {say(words.cardDoors, { kinds, doors, n: told.doors.length, all: told.all })}
    </Notice>
  );
}

function Preview({ shown }: { shown: LookShown }) {
  const { counts } = shown;
  const problemsPath = `/api/v1/imports/${encodeURIComponent(shown.id)}/problems.xlsx?language=${language.value}`;
  return (
    <Card data-preview={shown.id}>
      <h2>{say(words.previewTitle)}</h2>
      <p class="soft">
        <bdi>{shown.file}</bdi>
      </p>
      <dl class="counts">
        {(["new", "changed", "same", "error"] as const).map((each) => (
          <div key={each} data-count={each}>
            <dt>{say(ROW_TONES[each].text)}</dt>
            <dd class="figures">{counts[each]}</dd>
          </div>
        ))}
      </dl>
      {shown.tables.map((table) => (
        <p class="small" key={table.sheet}>
          {say(words.understood, {
            sheet: table.sheet,
            line: table.header_line,
            columns: listed(table.columns.map((each) => say(each))),
          })}
          {table.left.length > 0 && (
            <span class="soft left-out">{say(words.leftOut, { columns: listed(table.left) })}</span>
          )}
        </p>
      ))}
      {shown.without.length > 0 && (
        <p class="small soft">{say(words.withoutHeader, { sheets: listed(shown.without) })}</p>
      )}
      {shown.card_doors && <CardDoors told={shown.card_doors} />}
      {shown.problems.length > 0 && (
        <>
          <Rows rows={shown.problems} caption={say(words.problems)} />
          <a class="button" data-look="usual" href={problemsPath} download>
            <span>{say(words.problemsFile)}</span>
          </a>
        </>
      )}
      <Rows rows={shown.rows.filter((row) => row.status !== "error")} caption={say(words.firstRows)} />
      <div class="choices">
        <Button
          onClick={() => {
            look.value = null;
          }}
        >
          {say(words.otherFile)}
        </Button>
        <Button look="main" icon="check" disabled={shown.changes === 0} onClick={() => apply(shown.id)}>
          {shown.changes === 0 ? say(words.nothingToDo) : say(words.apply, { n: shown.changes })}
        </Button>
      </div>
    </Card>
  );
}

const STATES: Readonly<Record<ImportShown["state"], { tone: Tone; text: Words }>> = {
  staging: { tone: "wait", text: words.staging },
  applying: { tone: "wait", text: words.applying },
  applied: { tone: "good", text: words.applied },
  undoing: { tone: "wait", text: words.undoing },
  undone: { tone: "calm", text: words.undone },
  failed: { tone: "mind", text: words.failed },
  settled: { tone: "calm", text: words.settled },
};

function Past({ one }: { one: ImportShown }) {
  const runs = RUNNING.includes(one.state);
  const { tone, text } = STATES[one.state];
  const zone = site.value?.time_zone;
  return (
    <li data-import={one.id} data-state={one.state}>
      <span>
        <strong>
          <bdi>{one.file}</bdi>
        </strong>
        <span class="soft small">
          {dayOf(one.at, zone)} {clockTime(one.at, zone)} · <Name>{one.by}</Name>
        </span>
      </span>
      <span>
        <StatusLine tone={tone}>{say(text)}</StatusLine>
        {runs && (
          <>
            <progress max={one.changes} value={one.done} aria-label={say(text)} />
            <span class="figures small">{say(words.progress, { done: one.done, all: one.changes })}</span>
          </>
        )}
      </span>
      {(one.state === "applied" || one.state === "failed") && (
        <Button
          label={`${say(words.undo)}: ${one.file}`}
          opens="dialog"
          onClick={() => {
            undoing.value = one;
          }}
        >
          {say(words.undo)}
        </Button>
      )}
    </li>
  );
}

function History() {
  if (listing.value === "failed" && imports.value === null) return <ErrorState onAgain={list} />;
  if (imports.value === null) return <Skeleton rows={2} />;
  if (imports.value.length === 0) return <EmptyState icon="list" title={say(words.noHistory)} />;
  return (
    <ul class="imports">
      {imports.value.map((one) => (
        <Past key={one.id} one={one} />
      ))}
    </ul>
  );
}

function Undoing({ one }: { one: ImportShown }) {
  const close = () => {
    undoing.value = null;
  };
  return (
    <Dialog title={say(words.undoTitle)} onClose={close}>
      <p>{say(words.undoLine, { file: one.file, n: one.changes })}</p>
      <div class="choices">
        <Button onClick={close}>{say(words.cancel)}</Button>
        <Button look="grave" onClick={() => undo(one)}>
          {say(words.undo)}
        </Button>
      </div>
    </Dialog>
  );
}

function Overtaken() {
  if (later.value.length === 0) return null;
  return (
    <Notice tone="mind" title={say(words.overtaken)} spoken>
      <ul class="later">
        {later.value.map((each, at) => (
          <li key={at}>
            <Name>{each.what}</Name> <span class="soft">{each.column || say(words.inUse)}</span>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

export function Import() {
  const runs = imports.value?.some((one) => RUNNING.includes(one.state)) ?? false;
  useEffect(() => {
    list();
  }, []);
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(list, PROGRESS_MS);
    return () => clearInterval(timer);
  }, [runs]);
  return (
    <div class="sheet">
      <h1>{say(words.importTitle)}</h1>
      <p class="soft">{say(words.importLine)}</p>
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      <Overtaken />
      {reading.value !== null && (
        <Card>
          <p role="status">{say(words.reading, { file: reading.value })}</p>
          <Skeleton rows={4} />
        </Card>
      )}
      {reading.value === null && (look.value ? <Preview shown={look.value} /> : <Drop />)}
      <section>
        <h2>{say(words.history)}</h2>
        <History />
      </section>
      <Letters />
      {undoing.value && <Undoing one={undoing.value} />}
    </div>
  );
}
