/**
 * The wire between the panel page and the panel server of a running town (same origin, loopback).
 *
 * Rules of the wire
 * - `GET /api/town` and the first event of `GET /api/live` (`town`) are the same document; after a
 *   reconnect the server sends `town` again, so the page never needs Last-Event-ID.
 * - The page shows only what really happened: a door lights because its relay's coil moved on the
 *   serial line, a letter reaches the hub because the hub's journal has the entry. Nothing is played.
 * - POSTs carry the header `Linli-Client: panel` and answer 200 JSON (`Said`), or problem+json with a
 *   code of devices/reasons.py or one of: `no_code` (nothing to scan on the kiosk), `nothing_to_copy`,
 *   `no_scanner`, `no_bell`, `bell_rings`, `bell_declined` (a moment ago), `bell_unheard`,
 *   `nobody_rings`, `no_keypad`, `unplugged`, `not_now`, `story_running`, `town_starting`.
 * - The page tells the story: it asks for one step at a time and decides when to go on, so pausing
 *   costs the server nothing. The server plays a step through real devices and reports its beats.
 */
import { ask, jsonBytes } from "@linli/shared/api";
import type { Language, Words } from "@linli/shared/i18n";

/** Where a thing stands in the picture: the ids of the six doors, and two more places. */
export type Place =
  | "gate-east" | "gate-west"
  | "b1-u1" | "b1-u2" | "b2-u1" | "b2-u2"
  | "hall" // card point in the activity room
  | "kiosk";

/** Anything a card can be held to. */
export interface Reader {
  id: string;
  kind: "door" | "point" | "kiosk";
  place: Place;
  /** "1幢2单元"; the name a resident would use. */
  name: Words;
  /** Doors only: the relay's coil now. */
  coil: boolean;
  /** A door with a scanner for guests' passes and a bell. */
  panel: boolean;
  /** A door where a flat's number with a PIN can be typed. */
  keypad: boolean;
}

export interface Person {
  id: string;
  /** Never converted. */
  name: string;
  house: string;
  age: number;
  /** "elder", "carer"...: a drawing and a word under the name. */
  role: "elder" | "carer" | "resident" | "stranger";
  /** Doors this person's phone is enrolled for; empty: no phone. */
  phone_doors: string[];
}

export interface Card {
  id: string;
  /** Person id; null for a stranger's blank card that no door knows, and for a guest's pass. */
  person: string | null;
  /** What is printed on it: "沈桂芳", or words such as "陌生的卡". */
  label: Words;
  /**
   * old: no more than a number, so that its copy is the same card once again;
   * pass: a code that is held before the scanner of a door with a panel.
   */
  kind: "senior" | "resident" | "stranger" | "old" | "pass";
}

/** `GET /api/town`; SSE event `town`. */
export interface Town {
  name: Words;
  /** IANA zone of the site; the journal's times are told in it. */
  time_zone: string;
  /** Not ready: `starting` names the parts still to come up, the next one first. */
  ready: boolean;
  starting: Words[];
  readers: Reader[];
  people: Person[];
  cards: Card[];
  net: Net;
  /** Whom the story is about: ids in the lists above. */
  cast: {
    elder_card: string;
    elder_door: string;
    shaker: string;
    shaker_door: string;
    lost_card: string;
    finder_door: string;
  };
  story: StoryNow;
  kiosk: KioskNow;
  /** The newest call at a door; null while nobody has rung. */
  call: CallNow | null;
  /** The door with faces; null while the town wakes up. */
  faces: FacesNow | null;
  /** Everything with a plug. */
  parts: Part[];
  wall: Wall;
  /** Pages to open beside this one. `href` with the host the browser used. */
  pages: TownPage[];
  /** The newest lines of the wires, oldest first, at most 200. */
  wire: WireLine[];
  /** The newest entries of the hub's journal, oldest first, at most 30. */
  journal: JournalEntry[];
  /** The newest alarms that the made-up police desk has taken, oldest first, at most 20. */
  station: StationAlarm[];
}

export interface TownPage {
  kind: "phone" | "kiosk" | "console" | "mailbox";
  href: string;
  /** What one types there, each shown with a copy button: {label: 姓名, value: "admin"}. */
  sign_in: { label: Words; value: string }[];
}

/** SSE `net`. `cut`: the town's wire to the hub is cut by the proxy in front of the broker. */
export interface Net {
  cut: boolean;
}

/** SSE `door`: a write to the relay, as seen on its own serial line. */
export interface DoorSign {
  door: string;
  coil: boolean;
}

/** SSE `said`: what a person at the door, phone or card point was told, in their words. */
export interface Said {
  /** Reader id. */
  at: string;
  outcome: "opened" | "noted" | "refused" | "unknown";
  /** Code of devices/reasons.py. */
  reason: string;
  via: "card" | "phone" | "copy" | "pass" | "pin" | "face" | "staff";
  person: string | null;
  /** From the reader's first byte (card) or the request (phone) to the coil, measured; null if no coil. */
  ms: number | null;
}

/** SSE `journal`: an entry that the hub has committed. The page lets a letter fly for each. */
export interface JournalEntry {
  n: number;
  at: string;
  door: string;
  outcome: string;
  reason: string;
  /** The name as the journal shows it to staff; null when not known. */
  person: string | null;
  via: string | null;
  /** Happened while the wire was cut. */
  late: boolean;
}

/** SSE `station`: an alarm that the police desk took; a copy of one it has is none. */
export interface StationAlarm {
  /** The message's number: the same in every copy. */
  number: number;
  at: string;
  /** As it stood on the wire (SIA DC-09), decrypted by the desk. */
  words: string;
  /** SIA's two letters; RX is a test by hand. */
  code: string;
  zone: number;
}

/** SSE `kiosk`: the payment as the provider and the hub see it. */
export interface KioskNow {
  /** "code": a QR is on the glass and can be scanned. */
  state: "quiet" | "bills" | "code" | "paid";
  amount_fen: number | null;
  /** Notices the provider has sent for this payment, and receipts the hub has made of them. */
  callbacks: number;
  receipts: number;
  receipt_number: string | null;
  /** What the kiosk itself says of its printer. */
  paper: "ok" | "low" | "out" | "stuck" | "none";
}

/** What can be done to a thing; which of them now, the thing says. */
export type Hand =
  | "plug" | "unplug" | "open_case" | "close_case"
  | "paper_low" | "paper_out" | "new_roll" | "jam" | "unjam" | "open_cover" | "close_cover"
  | "use_power" | "use_water";

/** What is wrong with a thing, as somebody sees it who stands before it. */
export type Ail = "unplugged" | "tampered" | "paper_low" | "paper_out" | "jammed" | "cover_open";

interface AnyPart {
  id: string;
  /** A place of the picture, or "office". */
  place: Place | "office";
  /** Whose program hears it: a device of the wall. */
  device: string;
  name: Words;
  plugged: boolean;
  hands: Hand[];
  ails: Ail[];
}

export interface MeterShown {
  what: "power" | "water";
  unit: string;
  /** What its plate shows now. */
  register: string;
  /** What it told when it was asked last; null before. */
  read: { value: string; at: string } | null;
}

/** Where the newest slip's picture is; `n` is how many there were. */
export const slipPicture = (n: number): string => `/api/slip?n=${n}`;

/** SSE `part`: a thing with a plug, whenever it has changed. A new kind is one more line here. */
export type Part = AnyPart & (
  | { kind: "reader" | "scanner" | "board" | "cable"; shown: Record<string, never> }
  | { kind: "keypad"; shown: { claim: string; pin: string; duress: string } }
  | { kind: "printer"; shown: { slips: number; text: string } }
  | { kind: "meters"; shown: { meters: MeterShown[] } }
);

/** What the hub finds wrong with a door, the gravest first. */
export interface Trouble {
  kind: string;
  words: Words;
}

/** SSE `wall`: doors and devices as the hub knows them and staff see them. */
export interface Wall {
  doors: Record<string, { contact: "open" | "closed" | "unknown"; troubles: Trouble[] }>;
  /** `states` are codes of devices/reasons.py, the gravest first. */
  devices: Record<string, { state: string; states: string[] }>;
}

/** SSE `call`: somebody pressed a bell, and what became of it, as the hub says. */
export interface CallNow {
  id: string;
  /** Reader id. */
  door: string;
  /** Person id whose phone rings; null: the duty desk. */
  rings: string | null;
  until: string;
  /** over: nobody answered in time. */
  state: "ringing" | "open" | "not_now" | "over";
}

/** Steps 1 to 5 of the story, and what each reports while it plays, in this order. */
export type Beat =
  | "tap" | "opened" //                                        1: she taps, the door opens
  | "cut" | "tap_cut" | "opened_cut" | "joined" | "arrived" // 2: the same with the network cut
  | "shake" | "shaken" | "copy" | "refused" //                 3: a shake, and its copy
  | "find" | "code" | "callback" | "receipt" //                4: a bill; `callback` comes three times
  | "lost" | "blocked" | "gone" | "found" | "kept_out"; //     5: a lost card; `gone` grows door by door

/** SSE `story`. */
export interface StoryNow {
  step: 0 | 1 | 2 | 3 | 4 | 5;
  /** Null before the first beat of a step. */
  beat: Beat | null;
  /** idle: nothing plays; playing; done: the step's last beat was seen; failed: it did not come. */
  state: "idle" | "playing" | "done" | "failed";
  /**
   * Measured, shown in the step's sentence when there:
   * ms (opened, opened_cut, shaken), entries (arrived: journal entries of that tap),
   * amount_fen, callbacks, receipts (callback, receipt), gone of doors after seconds (gone).
   */
  facts: {
    ms?: number;
    entries?: number;
    amount_fen?: number;
    callbacks?: number;
    receipts?: number;
    gone?: number;
    doors?: number;
    seconds?: number;
  };
}

export type WireKind = "serial" | "mqtt" | "http" | "pay";

/** SSE `wire`: one frame, packet or request exactly as it went over a wire. */
export interface WireLine {
  n: number;
  at: string;
  kind: WireKind;
  /** The two ends in plain words: {from: 读卡器, to: 门口机}. `dir` ">" is from -> to. */
  line: { from: Words; to: Words };
  dir: ">" | "<";
  /** The bytes, lower case, no blanks. */
  hex: string;
  /** Set where the bytes are text (a signed request): shown instead of its hex, hex on demand. */
  text: string | null;
  /** What it means, one plain sentence; null when the server has no words for it. */
  words: Words | null;
  /** Protocol words for those who know: "PN532 InListPassiveTarget", "PUBLISH QoS 1". */
  name: string;
}

/** People who are nobody, drawn by the town. */
export type DrawnWho = "elder" | "carer" | "stranger";

/** Who stands before the door's camera. own: frames of somebody's page; still: a photo held up. */
export interface Standing {
  kind: "nobody" | "drawn" | "own";
  who: DrawnWho | "";
  still: boolean;
}

/** A resident who can be registered: `flat` is what is typed at the door. */
export interface FacePerson {
  id: string;
  flat: string;
  /** Who is drawn for them. */
  drawn: DrawnWho;
  consent: boolean;
  photos: number;
  /** False: the hub has yet to measure itself with the newest photo, and it does not count before. */
  measured: boolean;
}

/** SSE `faces`. */
export interface FacesNow {
  /** absent: the extra is not installed; off: nobody has assessed yet what faces mean here. */
  state: "absent" | "off" | "keys_elsewhere" | "starting" | "ready";
  /** Modules that are missing. */
  missing: string[];
  /** Reader id. */
  door: string;
  /** Width and height of the camera's pictures, in pixels. */
  size: [number, number];
  standing: Standing;
  people: FacePerson[];
  /** To which side of the picture the hub asks to turn. */
  asked: "left" | "right" | null;
  /** The hub's last word about a face at this door; both null: none yet. */
  told: { person: string | null; reason: string | null } | null;
}

/** A face that the hub follows: a box as left, top, right, bottom; eyes and nose as points. */
export interface FaceTrack {
  track: number;
  box: [number, number, number, number];
  points: [number, number][] | null;
  /** Good looks so far; three are wanted. */
  shots: number;
  /** Why the last look was not good enough: a code of devices/reasons.py. */
  reason: string | null;
}

/** What is to be read before a consent, in the reader's language. */
export interface FaceNotice {
  version: string;
  parts: { title: string; text: string }[];
}

/** The events of `GET /api/live`, name to data. */
export interface TownEvents {
  town: Town;
  door: DoorSign;
  said: Said;
  net: Net;
  journal: JournalEntry;
  station: StationAlarm;
  kiosk: KioskNow;
  call: { now: CallNow | null };
  part: Part;
  faces: FacesNow;
  seen: { tracks: FaceTrack[] };
  wall: Wall;
  story: StoryNow;
  wire: WireLine;
}

async function post<T>(path: string, body: unknown = {}): Promise<T> {
  const answer = await ask<T>(path, {
    method: "POST",
    bytes: jsonBytes(body),
    headers: { "Linli-Client": "panel" },
    // a door may be silent for its whole time-out before the answer comes, and the duty desk may
    // have to wait half a minute for a fresh six-digit code
    timeout_ms: 40_000,
  });
  return answer.body;
}

export const town = {
  /** Hold a card to a reader. Answers when the door has moved or has surely not. */
  tap: (card: string, reader: string) => post<Said>("/api/tap", { card, reader }),
  /** A person shakes the phone before a door. */
  shake: (person: string, door: string) => post<Said>("/api/shake", { person, door }),
  /** The very bytes of the last shake once more, as a listener would send them. */
  copy: () => post<Said>("/api/copy"),
  /** The host's phone makes a fresh pass for a guest. */
  invite: () => post<{ ends: string }>("/api/invite"),
  /** Press the bell of a door with a panel. */
  ring: (door: string) => post<CallNow>("/api/ring", { door }),
  /** Whoever it rings takes the call; "open" then also opens the door in the ordinary way. */
  answer: (answer: "open" | "not_now") => post<CallNow>("/api/answer", { answer }),
  /** Press keys of a door's keypad: a flat, #, its PIN, #. */
  type: (door: string, keys: string) => post<Said>("/api/type", { door, keys }),
  /** Do something to a thing with a plug. */
  hand: (part: string, verb: Hand) => post<Part>("/api/hand", { part, verb }),
  /** Let somebody step before the camera; `key` is for a page's own frames. */
  faceStand: (kind: Standing["kind"], who: Standing["who"], still: boolean) =>
    post<{ key: string }>("/api/face/stand", { kind, who, still }),
  /** One frame of this page's own camera; false when somebody else stands there now. */
  faceFrame: async (key: string, picture: Blob): Promise<boolean> => {
    const headers = { "Linli-Client": "panel", "Linli-Stand": key };
    const how: RequestInit = { method: "POST", headers, body: picture, cache: "no-store" };
    const answer = await fetch("/api/face/frame", how).catch(() => null);
    return answer === null || answer.ok || answer.status === 503; // a lost frame is no loss
  },
  /** The site assesses, and its door takes faces. */
  faceOpen: () => post<FacesNow>("/api/face/open"),
  faceNotice: (language: Language) => post<FaceNotice>("/api/face/notice", { language }),
  faceConsent: (person: string, notice: string, language: Language) =>
    post<FacePerson>("/api/face/consent", { person, notice, language }),
  /** The desk photographs whoever stands before the camera. */
  facePhoto: (person: string) => post<FacePerson>("/api/face/photo", { person }),
  faceForget: (person: string) => post<FacePerson>("/api/face/forget", { person }),
  /** Type a flat's number; answers when the door has opened, refused, or stayed silent. */
  faceClaim: (person: string) => post<Said>("/api/face/claim", { person }),
  net: (cut: boolean) => post<Net>("/api/net", { cut }),
  /** Scan the code on the kiosk and pay it: the provider then sends its notice three times. */
  pay: (person: string) => post<KioskNow>("/api/pay", { person }),
  /** play: do this step now (and first end another); stop: end it and join the network again. */
  story: (action: "play" | "stop", step: number) => post<StoryNow>("/api/story", { action, step }),
  /** The town as it was in the morning: bills open again, network joined, story at its start. */
  reset: () => post<Town>("/api/reset"),
};
