/** Is somebody still there? Asks after a while without a touch, and wipes when nobody answers. */
import { effect, signal } from "@preact/signals";

import { local } from "./local";
import { agentLost, card, paying, screen, settings, touched, wipe } from "./visit";

/** Seconds left in the question; null while nobody needs to be asked. */
export const asking = signal<number | null>(null);
/** Seconds until the receipt closes by itself; null without a receipt. */
export const leaving = signal<number | null>(null);

/** The agent's own belt is told of touches at most this often. */
const HERE_EVERY_MS = 10_000;

let timer: ReturnType<typeof setTimeout> | undefined;
let hereRest = false;

function onReceipt(): boolean {
  const now = screen.value;
  return now.name === "pay" && now.payment.state === "paid";
}

function tick(count: typeof asking, left_s: number): void {
  count.value = left_s;
  if (left_s <= 0) {
    stop();
    wipe();
    return;
  }
  timer = setTimeout(() => tick(count, left_s - 1), 1_000);
}

function stop(): void {
  clearTimeout(timer);
  asking.value = null;
  leaving.value = null;
}

function begin(): void {
  stop();
  const given = settings.value;
  if (given === null || !touched.value || paying.value) return;
  if (onReceipt()) tick(leaving, given.receipt_s);
  else timer = setTimeout(() => tick(asking, given.warn_s), given.idle_s * 1_000);
}

/** "I am here": the count begins again. */
export function here(): void {
  begin();
  if (hereRest || agentLost.value) return;
  hereRest = true;
  setTimeout(() => {
    hereRest = false;
  }, HERE_EVERY_MS);
  local.here().catch(() => {}); // only the agent's belt is shorter for it
}

/** Watch touches, keys and cards from now on. */
export function watchIdle(): void {
  for (const kind of ["pointerdown", "keydown"]) {
    addEventListener(
      kind,
      () => {
        if (asking.value === null) here(); // the question is answered by its own button
      },
      { capture: true },
    );
  }
  // a new screen or a payment that ends begins a new count, and so does a card at the reader
  effect(() => {
    void [screen.value.name, touched.value, paying.value, onReceipt()];
    begin();
  });
  effect(() => {
    if (card.value !== null) begin();
  });
}
