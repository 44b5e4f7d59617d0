/** Requests signed by this phone's key, with a nonce that is usually there before it is needed. */

import {
  type Address, type Answer, ask, askHub, type Content, jsonBytes, type Method, Refused, type Told,
} from "@linli/shared/api";
import { type PhoneKey, prove } from "@linli/shared/proof";

/** A nonce this near to its end is not worth the journey. */
const MARGIN_MS = 5_000;
/** Life of a nonce that came with an answer, until the hub has told us how long its nonces live. */
const ASSUMED_LIFE_MS = 60_000;

/** How far the hub's clock is ahead of this phone's, as far as we know. */
export const hubClock = { ahead_ms: 0 };

/** One nonce in hand; each is used once. */
class NonceInHand {
  private nonce: string | null = null;
  private until_ms = 0;
  private life_ms = ASSUMED_LIFE_MS;

  /** Every signed answer carries the next nonce. */
  learn(headers: Headers): void {
    const next = headers.get("Linli-Nonce");
    if (next) this.hold(next, this.life_ms);
  }

  async fetch(kid: string): Promise<void> {
    const { body } = await askHub(`/api/v1/nonce?kid=${encodeURIComponent(kid)}`);
    const left_ms = Date.parse(body.expires_at) - Date.now() - hubClock.ahead_ms;
    if (left_ms > 0) this.life_ms = left_ms;
    this.hold(body.nonce, this.life_ms);
  }

  /** The nonce to use now, fetched when none is in hand. */
  async take(kid: string): Promise<string> {
    if (!this.fresh) await this.fetch(kid);
    const nonce = this.nonce ?? "";
    this.nonce = null;
    return nonce;
  }

  get fresh(): boolean {
    return this.nonce !== null && performance.now() < this.until_ms - MARGIN_MS;
  }

  drop(): void {
    this.nonce = null;
  }

  private hold(nonce: string, life_ms: number): void {
    this.nonce = nonce;
    this.until_ms = performance.now() + life_ms;
  }
}

const inHand = new NonceInHand();

/** Have a nonce ready before the finger comes down; a failure only costs a little time later. */
export async function fetchNonceAhead(key: PhoneKey): Promise<void> {
  if (!inHand.fresh) await inHand.fetch(key.kid).catch(() => {});
}

/** A request as it will travel: what was signed cannot change any more. */
export interface Letter {
  method: Method;
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
  proof: string;
}

const NOTHING = new Uint8Array(0);

/** Sign a request; fails as Unreachable when no nonce can be had, and then nothing has left. */
export async function seal(
  key: PhoneKey,
  method: Method,
  path: string,
  bytes: Uint8Array<ArrayBuffer> = NOTHING,
): Promise<Letter> {
  const nonce = await inHand.take(key.kid);
  return { method, path, bytes, proof: await prove(key, { method, path, bytes, nonce }) };
}

/** Send a sealed request; sending it again sends the very same bytes. */
export async function post<T>(letter: Letter, timeout_ms?: number): Promise<Answer<T>> {
  const { method, path, bytes, proof } = letter;
  try {
    const answer = await ask<T>(path, {
      method,
      headers: { "Linli-Proof": proof },
      ...(bytes.length > 0 ? { bytes } : {}),
      ...(timeout_ms === undefined ? {} : { timeout_ms }),
    });
    inHand.learn(answer.headers);
    return answer;
  } catch (error) {
    if (error instanceof Refused) inHand.learn(error.headers);
    throw error;
  }
}

const OLD_NONCE = ["request_stale", "request_spent"];

/** The hub did not take the nonce, so it did nothing: a fresh one may be tried. */
export function wantsFreshNonce(error: unknown): boolean {
  const stale = error instanceof Refused && error.status === 401 && OLD_NONCE.includes(error.code);
  if (stale && !error.headers.has("Linli-Nonce")) inHand.drop();
  return stale;
}

/** Ask something that nobody waits for: with a nonce of its own, the one in hand is the door's. */
export async function askAside<A extends Address<"GET">>(key: PhoneKey, path: A): Promise<Told<"GET", A>> {
  const { body } = await askHub(`/api/v1/nonce?kid=${encodeURIComponent(key.kid)}`);
  const proof = await prove(key, { method: "GET", path, bytes: NOTHING, nonce: body.nonce });
  return ask(path, { headers: { "Linli-Proof": proof } });
}

/** Ask something that moves nothing, with one more try when only the nonce was too old. */
export async function askSigned<M extends Method, A extends Address<M>>(
  key: PhoneKey,
  method: M,
  path: A,
  ...[content]: Content<M, A>
): Promise<Told<M, A>> {
  const bytes = content === undefined ? NOTHING : jsonBytes(content);
  try {
    return await post(await seal(key, method, path, bytes));
  } catch (error) {
    if (!wantsFreshNonce(error)) throw error;
    return post(await seal(key, method, path, bytes));
  }
}
