/** The staff session and the requests that need it. */

import { type Address, ask, type Content, jsonBytes, Refused, type Told } from "@linli/shared/api";
import type { Claimed, WhoAmI } from "@linli/shared/api.gen";
import { signal } from "@preact/signals";

/** `undefined` until we know; `null` when nobody is signed in. */
export const member = signal<WhoAmI | null | undefined>(undefined);
/** A session that was there has ended by itself. */
export const ended = signal(false);

/** Every change carries this header, which no foreign page can set. */
const CLIENT = { "Linli-Client": "console" };

/** Ask the hub as a staff member; a session that is over leads back to the sign-in. */
export async function staffAsk<M extends "GET" | "POST" | "PUT", A extends Address<M>>(
  method: M,
  path: A,
  ...[content]: Content<M, A>
): Promise<Told<M, A>> {
  try {
    return await ask(path, {
      method,
      ...(method === "GET" ? {} : { headers: CLIENT }),
      ...(content === undefined ? {} : { bytes: jsonBytes(content) }),
    });
  } catch (error) {
    if (error instanceof Refused && error.code === "signed_out") {
      if (member.value) ended.value = true;
      member.value = null;
    }
    throw error;
  }
}

/** A large file takes its time on the way and at the hub. */
const FILE_MS = 180_000;
const PRINT_MS = 900_000;

/** Send a file as it is; what comes back is the hub's word on it. */
export async function staffUpload<T>(path: Address<"POST">, bytes: Uint8Array<ArrayBuffer>): Promise<T> {
  const headers = { ...CLIENT, "Content-Type": "application/octet-stream" };
  return (await ask<T>(path, { method: "POST", headers, bytes, timeout_ms: FILE_MS })).body;
}

/** Ask for a file; a refusal is told as everywhere. */
export async function staffFile(path: string, content: unknown): Promise<Blob> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { ...CLIENT, "Content-Type": "application/json" },
    body: jsonBytes(content),
    credentials: "same-origin",
    signal: AbortSignal.timeout(PRINT_MS),
  });
  if (answer.ok) return answer.blob();
  const said: Record<string, unknown> = await answer.json();
  throw new Refused(answer.status, String(said["code"] ?? "internal"), said, answer.headers);
}

/** Hand a file to the browser's downloads. */
export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Find out whether a session is there. */
export async function resume(): Promise<void> {
  try {
    member.value = (await staffAsk("GET", "/api/v1/staff/me")).body;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    member.value = null;
  }
}

export interface Credentials {
  name: string;
  password: string;
}

/** Sign in with both factors. */
export async function signIn(who: Credentials, otp: string): Promise<void> {
  const { body } = await staffAsk("POST", "/api/v1/staff/sign-in", { ...who, otp });
  ended.value = false;
  member.value = body;
}

/** Set up the first administrator; the answer is the second factor to keep. */
export async function claim(code: string, who: Credentials): Promise<Claimed> {
  return (await staffAsk("POST", "/api/v1/staff/claim", { code, ...who })).body;
}

/** End the session; without a network it at least ends on this screen. */
export async function signOut(): Promise<void> {
  await staffAsk("POST", "/api/v1/staff/sign-out").catch(() => {});
  ended.value = false;
  member.value = null;
}
