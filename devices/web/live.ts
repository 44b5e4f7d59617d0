/**
 * The hub's live stream (SSE): one connection a browser, resumed by itself, batched per frame.
 *
 * HTTP/1.1 gives a browser six connections to a host and a seventh request hangs, so the tabs share
 * one stream: the tab that holds the lock listens and passes on, the next one inherits the lock.
 */

import { type ReadonlySignal, signal } from "@preact/signals";

export type LinkState = "connecting" | "live" | "lost";

export interface LiveMessage {
  kind: string;
  id: string;
  data: unknown;
}

export interface LiveOptions {
  url: string;
  /** The SSE event names to listen to. */
  kinds: readonly string[];
  /** The stream is (again) there: read the present state afresh, something may have been missed. */
  onOpen: () => void;
  /** What came since the last frame, in order. */
  onMessages: (batch: readonly LiveMessage[]) => void;
  /** Open a stream of this tab's own, e.g. on a screen that has only one tab. */
  alone?: boolean;
}

export interface Live {
  state: ReadonlySignal<LinkState>;
  close: () => void;
}

/** First and longest wait before a stream that the server closed is tried again. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 20_000;
/** A server that beats (`event: beat`) and then is silent this long is taken for dead. */
const SILENCE_MS = 40_000;
/** Messages kept for one frame; above this the state is read afresh instead. */
const MOST_WAITING = 500;
/** A hidden tab paints no frames; it takes its messages at this pace instead. */
const HIDDEN_PACE_MS = 250;

type Passed =
  | { type: "state"; state: LinkState; opened: boolean }
  | { type: "message"; message: LiveMessage }
  | { type: "hello" };

/** Collects messages and hands them over once a frame. */
class Batch {
  private waiting: LiveMessage[] = [];
  private scheduled = false;

  constructor(
    private readonly deliver: (batch: readonly LiveMessage[]) => void,
    private readonly overflow: () => void,
  ) {}

  add(message: LiveMessage): void {
    if (this.waiting.length >= MOST_WAITING) {
      this.waiting = [];
      this.overflow();
      return;
    }
    this.waiting.push(message);
    if (this.scheduled) return;
    this.scheduled = true;
    if (document.hidden) setTimeout(() => this.flush(), HIDDEN_PACE_MS);
    else requestAnimationFrame(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const batch = this.waiting;
    this.waiting = [];
    if (batch.length > 0) this.deliver(batch);
  }
}

/** One stream of this tab's own that reconnects for ever. */
function listen(
  options: LiveOptions,
  onState: (state: LinkState, opened: boolean) => void,
  onMessage: (message: LiveMessage) => void,
): () => void {
  let source: EventSource | null = null;
  let wait_ms = FIRST_WAIT_MS;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let beats = false;

  const again = () => {
    source?.close();
    clearTimeout(silence);
    clearTimeout(retry);
    onState("lost", false);
    // half of the wait is random, so that a restarted hub does not meet everybody at once
    retry = setTimeout(connect, wait_ms / 2 + (Math.random() * wait_ms) / 2);
    wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS);
  };
  const heard = () => {
    clearTimeout(silence);
    if (beats) silence = setTimeout(again, SILENCE_MS);
  };
  function connect(): void {
    source = new EventSource(options.url);
    source.onopen = () => {
      wait_ms = FIRST_WAIT_MS;
      heard();
      onState("live", true);
    };
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) again();
      else onState("lost", false);
    };
    for (const kind of options.kinds) {
      source.addEventListener(kind, (event: MessageEvent<string>) => {
        heard();
        onMessage({ kind, id: event.lastEventId, data: JSON.parse(event.data) as unknown });
      });
    }
    source.addEventListener("beat", () => {
      beats = true;
      heard();
    });
  }

  connect();
  return () => {
    source?.close();
    clearTimeout(retry);
    clearTimeout(silence);
  };
}

/** Open the live stream, shared with the other tabs of this browser. */
export function openLive(options: LiveOptions): Live {
  const state = signal<LinkState>("connecting");
  const batch = new Batch(options.onMessages, options.onOpen);
  const take = (next: LinkState, opened: boolean) => {
    state.value = next;
    if (opened) options.onOpen();
  };
  const shared = !options.alone && "locks" in navigator && "BroadcastChannel" in globalThis;
  if (!shared) {
    const stop = listen(options, take, (message) => batch.add(message));
    return { state, close: stop };
  }

  const channel = new BroadcastChannel(`linli-live:${options.url}`);
  const pass = (passed: Passed) => channel.postMessage(passed);
  let leading = false;
  channel.onmessage = ({ data }: MessageEvent<Passed>) => {
    if (data.type === "hello") {
      if (leading) pass({ type: "state", state: state.value, opened: state.value === "live" });
    } else if (leading) {
      return; // words of a leader that has just gone
    } else if (data.type === "state") {
      // a newcomer's hello makes the leader repeat itself; only a change means "read afresh"
      take(data.state, data.opened && state.value !== "live");
    } else {
      batch.add(data.message);
    }
  };

  const leaving = new AbortController();
  let release = () => {};
  const untilClosed = new Promise<void>((resolve) => {
    release = resolve;
  });
  const lead = async () => {
    leading = true;
    const stop = listen(
      options,
      (next, opened) => {
        take(next, opened);
        pass({ type: "state", state: next, opened });
      },
      (message) => {
        batch.add(message);
        pass({ type: "message", message });
      },
    );
    await untilClosed;
    stop();
  };
  navigator.locks
    .request(`linli-live:${options.url}`, { signal: leaving.signal }, lead)
    .catch(() => {}); // aborted while waiting: this tab closed before it ever led
  pass({ type: "hello" });
  return {
    state,
    close: () => {
      leaving.abort();
      release();
      channel.close();
    },
  };
}
