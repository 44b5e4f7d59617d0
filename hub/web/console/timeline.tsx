/** The timeline of a door or of a person, page by page; each look at it is written down. */

import type { EventShown } from "@linli/shared/api.gen";
import { Button, EmptyState, ErrorState, Skeleton } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { doorWords } from "./doorwords";
import { EventRow } from "./events";
import { staffAsk } from "./staff";
import { words } from "./words";

const PAGE = 40;

/** `live`: newer events of the same thing, known from the stream already. */
export function Timeline(props: { of: "doors" | "people"; id: string; live: readonly EventShown[] }) {
  const { of, id, live } = props;
  const read = useSignal<readonly EventShown[]>([]);
  const next = useSignal<number | null>(null);
  const state = useSignal<"busy" | "done" | "failed">("busy");
  const more = async (before: number | null) => {
    state.value = "busy";
    try {
      const thing = encodeURIComponent(id);
      const from = before === null ? "" : `&before=${before}`;
      const { body } = await staffAsk("GET", `/api/v1/${of}/${thing}/timeline?limit=${PAGE}${from}`);
      read.value = before === null ? body.events : [...read.value, ...body.events];
      next.value = body.next;
      state.value = "done";
    } catch {
      state.value = "failed";
    }
  };
  useEffect(() => {
    read.value = [];
    more(null);
  }, [of, id]);
  const newest = read.value[0]?.n ?? 0;
  const fresh = state.value === "done" ? live.filter((each) => each.n > newest) : [];
  const shown = [...fresh, ...read.value];
  return (
    <section class="timeline" aria-label={say(doorWords.timeline)}>
      <h2>{say(doorWords.timeline)}</h2>
      <p class="soft small">{say(doorWords.timelineNote)}</p>
      {shown.length === 0 && state.value === "busy" && <Skeleton rows={6} />}
      {shown.length === 0 && state.value === "done" && (
        <EmptyState icon="list" title={say(doorWords.nothing)} />
      )}
      <ol>
        {shown.map((event) => (
          <EventRow key={event.n} event={event} />
        ))}
      </ol>
      {state.value === "failed" && <ErrorState onAgain={() => more(read.value.at(-1)?.n ?? null)} />}
      {state.value !== "failed" && next.value !== null && (
        <Button wide icon="down" disabled={state.value === "busy"} onClick={() => more(next.value)}>
          {say(words.older)}
        </Button>
      )}
    </section>
  );
}
