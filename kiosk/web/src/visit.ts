/** One visit at the kiosk: what is on the glass, what may be done now, and how it is forgotten. */
import { Refused } from "@linli/shared/api";
import { language, type Words } from "@linli/shared/i18n";
import { openLive } from "@linli/shared/live";
import { type ReasonCode, reasonWords } from "@linli/shared/reasons";
import { reasons } from "@linli/shared/reasons.gen";
import { batch, computed, effect, signal } from "@preact/signals";

import {
  type Call,
  type CardSign,
  local,
  type LocalEvents,
  type LocalState,
  type Payment,
  type Session,
} from "./local";
import { hush, voiceOn } from "./voice";
import { w } from "./words";

export type Size = "usual" | "elder";

/** What the person asked to see; the agent's session and payment come before it. */
type Page = "home" | "find" | "bills" | "phone" | "services" | "lost" | "guest";

export type Screen =
  | { name: "starting" }
  | { name: "home" }
  | { name: "find" }
  | { name: "bills"; session: Session }
  | { name: "phone" | "services" | "lost" | "guest"; session: Session }
  | { name: "ring"; call: Call; session: Session | null }
  | { name: "rung"; opened: boolean }
  | { name: "pay"; payment: Payment; session: Session };

export const settings = signal<LocalState | null>(null);
export const session = signal<Session | null>(null);
export const payment = signal<Payment | null>(null);
export const online = signal(false);
export const paper = signal<LocalState["paper"]>("ok");
/** A slip can come out. */
export const prints = computed(() => paper.value === "ok" || paper.value === "low");
export const card = signal<CardSign["state"] | null>(null);
/** The card was not taken, whatever the cause: its words say which, and what to do. */
export const cardRefused = computed(
  () => card.value !== null && card.value !== "reading" && card.value !== "known",
);
export const size = signal<Size>("usual");
export const page = signal<Page>("home");
/** The last thing that did not work, in words, until the next touch of a verb. */
export const trouble = signal<Words | null>(null);
/** A verb is on its way to the agent: its button waits. */
export const busy = signal(false);
export const phoneCode = signal<{ code: string; valid_s: number } | null>(null);
/** Somebody rings a flat at this kiosk. */
export const call = signal<Call | null>(null);
/** What became of the call that was answered here; stands until the visit ends. */
export const rung = signal<boolean | null>(null);
/** What somebody without a card came for: the visit that they find begins there. */
export const errand = signal<Page | null>(null);
/** Which payments the person has put aside (read the receipt, went back to the bills). */
const aside = signal<string | null>(null);
/** Counts the visits, so that an answer for one never reaches the next. */
let visit = 0;

/** Two sentences read slowly; then the reader's picture is calm again. */
const CARD_WORDS_MS = 15_000;
let cardRest: ReturnType<typeof setTimeout> | undefined;

export const screen = computed<Screen>(() => {
  if (settings.value === null) return { name: "starting" };
  const here = session.value;
  const paying = payment.value;
  const rings = call.value;
  if (here === null) {
    if (page.value === "find") return { name: "find" };
    return rings === null ? { name: "home" } : { name: "ring", call: rings, session: null };
  }
  if (paying !== null && paying.id !== aside.value) {
    return { name: "pay", payment: paying, session: here };
  }
  if (rung.value !== null) return { name: "rung", opened: rung.value };
  if (rings !== null && rings.house === here.house && here.by === "card") {
    return { name: "ring", call: rings, session: here };
  }
  const name = page.value;
  return name === "home" || name === "find" || name === "bills"
    ? { name: "bills", session: here }
    : { name, session: here };
});

/** Something that the next person must not find. */
export const touched = computed(
  () =>
    session.value !== null ||
    page.value !== "home" ||
    size.value !== "usual" ||
    voiceOn.value ||
    trouble.value !== null ||
    (settings.value !== null && language.value !== settings.value.language),
);

/** A code is on the glass: the person looks at the phone, not at us, and the code's own time runs. */
export const paying = computed(
  () =>
    screen.value.name === "pay" &&
    (payment.value?.state === "creating" || payment.value?.state === "waiting"),
);

effect(() => {
  document.documentElement.dataset["size"] = size.value;
});

function forget(): void {
  visit += 1;
  hush();
  batch(() => {
    session.value = null;
    payment.value = null;
    aside.value = null;
    rung.value = null;
    errand.value = null;
    phoneCode.value = null;
    card.value = null;
    trouble.value = null;
    busy.value = false;
    page.value = "home";
    size.value = "usual";
    if (settings.value !== null) language.value = settings.value.language;
  });
}

/** Forget the person, here and at the agent. */
export function wipe(): void {
  const left = session.value?.id ?? null;
  forget();
  local.end(left).catch(() => {}); // a silent agent has its own idle belt
}

function takeSession(next: Session | null): void {
  if (next === null) {
    if (session.value !== null) forget();
    return;
  }
  if (session.value !== null && session.value.id !== next.id) forget();
  const fresh = session.value === null;
  batch(() => {
    session.value = next;
    if (fresh) {
      card.value = null;
      page.value = errand.value ?? "bills";
      errand.value = null;
      trouble.value = null;
      if (next.elder) size.value = "elder";
    }
  });
}

function takeCard(sign: CardSign): void {
  card.value = sign.state;
  clearTimeout(cardRest);
  if (sign.state !== "reading") {
    cardRest = setTimeout(() => {
      card.value = null;
    }, CARD_WORDS_MS);
  }
}

function takeState(next: LocalState): void {
  batch(() => {
    const first = settings.value === null;
    settings.value = next;
    online.value = next.online;
    paper.value = next.paper;
    if (first) language.value = next.language;
    takeSession(next.session);
    payment.value = next.session === null ? null : next.payment;
    takeCall(next.call ?? null);
  });
}

let callOver: ReturnType<typeof setTimeout> | undefined;

function takeCall(next: Call | null): void {
  clearTimeout(callOver);
  call.value = next;
  if (next !== null) {
    callOver = setTimeout(() => {
      call.value = null;
    }, next.left_s * 1_000);
  }
}

type Take = { [Kind in keyof LocalEvents]: (data: LocalEvents[Kind]) => void };

const take: Take = {
  state: takeState,
  card: takeCard,
  session: takeSession,
  payment: (next) => {
    // a payment that goes on behind a finished visit is nobody's business here
    payment.value = session.value === null ? null : next;
  },
  online: (next) => {
    online.value = next;
  },
  paper: (next) => {
    paper.value = next;
  },
  call: takeCall,
};

const live = openLive({
  url: "/local/live",
  kinds: Object.keys(take),
  alone: true, // one screen, one tab
  onOpen: () => {}, // the agent begins every stream with the whole state
  onMessages: (messages) => {
    batch(() => {
      for (const { kind, data } of messages) (take[kind as keyof Take] as (data: unknown) => void)(data);
    });
  },
});

/** The agent itself is silent: nothing that is shown may be acted on. */
export const agentLost = computed(() => live.state.value === "lost");

function wordsFor(error: unknown): Words {
  if (!(error instanceof Refused)) return w.troubleSilent;
  const said = error.body["say"] as Words | undefined;
  if (said !== undefined) return said;
  if (error.code === "paper_out") return w.troublePaperOut;
  return Object.hasOwn(reasons, error.code) ? reasonWords(error.code as ReasonCode) : w.troubleOther;
}

/** Do one verb; what comes back for a visit that is over is dropped. */
export async function act<T>(verb: () => Promise<T>, take: (answer: T) => void = () => {}): Promise<void> {
  if (busy.value) return;
  const mine = visit;
  busy.value = true;
  trouble.value = null;
  try {
    const answer = await verb();
    if (mine === visit) batch(() => take(answer));
  } catch (error) {
    if (mine === visit) trouble.value = wordsFor(error);
  } finally {
    if (mine === visit) busy.value = false;
  }
}

export const find = (house: string, last4: string) => act(() => local.find(house, last4), takeSession);
export const print = () => act(local.print);
export const close = () => act(local.close);

export const pay = (bill: string) =>
  act(
    () => local.pay(bill),
    (made) => {
      aside.value = null;
      // the stream may already have told a later state of this very payment
      if (payment.value?.id !== made.id) payment.value = made;
    },
  );

export const newPhoneCode = () =>
  act(local.phoneCode, (made) => {
    phoneCode.value = made;
    page.value = "phone";
  });

export function go(to: Page): void {
  batch(() => {
    trouble.value = null;
    card.value = null; // who goes on has read what was said of the card
    if (to !== "phone") phoneCode.value = null;
    if (to === "home") errand.value = null;
    page.value = to;
  });
}

/** Find the house first, and then do this. */
export function findFor(what: "lost"): void {
  errand.value = what;
  go("find");
}

export const answer = (rings: Call, open: boolean) =>
  act(
    () => local.answer(rings.id, open),
    (told) => {
      call.value = null;
      rung.value = told.opened;
    },
  );

/** Put the finished payment aside and show the bills again. */
export function toBills(): void {
  batch(() => {
    aside.value = payment.value?.id ?? null;
    go("bills");
  });
}
