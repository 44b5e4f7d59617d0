/** One door: its state, how fast it opens stage by stage, and all that happened there. */

import type { DeviceShown, DoorShown, StageTimes } from "@linli/shared/api.gen";
import { EmptyState, Skeleton, StatusLine } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";

import { DoorDeeds } from "./deeds";
import { doorWords, stateWords } from "./doorwords";
import { StateLine } from "./doors";
import { Timeline } from "./timeline";
import { deviceOf, doors, events, moodOf, reading } from "./wall";
import { stageWords, words } from "./words";

function stageName(stage: string): string {
  if (stage === "round_trip") return say(doorWords.roundTrip);
  return Object.hasOwn(stageWords, stage) ? say(stageWords[stage as keyof typeof stageWords]) : stage;
}

function ms(value: number): string {
  return say(words.ms, { n: value < 10 ? value.toFixed(1) : Math.round(value) });
}

function StageRow({ name, times, longest }: { name: string; times: StageTimes; longest: number }) {
  const part = (value: number) => Math.max(0.5, (value / longest) * 100);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="figures">{ms(times.p50_ms)}</td>
      <td class="figures">{ms(times.p95_ms)}</td>
      <td class="figures">{ms(times.p99_ms)}</td>
      <td aria-hidden="true">
        <svg class="bar-of" viewBox="0 0 100 8" preserveAspectRatio="none">
          <rect class="slow" width={part(times.p99_ms)} height="8" rx="1" />
          <rect class="late" width={part(times.p95_ms)} height="8" rx="1" />
          <rect width={part(times.p50_ms)} height="8" rx="1" />
        </svg>
      </td>
    </tr>
  );
}

function Speed({ door }: { door: DoorShown }) {
  const times = door.latency;
  return (
    <section class="speeds">
      <h2>{say(doorWords.speed)}</h2>
      {!times && <p class="soft">{say(doorWords.noSpeed)}</p>}
      {times && (
        <>
          <p class="soft small">{say(doorWords.speedNote, { n: Math.min(times.count, 512) })}</p>
          <table class="stages quantiles">
            <thead>
              <tr>
                <th scope="col">{say(doorWords.stage)}</th>
                <th scope="col">{say(doorWords.half)}</th>
                <th scope="col">{say(doorWords.most)}</th>
                <th scope="col">{say(doorWords.all)}</th>
                <td aria-hidden="true" />
              </tr>
            </thead>
            <tbody>
              <StageRow name={say(doorWords.total)} times={times} longest={times.p99_ms || 1} />
              {Object.entries(times.stages).map(([stage, each]) => (
                <StageRow
                  key={stage}
                  name={stageName(stage)}
                  times={each}
                  longest={Math.max(times.p99_ms, each.p99_ms) || 1}
                />
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}

/** What staff should know of a device; nothing when all is well. */
export function States({ device }: { device: DeviceShown | undefined }) {
  const known = (device?.states ?? []).filter((state) => Object.hasOwn(stateWords, state));
  if (known.length === 0) return null;
  return (
    <ul class="states">
      {known.map((state) => (
        <li key={state} data-state={state}>
          <StatusLine tone={state === "policy_behind" ? "wait" : "mind"} icon="alert">
            {say(stateWords[state as keyof typeof stateWords])}
          </StatusLine>
        </li>
      ))}
    </ul>
  );
}

export function DoorPage({ id }: { id: string }) {
  const door = doors.value.find((each) => each.id === id);
  return (
    <div class="sheet thing">
      <a class="back" href="#/doors">
        <Icon name="back" />
        <span>{say(doorWords.back)}</span>
      </a>
      {!door && <h1 class="unseen">{say(words.wall)}</h1>}
      {!door && reading.value === "busy" && <Skeleton rows={6} />}
      {!door && reading.value !== "busy" && <EmptyState icon="door" title={say(doorWords.gone)} />}
      {door && (
        <>
          <header class="tile" data-mood={moodOf(door)} data-door={door.id}>
            <span class="mark">
              <Icon name="door" />
            </span>
            <h1>{say(door.name)}</h1>
            <StateLine door={door} />
            <States device={deviceOf(door)} />
            <DoorDeeds door={door} />
          </header>
          <Speed door={door} />
          <Timeline of="doors" id={id} live={events.value.filter((each) => each.door === id)} />
        </>
      )}
    </div>
  );
}
