/**
 * The wire between the kiosk page and its own agent on http://127.0.0.1: the page talks to nobody else.
 *
 * Rules of the wire
 * - The agent is the truth. It holds the card session, the lookup token, the house and the payment id;
 *   the page holds only what is on the glass and forgets it with `wipe`.
 * - `GET /local/state` and the first event of `GET /local/live` (`state`) are the same document. After a
 *   reconnect the agent sends `state` again, so the page never needs Last-Event-ID.
 * - Every POST needs the header `Linli-Client: kiosk` (a foreign page cannot send it without a preflight)
 *   and answers 200 with JSON, 204 without, or application/problem+json {"code","title","say"?: Words}.
 *   A code of devices/reasons.py has its words already; `say` is only for what the registry lacks.
 * - Clocks: `*_s` counts are durations from the moment of sending. The page never subtracts two clocks.
 * - Money is integer fen, instants are ISO 8601 UTC with Z.
 */
import { ask, jsonBytes } from "@linli/shared/api";
import type { Language, Words } from "@linli/shared/i18n";
import type { Had } from "@linli/shared/lasthad";

/** stuck: the printer needs a hand. none: a kiosk without one; its receipts stand on the glass. */
export type Paper = "ok" | "low" | "out" | "stuck" | "none";

/** `GET /local/state`; SSE event `state`. */
export interface LocalState {
  /** The hub can be reached. False: bills are read-only and nothing can be paid. */
  online: boolean;
  /** The language of an untouched screen; a person's choice lives until the wipe. */
  language: Language;
  /** Untouched for this long: the page asks whether somebody is there. 45. */
  idle_s: number;
  /** The question stands this long, then the page wipes itself and posts /local/end. 20. */
  warn_s: number;
  /** A receipt stays this long without a touch. 15. */
  receipt_s: number;
  /** IANA zone of the site; the clock on the wall and every printed time are in it. */
  time_zone: string;
  site: Words;
  paper: Paper;
  /** Public notices for the untouched screen, at most 4, already in order. May be empty. */
  notices: Notice[];
  /** Whoever stands here, or null. */
  session: Session | null;
  /** The payment of this session, or null. */
  payment: Payment | null;
  /** Somebody rings a flat here, or null. */
  call: Call | null;
}

/** SSE `call`: this, or `null` when it was answered or nobody waits any more. */
export interface Call {
  id: string;
  /** Whom it rings; only a card of this house may answer. */
  house: string;
  door: Words;
  /** Seconds until it is over, counted from the sending of this event. */
  left_s: number;
}

export interface Door {
  id: string;
  name: Words;
}

/** A card of the visited household; the holder is masked. */
export interface Card {
  id: string;
  holder: string;
  issued_at: string;
  blocked: boolean;
  /** Whether the doors that knew it are counted yet. */
  told: boolean;
  doors_total: number;
  doors_gone: number;
  still_known: Words[];
}

export interface Guests {
  doors: Door[];
  /** Those of them where a code can be typed. */
  code_doors: Door[];
}

export interface Made {
  doors: Door[];
  ends: string;
  /** A pass, drawn; null for a code. */
  svg: string | null;
  code: string | null;
  /** False while the code is on its way to its door. */
  reached: boolean;
}

export interface Wish {
  label: string;
  doors: string[];
  hours: 2 | 12;
  typed: boolean;
}

export interface Notice {
  id: string;
  title: Words;
  /** When and where, in words: "每天 06:30,小广场". */
  line: Words;
  /** The drawing beside it. Unknown kinds get `notice`. */
  kind: "exercise" | "meal" | "health" | "show" | "notice";
}

/** SSE `session`: this, or `null` when it ended at the agent (idle belt, card withdrawn, hub said no). */
export interface Session {
  /** Random, made by the agent for this visit; a new id makes the page forget the old visit first. */
  id: string;
  by: "card" | "house";
  /** Already masked: "沈**". The full name never reaches the page. */
  holder: string;
  /** "1-2-302", never converted. */
  house: string;
  /** A senior card: the page opens in large text. */
  elder: boolean;
  bills: Bill[];
  /** When the hub last gave these bills. Shown when offline. */
  bills_at: string;
}

export type BillKind = "property" | "water" | "power";

export interface Bill {
  id: string;
  kind: BillKind;
  /** "2026-10", "2026-Q4" or "2026"; other texts are shown as they are. */
  period: string;
  amount_fen: number;
  /** Date, "2026-12-31". */
  due_on: string;
  /** How it was computed, each line as the hub words it: "89 m² × ¥1.20". */
  lines: { text: Words; amount_fen: number }[];
  state: "open" | "pending" | "paid";
}

/**
 * SSE `payment`: this, or `null` when nothing is being paid.
 * - creating: the agent has its id on disk and asks the hub; no code yet
 * - waiting:  the code is on the glass
 * - checking: nobody knows yet (hub gone, time over, or a close was asked for): do not pay again
 * - paid:     `receipt` is there
 * - closed:   certainly not paid; the bill is open again
 * - suspense: money came that did not fit the bill; it is kept apart and given back
 */
export type PaymentState = "creating" | "waiting" | "checking" | "paid" | "closed" | "suspense";

export interface Payment {
  id: string;
  bill: string;
  kind: BillKind;
  period: string;
  amount_fen: number;
  state: PaymentState;
  /** Only while waiting: an SVG document of the code (segno, `omitsize`), drawn by the page as paths only. */
  code_svg: string | null;
  /** Seconds until the code dies, counted from the sending of this event. Null unless waiting. */
  expires_in_s: number | null;
  /** While checking: what the printed slip says, so that the person may leave. */
  slip_number: string | null;
  receipt: Receipt | null;
}

export interface Receipt {
  number: string;
  paid_at: string;
  amount_fen: number;
  house: string;
  /** The provider's transaction number. */
  provider_ref: string;
  slip: "printing" | "printed" | "failed";
}

/**
 * SSE `card`: what the reader feels, at any time. `known` is followed by `session`.
 * - lost:     taken away too early
 * - number:   an old card, a number that anybody could copy
 * - refused:  not one of ours, or it could not prove its key
 * - stopped:  reported lost
 * - homeless: whoever holds it lives nowhere here today
 * - taken:    somebody else began to pay meanwhile
 * - many, busy, silent, fault: nothing is wrong with the card
 */
export interface CardSign {
  state:
    | "reading"
    | "known"
    | "lost"
    | "number"
    | "refused"
    | "stopped"
    | "homeless"
    | "taken"
    | "many"
    | "busy"
    | "silent"
    | "fault";
}

/** The events of `GET /local/live`, name to data. */
export interface LocalEvents {
  state: LocalState;
  card: CardSign;
  session: Session | null;
  payment: Payment | null;
  online: boolean;
  paper: Paper;
  call: Call | null;
}

/** 200 gives the JSON, 204 undefined; else Refused (with `say`?: Words in its body) or Unreachable. */
async function post<T>(path: string, body: unknown = {}): Promise<T> {
  const answer = await ask<T>(path, {
    method: "POST",
    bytes: jsonBytes(body),
    headers: { "Linli-Client": "kiosk" },
  });
  return answer.body;
}

export const local = {
  /** Both must fit. 404 `house_unknown`, 429 `too_many`, 503 `hub_busy`. The SSE tells the same session. */
  find: (house: string, phone_last4: string) =>
    post<Session>("/local/find", { house, phone_last4 }),
  /** Makes one intent. 409 `bill_pending` or `bill_paid`, 503 `provider_silent`. The SSE tells every change. */
  pay: (bill: string) => post<Payment>("/local/pay", { bill }),
  /** "Not now": the agent asks the hub to close; the SSE then says checking and closed, or paid. */
  close: () => post<void>("/local/close"),
  /**
   * The person leaves or is gone: the agent forgets the session; an unresolved payment goes on behind.
   * Another session than the named one stays: somebody else came meanwhile.
   */
  end: (session: string | null) => post<void>("/local/end", { session }),
  /** The slip of the current receipt once more. 409 `paper_out`. */
  print: () => post<void>("/local/print"),
  /** Card holders only: a one-time code that brings a new phone in. 403 without a card session. */
  phoneCode: () => post<{ code: string; valid_s: number }>("/local/phone-code"),
  /** The household's cards, for whoever lost one. */
  cards: () => post<{ cards: Card[] }>("/local/cards"),
  /** Blocks one, last had then; all of them as they are now. */
  block: (card: string, had: Had) => post<{ cards: Card[] }>("/local/block", { card, had }),
  /** Card holders only: where a pass or a code of theirs would open. */
  guests: () => post<Guests>("/local/guests"),
  /** Card holders only: a pass or a code. 409 `passes_many`, 429 `too_many`. */
  invite: (wish: Wish) => post<Made>("/local/invite", wish),
  /** The newest pass or code of this visit on paper, in the language of the glass. 409 `paper_out`. */
  printPass: (language: Language) => post<{ printed: boolean }>("/local/print-pass", { language }),
  /** Card holders of the rung flat only. The door has the last word: any reason of a refused opening. */
  answer: (call: string, open: boolean) => post<{ opened: boolean }>("/local/answer", { call, open }),
  /** Somebody touched the glass; at most one in 10 s. The agent's own idle belt starts again. */
  here: () => post<void>("/local/here"),
};
