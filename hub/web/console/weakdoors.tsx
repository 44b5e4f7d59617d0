/** Doors that still open for a number anybody can copy, the stock of cards, and the hand-out list. */

import type { WeakDoor, WeakDoors as Report } from "@linli/shared/api.gen";
import { Button, Card, ErrorState, Skeleton, StatusLine } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { issuingWords as words } from "./issuingwords";
import { member, save, staffAsk } from "./staff";

const report = signal<Report | null>(null);
const failed = signal(false);

async function read(): Promise<void> {
  try {
    report.value = (await staffAsk("GET", "/api/v1/card-report")).body;
    failed.value = false;
  } catch {
    failed.value = true;
  }
}

async function download(): Promise<void> {
  try {
    const { body } = await staffAsk("GET", "/api/v1/card-handouts?form=csv");
    save(new Blob([body.file], { type: "text/csv" }), "linli-handouts.csv");
    save(new Blob([`${body.signature}\n${body.keyset}\n`]), "linli-handouts.csv.sig");
  } catch {
    failed.value = true;
  }
}

function DoorRow({ door }: { door: WeakDoor }) {
  const more = [door.pin && say(words.withPin), door.sometimes && say(words.sometimes)].filter(Boolean);
  return (
    <li data-door={door.id}>
      <span>
        {say(door.name)} {more.length > 0 && <span class="soft small">{more.join(" · ")}</span>}
      </span>
      <StatusLine tone={door.cards > 0 ? "mind" : "calm"} icon={door.cards > 0 ? "alert" : "card"}>
        {say(words.weakCards, { n: door.cards })}
      </StatusLine>
    </li>
  );
}

export function WeakDoors() {
  useEffect(() => {
    read();
  }, []);
  const told = report.value;
  return (
    <section data-section="weak-doors">
      <h2>{say(words.weakTitle)}</h2>
      {failed.value && <ErrorState onAgain={read} />}
      {!failed.value && told === null && <Skeleton rows={2} />}
      {!failed.value && told !== null && (
        <Card>
          {told.doors.length === 0 ? (
            <StatusLine tone="good" icon="check">{say(words.weakNone)}</StatusLine>
          ) : (
            <>
              <p class="soft">{say(words.weakLine)}</p>
              <ul class="forgetting">
                {told.doors.map((door) => (
                  <DoorRow key={door.id} door={door} />
                ))}
              </ul>
            </>
          )}
          <p class="soft small figures">{counted(told)}</p>
          {member.value?.role !== "officer" && (
            <>
              <Button icon="down" onClick={download}>
                {say(words.list)}
              </Button>
              <p class="soft small">{say(words.listLine)}</p>
            </>
          )}
        </Card>
      )}
    </section>
  );
}

function counted(told: Report): string {
  const old = Object.entries(told.cards).reduce((sum, [kind, n]) => (kind === "ntag424" ? sum : sum + n), 0);
  const parts = [say(words.oldCards, { n: old }), say(words.stock, { n: told.ready })];
  return [...parts, say(words.scrapped, { n: told.scrap })].join(" · ");
}
