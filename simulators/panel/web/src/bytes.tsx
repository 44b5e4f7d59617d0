/** The drawer with the real bytes of the wires: who to whom, a plain word, and the bytes as they were. */
import { Button, EmptyState } from "@linli/shared/bits";
import { clockTime, say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";

import { Drawer } from "./drawer";
import { lines, town } from "./state";
import type { WireKind, WireLine } from "./town";
import { w } from "./words";

export const bytesOpen = signal(false);

const KINDS = ["all", "serial", "mqtt", "http", "pay"] as const;
const KIND_WORDS = {
  all: w.bytesAll,
  serial: w.bytesSerial,
  mqtt: w.bytesMqtt,
  http: w.bytesHttp,
  pay: w.bytesPay,
} as const;
/** Bytes of a long line that are shown at once. */
const SHOWN_BYTES = 96;
/** So near to its end a list is taken to be read at its end. */
const NEAR_PX = 40;

/** "d54b01" as "d5 4b 01". */
export function spaced(hex: string): string {
  return hex.replace(/(..)(?!$)/g, "$1 ");
}

function Bytes({ line }: { line: WireLine }) {
  const bytes = line.hex.length / 2;
  const [whole, setWhole] = useState(false);
  const hex = spaced(whole ? line.hex : line.hex.slice(0, 2 * SHOWN_BYTES));
  return (
    <div class="raw">
      {line.text !== null && <pre lang="en">{line.text}</pre>}
      {line.text === null && <code lang="en">{hex}</code>}
      {(line.text !== null || bytes > SHOWN_BYTES) && !whole && (
        <button type="button" class="more" onClick={() => setWhole(true)}>
          {say(w.bytesHex)}
          {say(w.between)}
          {say(w.bytesCount, { n: bytes })}
        </button>
      )}
      {line.text !== null && whole && <code lang="en">{hex}</code>}
    </div>
  );
}

function Line({ line }: { line: WireLine }) {
  const [from, to] = line.dir === ">" ? [line.line.from, line.line.to] : [line.line.to, line.line.from];
  return (
    <li data-kind={line.kind}>
      <p class="ends">
        {say(from)} <Icon name="chevron" /> {say(to)}
      </p>
      <time class="figures soft">{clockTime(line.at, town.value?.time_zone, true)}</time>
      <div>
        {line.words && <p class="words">{say(line.words)}</p>}
        <p class="name soft" lang="en">
          {line.name}
        </p>
        <Bytes line={line} />
      </div>
    </li>
  );
}

/** The list follows its newest line until somebody scrolls up or holds it still. */
function List({ kept }: { kept: readonly WireLine[] }) {
  const list = useRef<HTMLOListElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const toEnd = () => list.current?.scrollTo({ top: list.current.scrollHeight });
  useEffect(() => {
    if (atEnd) toEnd();
  }, [kept, atEnd]);
  return (
    <div class="lines">
      <ol
        ref={list}
        data-scrolls
        tabIndex={0}
        aria-label={say(w.bytesTitle)}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) =>
          setAtEnd(scrollTop + clientHeight > scrollHeight - NEAR_PX)
        }
      >
        {kept.map((line) => (
          <Line key={line.n} line={line} />
        ))}
      </ol>
      {!atEnd && (
        <Button icon="down" onClick={toEnd}>
          {say(w.bytesNewest)}
        </Button>
      )}
    </div>
  );
}

export function BytesDrawer() {
  const [kind, setKind] = useState<WireKind | "all">("all");
  const [still, setStill] = useState<readonly WireLine[] | null>(null);
  const shown = (still ?? lines.value).filter((line) => kind === "all" || line.kind === kind);
  const kinds = (
    <div class="kinds" role="group" aria-label={say(w.bytesTitle)}>
      {KINDS.map((each) => (
        <button key={each} type="button" class="button" aria-pressed={each === kind} onClick={() => setKind(each)}>
          {say(KIND_WORDS[each])}
        </button>
      ))}
    </div>
  );
  const hold = (
    <Button
      icon={still === null ? "pause" : "chevron"}
      onClick={() => setStill(still === null ? lines.value : null)}
    >
      {say(still === null ? w.bytesHold : w.bytesGo)}
    </Button>
  );
  return (
    <Drawer
      name="bytes"
      title={say(w.bytesTitle)}
      what={say(w.bytesWhat)}
      open={bytesOpen}
      between={kinds}
      ways={hold}
    >
      {shown.length === 0 ? <EmptyState title={say(w.bytesEmpty)} /> : <List kept={shown} />}
    </Drawer>
  );
}
