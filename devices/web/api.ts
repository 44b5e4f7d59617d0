/** Requests to the hub: JSON in, JSON out, and the three ways in which that can fail. */

import type { Operations } from "./api.gen";

/** The hub refused, and said why (application/problem+json). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly body: Readonly<Record<string, unknown>>,
    readonly headers: Headers,
  ) {
    super(`refused: ${code} (${status})`);
  }
}

/** No answer came: the request may or may not have arrived. */
export class Unreachable extends Error {
  constructor(readonly why: "network" | "timeout" | "garbled") {
    super(`unreachable: ${why}`);
  }
}

export interface Answer<T> {
  status: number;
  body: T;
  headers: Headers;
}

export interface Ask {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** The very bytes to send; signing needs them before they leave. */
  bytes?: Uint8Array<ArrayBuffer>;
  headers?: Readonly<Record<string, string>>;
  timeout_ms?: number;
}

/** An opening answers within the door's own time-out of a few seconds; longer means a dead network. */
const TIMEOUT_MS = 12_000;

const encoder = new TextEncoder();

/** A value as the JSON bytes that travel. */
export function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(value));
}

async function readJson(answer: Response): Promise<unknown> {
  const text = await answer.text();
  return text === "" ? null : JSON.parse(text);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function codeOf(body: Readonly<Record<string, unknown>>): string {
  if (typeof body["code"] === "string") return body["code"];
  const type = body["type"];
  return typeof type === "string" ? type.replace(/^urn:linli:reason:/, "") : "internal";
}

// --- the hub's own API: a method and an address that it does not have do not compile

type Operation = Operations[keyof Operations];
type At<M, A, Each = Operation> = Each extends { method: M; path: infer Path }
  ? A extends Path
    ? Each
    : never
  : never;

export type Method = Operation["method"];
/** The addresses that take a method. */
export type Address<M extends Method> = Extract<Operation, { method: M }>["path"];
/** What must go up there: nothing, or one body. */
export type Content<M, A> = At<M, A>["body"] extends undefined
  ? []
  : [content: At<M, A>["body"]];
/** What comes back from there. */
export type Told<M, A> = Answer<At<M, A>["answer"]>;

/** Ask the hub what it tells everybody. */
export function askHub<A extends Address<"GET">>(path: A): Promise<Told<"GET", A>> {
  return ask(path);
}

/** Ask the hub; throws Refused when it says no and Unreachable when nothing sensible came back. */
export async function ask<T>(path: string, how: Ask = {}): Promise<Answer<T>> {
  const init: RequestInit = {
    method: how.method ?? "GET",
    headers: {
      Accept: "application/json, application/problem+json",
      ...(how.bytes ? { "Content-Type": "application/json" } : {}),
      ...how.headers,
    },
    cache: "no-store",
    credentials: "same-origin",
    redirect: "error",
    signal: AbortSignal.timeout(how.timeout_ms ?? TIMEOUT_MS),
    ...(how.bytes ? { body: how.bytes } : {}),
  };
  let answer: Response;
  let body: unknown;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new Unreachable(late ? "timeout" : "network");
  }
  try {
    body = await readJson(answer);
  } catch (error) {
    throw new Unreachable(error instanceof SyntaxError ? "garbled" : "network");
  }
  if (answer.ok) return { status: answer.status, body: body as T, headers: answer.headers };
  if (!isRecord(body)) throw new Unreachable("garbled"); // a proxy speaks, not the hub
  throw new Refused(answer.status, codeOf(body), body, answer.headers);
}
