/** Signed requests: a P-256 key that no script can read out, and the `Linli-Proof` made with it. */

export interface PublicJwk {
  kty: "EC";
  crv: "P-256";
  x: string;
  y: string;
}

export interface PhoneKey {
  /** RFC 7638 thumbprint of the public key: how the hub names this phone. */
  kid: string;
  jwk: PublicJwk;
  pair: CryptoKeyPair;
}

export interface Claims {
  method: string;
  path: string;
  bytes?: Uint8Array<ArrayBuffer>;
  nonce?: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
const NOTHING = new Uint8Array(0);

const encoder = new TextEncoder();

/** Bytes as base64url without padding (RFC 4648 section 5). */
export function base64url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** RFC 7638: the hash of the required members in alphabetical order and nothing else. */
export async function thumbprint(jwk: PublicJwk): Promise<string> {
  const canonical = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y });
  return sha256(encoder.encode(canonical));
}

/** A new key of this phone; its private half can sign and can never be exported. */
export async function makeKey(): Promise<PhoneKey> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  const { x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  if (!x || !y) throw new Error("the browser gave no public point");
  const jwk: PublicJwk = { kty: "EC", crv: "P-256", x, y };
  return { kid: await thumbprint(jwk), jwk, pair };
}

/** The compact JWS that goes into the header `Linli-Proof`. */
export async function prove(key: PhoneKey, claims: Claims): Promise<string> {
  const header = { alg: "ES256", typ: "linli-proof+jwt", kid: key.kid };
  const payload = {
    htm: claims.method,
    htu: claims.path,
    bh: await sha256(claims.bytes ?? NOTHING),
    ...(claims.nonce === undefined ? {} : { nonce: claims.nonce }),
  };
  const part = (value: unknown) => base64url(encoder.encode(JSON.stringify(value)));
  const signed = `${part(header)}.${part(payload)}`;
  // WebCrypto gives r || s, which is the JWS form of ES256 as it stands (RFC 7518 section 3.4)
  const raw = await crypto.subtle.sign(SIGNATURE, key.pair.privateKey, encoder.encode(signed));
  return `${signed}.${base64url(new Uint8Array(raw))}`;
}

// --- where the key lives

const STORE = "keys";
const SLOT = "phone";

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function openStore(): Promise<IDBDatabase> {
  const request = indexedDB.open("linli", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

/** Run one act on the key store and wait until it is on disk. */
async function withStore<T>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await openStore();
  try {
    const transaction = database.transaction(STORE, mode);
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    const result = await settled(act(transaction.objectStore(STORE)));
    await done;
    return result;
  } finally {
    database.close();
  }
}

function isPhoneKey(value: unknown): value is PhoneKey {
  if (typeof value !== "object" || value === null) return false;
  const { kid, jwk, pair } = value as Partial<PhoneKey>;
  return typeof kid === "string" && jwk !== undefined && pair?.privateKey instanceof CryptoKey;
}

/** This phone's key, or null when it has none (any more). */
export async function loadKey(): Promise<PhoneKey | null> {
  const stored: unknown = await withStore("readonly", (store) => store.get(SLOT));
  return isPhoneKey(stored) ? stored : null;
}

/** Keep the key; a CryptoKey is stored as a handle, never as bytes. */
export async function saveKey(key: PhoneKey): Promise<void> {
  await withStore("readwrite", (store) => store.put(key, SLOT));
}

/** Drop the key for ever. */
export async function dropKey(): Promise<void> {
  await withStore("readwrite", (store) => store.delete(SLOT));
}
