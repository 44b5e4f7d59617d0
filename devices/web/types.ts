/** What the hub's HTTP API says, as the pages read it. */

import type { Words } from "./i18n";

export interface Site {
  site: string;
  name: Words;
  time_zone: string;
  now: string;
  demo: boolean;
}

export interface PhoneDoor {
  id: string;
  name: Words;
  building: string;
  kind: "perimeter" | "building";
}

export interface Phone {
  id: string;
  label: string;
  enrolled_at: string;
}

export interface Me {
  person: { name: string };
  phone: Phone;
  doors: PhoneDoor[];
}

/** Milliseconds of each stage of an opening, measured on one clock each. */
export type StagesMs = Readonly<Record<string, number>>;

export interface Opening {
  opening: string;
  outcome: "opened" | "refused" | "unknown";
  reason: string;
  ms: StagesMs;
  repeat: boolean;
}

export interface Nonce {
  nonce: string;
  expires_at: string;
}

export interface HubEvent {
  n: number;
  at: string;
  recorded_at: string;
  kind: string;
  door: string | null;
  door_name: Words | null;
  outcome: string | null;
  reason: string | null;
  /** The person's id; the name is there for those who may read people. */
  person: string | null;
  person_name?: string | null;
  device?: string | null;
  via: string | null;
  late: boolean;
  ms: StagesMs;
}

export interface DoorView {
  id: string;
  name: Words;
  building: string;
  unit: string | null;
  device: string;
  number: number;
  lock: "locked" | "unlocked" | "unknown";
  contact: "open" | "closed" | "unknown";
  mode: string;
  online: boolean | null;
  last: HubEvent | null;
}

export interface DeviceView {
  id: string;
  kind: "door" | "point" | "kiosk";
  state: "init" | "ready" | "sleeping" | "disconnected" | "lost" | "unknown";
  since: string | null;
  firmware: string | null;
  policy_want: string | null;
  policy_have: string | null;
  p50_ms: number | null;
  p95_ms: number | null;
}

export interface ConsoleView {
  site: Pick<Site, "site" | "name" | "time_zone">;
  doors: DoorView[];
  devices: DeviceView[];
  /** Whether the hub itself hears its broker. */
  broker?: boolean;
}

export interface EventPage {
  events: HubEvent[];
  next: number | null;
}

export interface PersonRow {
  id: string;
  name: string;
  house: string;
  phones: Phone[];
  cards: number;
}

export interface OneTimeCode {
  code: string;
  expires_at: string;
}

export interface StaffMember {
  name: string;
  role: string;
}

export interface TotpSetup {
  totp_uri: string;
  totp_secret: string;
}
