// Made from the hub's OpenAPI document by `python -m hub.api.typescript`; do not edit.

/** On what basis the station has taken the link into service, such as its letter. */
export interface AcceptAsked {
  basis: string;
}

/** The adoption file for the device. */
export interface Adopted {
  adoption: string;
}

/** A device's public identity and the fingerprint that a person read off the device. */
export interface AdoptionAsked {
  device: string;
  kind: string;
  ed25519: string;
  x25519: string;
  fingerprint: string;
}

/** An alert with its log, from the beginning. */
export interface AlertDetail {
  alert: AlertShown;
  log: LogLine[];
}

/** An alert: what, where, how grave, who was called, who answered. */
export interface AlertShown {
  id: string;
  kind: string;
  words: Words;
  cure: Words;
  severity: "minor" | "moderate" | "severe" | "extreme";
  state: "raised" | "escalating" | "acknowledged" | "closed";
  subject: string;
  name: Words;
  opened_at: string;
  last_at: string;
  times: number;
  acked_by: AnsweredBy[];
  /** In a roll call, who has not answered yet. */
  waiting_for: AnsweredBy[];
  step: number;
  steps: number;
  /** Outlets that were called so far. */
  called: string[];
  next_step_at: string | null;
  next_called: string[];
  closed_at: string | null;
  restricted: boolean;
}

/** Where an alert stands now. */
export interface AlertState {
  state: "raised" | "escalating" | "acknowledged" | "closed";
}

/** Alerts, the gravest first, or the closed ones from the newest; `next` continues these. */
export interface AlertsPage {
  alerts: AlertShown[];
  next: string | null;
  doors: DoorsWell;
  failing: OutletShown[];
  /** Whether this member is told of restricted alerts, too. */
  named: boolean;
}

/** What the card said to our response. */
export interface Answered {
  exchange: string;
  answer: string;
}

/** Who answered an alert. */
export interface AnsweredBy {
  by: string;
  name: string;
  /** When; none for who has not answered yet. */
  at: string | null;
}

/** A door let the visitor in. */
export interface Arrival {
  door: string;
  at: string;
  /** How often since then. */
  times: number;
}

/** The impact assessment, and the rates the site wants (shares of attempts). */
export interface AssessmentAsked {
  controller: string;
  contact: string;
  purpose: string;
  necessity: string;
  measures: string;
  assessed_by: string;
  strangers: number;
  claims: number;
  misses: number;
}

/** The assessment as it stands. */
export interface AssessmentShown {
  controller: string;
  contact: string;
  purpose: string;
  necessity: string;
  measures: string;
  assessed_by: string;
  assessed_at: string;
  strangers: number;
  claims: number;
  misses: number;
}

/** The newest self-audit of everybody who is enrolled. */
export interface AuditShown {
  made_at: string;
  model: string;
  people: number;
  judged: number;
  search: VerdictShown;
  claim: VerdictShown;
  look_alikes: LookAlikes[];
  plot: PlotShown;
}

/** How a part of the amount came about. */
export interface BillLine {
  text: Words;
  amount_fen: number;
}

/** A bill. */
export interface BillShown {
  id: string;
  kind: "property" | "water" | "power";
  period: string;
  amount_fen: number;
  due_on: string;
  lines: BillLine[];
  state: "open" | "pending" | "paid";
}

/** Whose bills. */
export type BillsAsked = BillsByCard | BillsByHouse;

/** Bills of whoever showed a card. */
export interface BillsByCard {
  card_session: string;
}

/** Bills of a house, for somebody who knows the phone's last digits. */
export interface BillsByHouse {
  house: string;
  phone_last4: string;
}

/** What somebody types once to reach the broker; the secret is not kept here. */
export interface BrokerLogin {
  host: string;
  port: number;
  user: string;
  secret: string;
}

/** What becomes of a call: the door shall open, or not now. */
export interface CallAnswered {
  answer: "open" | "not_now";
}

/** A call at a door; `answer` is null while it rings. */
export interface CallShown {
  id: string;
  door: string;
  door_name: Words | null;
  /** Whom it rings; null for the duty desk. */
  house: string | null;
  rang_at: string;
  until: string;
  answer: "open" | "not_now" | null;
}

/** The call is ours; whoever said "open" now opens this door in the ordinary way. */
export interface CallTaken {
  door: string;
}

/** Calls that ring now, or were answered within the last minute. */
export interface CallsShown {
  calls: CallShown[];
}

/** A camera of the hub's settings: its door's name where there is such a door, how it stands. */
export interface CameraShown {
  name: string;
  door: string;
  door_name: Words | null;
  state: "door_unknown" | "unused" | "starting" | "looking" | "silent" | "over";
  reason: string | null;
}

/** A card for a person; `replaces` is an older one of theirs, stopped in the same act. */
export interface CardAsked {
  uid: string;
  person: string;
  kind?: "ntag424" | "mifare" | "cpu" | "em4100" | "id_card";
  replaces?: string | null;
}

/** Kinds of new cards that anybody can copy, and which doors take such. */
export interface CardDoors {
  kinds: string[];
  doors: Words[];
  /** How many doors there are. */
  all: number;
}

/** Our half of the card's authentication, in hex. */
export interface CardExchange {
  exchange: string;
  response: string;
}

/** The card that the person has now; not fresh where it was theirs already. */
export interface CardGiven {
  given: string;
  fresh: boolean;
}

/** What the hub knows of a card that lies somewhere: nothing, ready, scrap, given, stopped. */
export interface CardKnown {
  state: "unknown" | "ready" | "scrap" | "given" | "stopped";
  card: string | null;
  kind: "ntag424" | "mifare" | "cpu" | "em4100" | "id_card" | null;
  assurance: "identifier" | "mutual" | null;
  person: string | null;
  person_name: string | null;
  house: string | null;
  issued_at: string | null;
}

/** A visit of a card holder; the name is masked before it leaves the hub. */
export interface CardSession {
  card_session: string;
  holder: string;
  house: string;
  elder: boolean;
}

/** A card by its id, never its number; `revocation` while it is blocked. */
export interface CardShown {
  id: string;
  person: string;
  person_name: string;
  house: string;
  issued_at: string;
  blocked_at: string | null;
  revocation: RevocationShown | null;
}

/** Cards that fit a query; without one, the lost ones, newest first; and ended phones. */
export interface CardsShown {
  cards: CardShown[];
  /** The newest ended ones that fit the query. */
  phones: PhoneEnded[];
}

/** A card's number and its challenge under slot 4, as the kiosk's reader heard them. */
export interface Challenged {
  uid: string;
  challenge: string;
}

/** The first sign-in of a staff member. */
export interface ClaimAsked {
  code: string;
  name: string;
  password: string;
}

/** A code with which one new member of staff comes in, once. */
export interface ClaimOffered {
  code: string;
  role: string;
  expires_at: string;
}

/** The second factor to put into an authenticator app. */
export interface Claimed {
  totp_uri: string;
  totp_secret: string;
}

/** How it ended, for those who come after. */
export interface CloseAsked {
  note: string;
}

/** A card holder wants to bring a phone in. */
export interface CodeAsked {
  card_session: string;
}

/** The pictures that were on the screen, by their hashes. */
export interface ConfirmAsked {
  seen: string[];
}

/** Agreed to this version of the notice, in this language, as it was shown. */
export interface ConsentAsked {
  notice: string;
  language: "zh-Hans" | "zh-Hant" | "en";
}

/** The consent that holds. */
export interface ConsentShown {
  given_at: string;
  notice: string;
  guardian: PersonNamed | null;
  turns_14_on: string | null;
  purpose: string;
}

/** All that the wall shows. */
export interface ConsoleShown {
  site: SiteNamed;
  doors: DoorShown[];
  devices: DeviceShown[];
  /** Whether the hub itself hears its broker. */
  broker: boolean;
}

/** What lies there: what its keys tell, and what the hub knows of it. */
export interface DeskCard {
  state: "unknown" | "ready" | "scrap" | "given" | "stopped";
  card: string | null;
  kind: "ntag424" | "mifare" | "cpu" | "em4100" | "id_card" | null;
  assurance: "identifier" | "mutual" | null;
  person: string | null;
  person_name: string | null;
  house: string | null;
  issued_at: string | null;
  lies: "number" | "foreign" | "blank" | "torn" | "ours" | "others";
  proven: boolean;
  /** A number of one of our cards, without its keys. */
  copy_of: boolean;
  /** The last four digits of its number. */
  tail: string;
}

/** At the desk also for a child, by its guardian. */
export interface DeskConsentAsked {
  notice: string;
  language: "zh-Hans" | "zh-Hant" | "en";
  guardian?: string | null;
  turns_14_on?: string | null;
}

/** Give the card that lies there; a blank is made ready first, an old card takes its kind. */
export interface DeskGive {
  card: string;
  person: string;
  kind?: "ntag424" | "mifare" | "cpu" | "em4100" | "id_card";
  replaces?: string | null;
}

/** The presence that the clerk sees. */
export interface DeskLook {
  card: string;
}

/** Open a desk with a second factor. */
export interface DeskOpened {
  otp: string;
}

/** An issuing desk: whether its reader is there, and which presence of a card lies on it. */
export interface DeskShown {
  id: string;
  online: boolean;
  reader: boolean;
  /** A name for this presence; no number of the card. */
  card: string | null;
  /** Until when this member may write keys there. */
  open_until: string | null;
}

/** All desks. */
export interface DesksShown {
  desks: DeskShown[];
}

/** A device; the policies of a door controller are told as epoch.number. */
export interface DeviceShown {
  id: string;
  kind: "door" | "point" | "kiosk" | "meter";
  state: "init" | "ready" | "sleeping" | "disconnected" | "lost" | "unknown";
  since: string | null;
  firmware: string;
  policy_want: string | null;
  policy_have: string | null;
  /** What staff should know, as reason codes, the gravest first; empty: all is well. */
  states: string[];
  p50_ms: number | null;
  p95_ms: number | null;
}

/** Something that staff should know of a device, and what to do. */
export interface DeviceState {
  device: string;
  state: string;
  cure: string;
}

/** A door's health; no trouble means well. */
export interface DoorHealthShown {
  door: string;
  name: Words;
  well: boolean;
  troubles: TroubleShown[];
}

/** ONVIF's words for what a door is told to be; Unknown is never commanded. */
export type DoorMode = "Locked" | "Unlocked" | "Blocked" | "LockedDown" | "LockedOpen";

/** A door on the wall; what is not known is said to be unknown. */
export interface DoorShown {
  id: string;
  name: Words;
  building: string;
  unit: string;
  kind: "perimeter" | "building" | "room";
  device: string;
  number: number;
  lock: "locked" | "unlocked" | "unknown";
  contact: "open" | "closed" | "unknown";
  mode: string;
  online: boolean | null;
  last: EventShown | null;
  latency: DoorTimesShown | null;
}

/** Granted openings of a door, from card or command to the strike, and stage by stage. */
export interface DoorTimesShown {
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  /** Openings since the hub's memory begins. */
  count: number;
  stages: Record<string, StageTimes>;
}

/** Every door's health. */
export interface DoorsHealth {
  checked_at: string | null;
  doors: DoorHealthShown[];
}

/** How many doors are well. */
export interface DoorsWell {
  all: number;
  well: number;
  checked_at: string | null;
}

/** A phone introduces itself with a one-time code. */
export interface EnrolmentAsked {
  code: string;
  jwk: { kty: "EC"; crv: "P-256"; x: string; y: string };
  label: string;
}

/** An incident entered by hand; the same key twice is one incident. */
export interface EnterAsked {
  key: string;
  kind: "forced" | "repeated" | "tailgate" | "fire" | "tamper";
  door: string;
  note?: string;
}

/** Something that happened; unknown members of the future are strings. */
export interface EventShown {
  n: number;
  at: string;
  recorded_at: string;
  kind: string;
  door: string | null;
  door_name: Words | null;
  outcome: "granted" | "refused" | "unknown" | null;
  reason: string | null;
  /** The person's id. */
  person: string | null;
  /** Only where it was asked for: the live stream names nobody. */
  person_name?: string | null;
  device: string;
  via: string | null;
  late: boolean;
  ms: Record<string, number>;
}

/** Events from the newest; `next` is the `before` of the page that follows. */
export interface EventsPage {
  events: EventShown[];
  next: number | null;
}

/** Whether and how a door takes faces. */
export interface FaceDoorAsked {
  mode: "off" | "claim" | "alone";
  zone?: string;
  purpose?: string;
  turn?: boolean;
}

/** A door: its mode, its equal other ways, and what the audit says of faces alone there. */
export interface FaceDoorShown {
  door: string;
  name: Words;
  mode: "off" | "claim" | "alone";
  zone: string;
  purpose: string;
  turn: boolean;
  ways: ("card" | "phone" | "pin")[];
  alone: "" | "waiting" | "allowed" | "refused";
  reason: string | null;
  people: number | null;
}

/** Why a face is forgotten. */
export interface FaceEndAsked {
  reason?: "withdrawn" | "moved" | "died" | "guardian" | "purpose";
}

/** The newest checks at all doors. */
export interface FaceLog {
  matches: FaceLogLine[];
}

/** One check, for staff. */
export interface FaceLogLine {
  at: string;
  door: Words;
  way: string;
  known: boolean;
  reason: string | null;
  person: PersonNamed | null;
}

/** One check at a door. */
export interface FaceMatch {
  at: string;
  door: Words;
  way: string;
  known: boolean;
  reason: string | null;
}

/** What is to be read before a consent. */
export interface FaceNotice {
  version: string;
  parts: NoticePart[];
}

/** A photo's day and how good it was; the photo itself is kept nowhere. */
export interface FacePhoto {
  day: string;
  quality: "clear" | "fair";
}

/** What is kept of one person's face. */
export interface FaceShown {
  person: PersonNamed;
  state: "absent" | "off" | "keys_elsewhere" | "starting" | "ready";
  consent: ConsentShown | null;
  photos: FacePhoto[];
  missing: ("photos" | "days")[];
  other_model: boolean;
  matches: FaceMatch[];
}

/** All of it on one page. */
export interface FacesShown {
  state: "absent" | "off" | "keys_elsewhere" | "starting" | "ready";
  missing: string[];
  assessment: AssessmentShown | null;
  enrolled: number;
  consents: number;
  other_model: number;
  incomplete: number;
  filing: Filing;
  audit: AuditShown | null;
  doors: FaceDoorShown[];
  cameras: CameraShown[];
  zones: string[];
}

/** How near the number of people is to the one from which a filing is due. */
export interface Filing {
  people: number;
  state: "below" | "near" | "due";
  near_from: number;
  due_from: number;
  working_days: number;
}

/** What a card holder may let visitors in at. */
export interface GuestsAsked {
  card_session: string;
}

/** The doors that a pass may name, and those of them where a code can be typed. */
export interface GuestsShown {
  doors: OwnDoor[];
  code_doors: OwnDoor[];
}

/** The hand-out list, as a file of this form and its signature. */
export interface HandoutsAsked {
  form?: "csv" | "json";
}

/** The file, its signature and the key set that verifies it. */
export interface HandoutsSigned {
  file: string;
  signature: string;
  keyset: string;
  rows: number;
}

/** Serve Home Assistant or no longer; a code of four to eight digits is asked before opening. */
export interface HomeAssistantAsked {
  enabled: boolean;
  code?: string;
  language?: string;
}

/** How Home Assistant is served; a login only where it is. */
export interface HomeAssistantServed {
  enabled: boolean;
  /** How many doors it may operate. */
  doors: number;
  login: BrokerLogin | null;
}

/** The new phones of the last month, newest first. */
export interface HouseholdPhones {
  phones: NewPhone[];
}

/** Undoing would overwrite these. */
export interface ImportLater {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  words: Words;
  cure: string;
  /** The member of the request that is wrong. */
  field?: string | null;
  later?: LaterShown[] | null;
}

/** An import and how far it has come. */
export interface ImportShown {
  id: string;
  file: string;
  by: string;
  at: string;
  state: "staging" | "applying" | "applied" | "undoing" | "undone" | "failed" | "settled";
  changes: number;
  done: number;
  counts: RowCounts;
}

/** The newest imports. */
export interface ImportsShown {
  imports: ImportShown[];
}

/** An incident with its log, from the beginning. */
export interface IncidentDetail {
  incident: IncidentShown;
  log: IncidentLine[];
  /** What can be compared by telephone. */
  pack_sha256: string | null;
}

/** A step of an incident. */
export interface IncidentLine {
  at: string;
  what: string;
  new: string;
  party: "reviewer" | "link" | "station" | "detector";
  name: string;
  number: number;
  simulated: boolean;
  detail: string;
}

/** An incident: what, where, who decides on it, how far it has come, what stands in its way. */
export interface IncidentShown {
  id: string;
  kind: "watch_list" | "repeated" | "tailgate" | "forced" | "duress" | "panic" | "fire" | "tamper";
  state: "detected" | "reviewing" | "confirmed" | "sent" | "acknowledged" | "handled" | "false_alarm";
  door: string;
  name: Words;
  source: "rule" | "staff" | "alert";
  restricted: boolean;
  detected_at: string;
  order: OrderShown | null;
  /** Who reviews or confirmed it; empty: nobody yet. */
  reviewer: string;
  /** Whether the asking member reviews it. */
  mine: boolean;
  confirmed_at: string | null;
  sent_at: string | null;
  /** Where it went, or will go; empty: nowhere. */
  station: string;
  /** The message's name to ask the station about. */
  message: string;
  /** No station has accepted this way: it is only played. */
  simulated: boolean;
  /** A reason code; empty where it gets through. */
  trouble: string;
  /** Whether something waits to be sent. */
  queued: boolean;
  owes_withdrawal: boolean;
  withdrawn: boolean;
  closed_at: string | null;
  pictures: PictureShown[];
}

/** Where an incident stands now. */
export interface IncidentState {
  id: string;
  state: "detected" | "reviewing" | "confirmed" | "sent" | "acknowledged" | "handled" | "false_alarm";
}

/** Open incidents, the oldest first, or closed ones, the newest first; `next` continues. */
export interface IncidentsPage {
  incidents: IncidentShown[];
  next: string | null;
  stations: StationShown[];
  may: Rights;
}

/** A household's bills; `lookup` lets this kiosk pay them. */
export interface KioskBills {
  lookup: string;
  /** Masked. */
  holder: string;
  house: string;
  bills: BillShown[];
}

/** A card holder answers a call that rings at this kiosk. */
export interface KioskCallAnswered {
  card_session: string;
}

/** A pass or a code made at a kiosk, by card. */
export interface KioskVisitAsked {
  label: string;
  doors: string[];
  begins?: string | null;
  ends: string;
  /** A courier's code to type at one door, for twelve hours at most. */
  typed?: boolean;
  /** Once in all, not at each door; the door must reach the hub. */
  strict?: boolean;
  /** At each door; more than one for codes, and for passes longer than a day. */
  uses?: number;
  card_session: string;
}

/** A row that changed after the import. */
export interface LaterShown {
  table: string;
  what: string;
  /** Empty when other rows point at it. */
  column: string;
}

/** A face of an order: through whose hands, and its picture's hash; never the picture. */
export interface ListedFace {
  listed_at: string;
  listed_by: string;
  sha256: string;
  other_model: boolean;
}

/** Lock down the site, or one building; or release it. */
export interface LockdownAsked {
  reason: string;
  otp: string;
  building?: string;
}

/** A lockdown in force. */
export interface LockdownBegun {
  id: string;
}

/** A lockdown in force; an empty building is the whole site. */
export interface LockdownShown {
  id: string;
  building: string;
  reason: string;
  begun_by: string;
  begun_at: string;
}

/** What is locked down now. */
export interface LockdownsShown {
  lockdowns: LockdownShown[];
}

/** Something that happened to an alert. */
export interface LogLine {
  at: string;
  what: string;
  name: string;
  detail: string;
}

/** Two residents whom the machine could take for one another. */
export interface LookAlikes {
  one: PersonNamed;
  other: PersonNamed;
}

/** What a file would change; nothing is written. */
export interface LookShown {
  id: string;
  file: string;
  counts: RowCounts;
  changes: number;
  tables: TableRead[];
  /** Sheets without a header. */
  without: string[];
  rows: RowRead[];
  problems: RowRead[];
  card_doors: CardDoors | null;
}

/** When a lost card was last surely had: a moment, or a word for it; without both a day. */
export interface LostAsked {
  last_had?: string | null;
  had?: "just_now" | "today" | "yesterday" | "days" | "unknown" | null;
}

/** One of these cards is lost. */
export interface LostCard {
  last_had?: string | null;
  had?: "just_now" | "today" | "yesterday" | "days" | "unknown" | null;
  lookup: string;
  card: string;
}

/** The cards of the household that this visit may look at. */
export interface LostCardsAsked {
  lookup: string;
}

/** Whose phone this is, and its doors. */
export interface Me {
  person: PersonNamed;
  phone: PhoneShown;
  doors: OwnDoor[];
}

/** A door's wanted mode, in ONVIF's words. */
export interface ModeAsked {
  mode: DoorMode;
  reason: string;
  otp: string;
}

/** A phone that came to the household after the one that asks. */
export interface NewPhone {
  id: string;
  label: string;
  enrolled_at: string;
  person: PersonNamed;
  /** The card that brought it in was reported lost then. */
  paused_at: string | null;
}

/** A single-use nonce for signing. */
export interface NonceShown {
  nonce: string;
  expires_at: string;
}

/** Why, for those who come after; it never leaves the hub. */
export interface NoteAsked {
  note: string;
}

/** A public notice: what, and when and where. */
export interface Notice {
  id: string;
  kind?: "exercise" | "meal" | "health" | "show" | "notice";
  title: NoticeWords;
  line: NoticeWords;
}

/** A heading with its text. */
export interface NoticePart {
  title: string;
  text: string;
}

/** A public notice: what, and when and where. */
export interface NoticeShown {
  id: string;
  kind: "exercise" | "meal" | "health" | "show" | "notice";
  title: Words;
  line: Words;
}

/** One text in the three languages. */
export interface NoticeWords {
  "zh-Hans": string;
  "zh-Hant": string;
  en: string;
}

/** All public notices, in the order of the screen. */
export interface NoticesAsked {
  notices: Notice[];
}

/** All public notices, in the order of the screen. */
export interface NoticesShown {
  notices: NoticeShown[];
}

/** A card by its number. */
export interface NumberAsked {
  uid: string;
}

/** Open a door from afar. */
export interface OpenAsked {
  reason: string;
  otp: string;
}

/** Which door shall open. */
export interface OpeningAsked {
  door: string;
}

/** The door did not open, or nobody knows; without `outcome` it was never asked. */
export interface OpeningProblem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  words: Words;
  cure: string;
  /** The member of the request that is wrong. */
  field?: string | null;
  opening?: string | null;
  outcome?: "refused" | "unknown" | null;
  reason?: string | null;
  ms?: Record<string, number> | null;
  repeat?: boolean | null;
}

/** The door opened; `repeat` says that these very bytes were answered before. */
export interface OpeningTold {
  opening: string;
  outcome: "opened";
  reason: string;
  ms: Record<string, number>;
  repeat: boolean;
}

/** An order of an authority, for so many days from now on. */
export interface OperatorOrderAsked {
  passers_a_day: number;
  alarms_a_day: number;
  authority: string;
  basis: string;
  days: number;
}

/** The order under which somebody was looked for. */
export interface OrderShown {
  authority: string;
  basis: string;
  ends_at: string;
}

/** An outlet that does not get messages through. */
export interface OutletShown {
  id: string;
  kind: string;
  failing_since: string;
  fault: string;
}

/** Open alerts for which this resident is responsible. */
export interface OwnAlerts {
  alerts: AlertShown[];
  /** Whether any policy names this resident: others need not ask again soon. */
  responsible: boolean;
}

/** A card of one's household, and how many doors have forgotten it. */
export interface OwnCard {
  id: string;
  holder: string;
  mine: boolean;
  issued_at: string;
  blocked_at: string | null;
  told: boolean;
  doors_total: number;
  doors_gone: number;
  still_known: Words[];
}

/** The cards of one's household; on a kiosk the holders are masked. */
export interface OwnCards {
  cards: OwnCard[];
}

/** A door that this phone may ask for. */
export interface OwnDoor {
  id: string;
  name: Words;
  building: string;
  kind: "perimeter" | "building" | "room";
}

/** Something that the resident did at a door. */
export interface OwnEvent {
  n: number;
  at: string;
  door_name: Words | null;
  outcome: "opened" | "refused" | "unknown";
  reason: string | null;
  /** Why, in plain words. */
  words: Words;
  via: string | null;
  opening: string | null;
}

/** A resident's own events, the newest first. */
export interface OwnHistory {
  events: OwnEvent[];
}

/** A wish to pay a bill under an id that the kiosk made. */
export interface PaymentAsked {
  id: string;
  bill: string;
  lookup: string;
}

/** A payment as its kiosk may see it. */
export interface PaymentShown {
  id: string;
  bill: string;
  state: "created" | "pending" | "paid" | "closed" | "suspense";
  amount_fen: number;
  code_url: string | null;
  expires_at: string;
  receipt: Receipt | null;
}

/** Residents that fit a query. */
export interface PeopleShown {
  people: PersonShown[];
}

/** A person by name. */
export interface PersonNamed {
  name: string;
}

/** A person as a row names them. */
export interface PersonRead {
  name: string;
  relation: string;
  card: boolean;
}

/** A resident with the phones in use and the number of cards. */
export interface PersonShown {
  id: string;
  name: string;
  /** Empty for somebody without one. */
  house: string;
  phones: UsedPhone[];
  cards: number;
}

/** A one-time code for a phone; shown once, kept only as a mark. */
export interface PhoneCode {
  code: string;
  expires_at: string;
}

/** A phone that opens nothing any more; no door ever knew it, so it ended at once. */
export interface PhoneEnded {
  id: string;
  person_name: string;
  house: string;
  label: string;
  ended_at: string;
  by: "staff" | "phone" | "kiosk" | "recall";
}

/** An enrolled phone. */
export interface PhoneShown {
  id: string;
  label: string;
  enrolled_at: string;
}

/** A picture of an incident, asked for by its number. */
export interface PictureShown {
  n: number;
  role: "scene" | "listed";
  taken_at: string;
  sha256: string;
  /** Deleted, as the rules want; its hash stays. */
  gone: boolean;
}

/** A PIN of six to eight digits, and perhaps one to type under duress. */
export interface PinAsked {
  pin: string;
  duress?: string | null;
}

/** A place on a scale of a thousand without a unit, and the share at or below it (0 to 1). */
export interface PlotPoint {
  at: number;
  share: number;
}

/** Two curves and the threshold on their scale. */
export interface PlotShown {
  strangers: PlotPoint[];
  genuine: PlotPoint[];
  threshold: number | null;
}

/** Why not (RFC 9457): a stable reason code, words for people, the cure for staff. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  words: Words;
  cure: string;
  /** The member of the request that is wrong. */
  field?: string | null;
}

/** Proof of a payment. */
export interface Receipt {
  number: string;
  paid_at: string;
  amount_fen: number;
  bill: string;
  house: string;
  provider_ref: string | null;
}

/** A relay on MQTT for a door; `settings` are those of its URL, each as NAME=VALUE. */
export interface RelayAsked {
  id: string;
  door: string;
  dialect: string;
  topic: string;
  settings?: string[];
}

/** Both logins of a relay, and the line for the controller's device.toml. */
export interface RelayAssigned {
  /** Typed into the device. */
  relay: BrokerLogin;
  /** Its secret becomes a file of the controller's data folder. */
  strike: BrokerLogin;
  /** The controller. */
  device: string;
  url: string;
}

/** Why nobody waits for a device after a restore. */
export interface ReleaseAsked {
  reason: string;
}

/** Keep a scope for so many days (null: for ever); `run` forgets at once what is too old. */
export interface RetentionAsked {
  scope?: string;
  days?: number | null;
  run?: boolean;
}

/** How long a scope is kept, and how many rows the rule has forgotten. */
export interface RetentionRule {
  scope: string;
  days: number;
  forgotten: number;
}

/** All rules, and what was forgotten just now. */
export interface RetentionShown {
  rules: RetentionRule[];
  forgotten: number;
}

/** A door that knew a card: gone after so many seconds, or why it still knows it. */
export interface RevocationDoor {
  id: string;
  name: Words;
  device: string;
  online: boolean | null;
  /** From the wish to the door's signed receipt, by the hub's clock. */
  gone_after_s: number | null;
  offline_since: string | null;
  /** A reason code: the controller could not take the newer list. */
  refused: string | null;
}

/** How far a lost card is forgotten; `told` when every door that knew it is listed. */
export interface RevocationShown {
  id: string;
  by: "staff" | "phone" | "kiosk" | "recall";
  asked_at: string;
  told: boolean;
  doors: RevocationDoor[];
}

/** What the asking member may do here. */
export interface Rights {
  review: boolean;
  export: boolean;
  accept: boolean;
}

/** What the new member may do. */
export interface RoleAsked {
  role: string;
}

/** Some rows of one kind. */
export interface RosterAsked {
  kind: string;
  rows: Record<string, unknown>[];
}

/** Rows of a sheet by what becomes of them. */
export interface RowCounts {
  new: number;
  changed: number;
  same: number;
  error: number;
}

/** Why a row is not taken. */
export interface RowProblem {
  code: string;
  column: Words | null;
  words: Words;
}

/** A row as it was understood. */
export interface RowRead {
  sheet: string;
  line: number;
  status: "new" | "changed" | "same" | "error";
  house: string;
  people: PersonRead[];
  door: string;
  /** Whom a new door opens for at first. */
  opens: Words | null;
  problems: RowProblem[];
}

/** How many rows were taken in. */
export interface RowsLoaded {
  rows: number;
}

/** An access rule that speaks of somebody at a door. */
export interface RuleShown {
  id: string;
  subject_kind: string;
  subject: string;
  schedule: string | null;
  valid_from: string | null;
  valid_to: string | null;
  deny: boolean;
}

/** Both factors. */
export interface SignInAsked {
  name: string;
  password: string;
  otp: string;
}

/** The site, and its time now. */
export interface Site {
  site: string;
  name: Words;
  time_zone: string;
  now: string;
  demo: boolean;
}

/** The site as the console's head shows it. */
export interface SiteNamed {
  site: string;
  name: Words;
  time_zone: string;
}

/** How long a stage took: half, 95 and 99 of a hundred of the newest openings were faster. */
export interface StageTimes {
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
}

/** How many devices there are, and what is to be known of them. */
export interface StatesShown {
  devices: number;
  states: DeviceState[];
}

/** A station of hub.toml, and whether it has accepted the way to it. */
export interface StationShown {
  id: string;
  kind: "dc09" | "webhook" | "cap";
  accepted_at: string | null;
  accepted_by: string;
  basis: string;
  failing_since: string | null;
  trouble: string;
}

/** Whether a station's link counts as accepted now. */
export interface StationState {
  accepted: boolean;
}

/** A card was made ready, or is scrap for this reason. */
export interface StockAsked {
  uid: string;
  scrap?: string;
}

/** A sheet in which a header was found. */
export interface TableRead {
  sheet: string;
  header_line: number;
  /** The columns that were understood. */
  columns: Words[];
  /** Headings that nobody asked for. */
  left: string[];
}

/** What is wrong with a door, since when, and what to do. */
export interface TroubleShown {
  kind: string;
  words: Words;
  cure: Words;
  since: string | null;
}

/** Why a card that was lost may be trusted again. */
export interface UnblockAsked {
  reason: string;
}

/** The job has begun; its progress stands in the list of imports. */
export interface UndoBegun {
  state: "staging" | "applying" | "applied" | "undoing" | "undone" | "failed" | "settled";
  changes: number;
}

/** A phone as the desk sees it; `paused` with the lost card that brought it in. */
export interface UsedPhone {
  id: string;
  label: string;
  enrolled_at: string;
  paused: boolean;
}

/** What a way of using faces brings; shares of attempts, null where nobody can tell yet. */
export interface VerdictShown {
  refused: string | null;
  predicted: number | null;
  missed: number | null;
  wrong: number | null;
}

/** Somebody shall be let in; without `begins` from now on. */
export interface VisitAsked {
  label: string;
  doors: string[];
  begins?: string | null;
  ends: string;
  /** A courier's code to type at one door, for twelve hours at most. */
  typed?: boolean;
  /** Once in all, not at each door; the door must reach the hub. */
  strict?: boolean;
  /** At each door; more than one for codes, and for passes longer than a day. */
  uses?: number;
}

/** A pass as whoever made it sees it. */
export interface VisitShown {
  id: string;
  /** Empty for the desk where a resident chose it. */
  label: string;
  doors: OwnDoor[];
  begins: string;
  ends: string;
  came: Arrival[];
  state: "expected" | "came" | "over" | "revoked";
  strict: boolean;
  uses: number;
  /** Whether its doors must ask the hub before they open. */
  online: boolean;
  /** What is typed at the door; null where text is, or when it opens nothing. */
  code: string | null;
  /** Of a code, whether its door has said that it holds it; null of a pass. */
  reached: boolean | null;
  /** The signed pass, what a door's scanner reads; null when it can open nothing any more, and for the desk where a resident made it. */
  text: string | null;
}

/** Passes of a week, the newest first, and the doors that a pass may name. */
export interface VisitsShown {
  visits: VisitShown[];
  doors: OwnDoor[];
  /** Those of them where a code can be typed. */
  code_doors: OwnDoor[];
}

/** What a full list of `faces` costs by the residents' own measurement. */
export interface WatchCost {
  expected_a_day: number;
  faces: number;
}

/** How many people pass in a day, and how many false alarms a day people will look at. */
export interface WatchCostAsked {
  passers_a_day: number;
  alarms_a_day: number;
}

/** A second factor. */
export interface WatchFactorAsked {
  otp: string;
}

/** An order. `resting`: in force, but what it was agreed to cost cannot be measured now. `expected_a_day`: false alarms of a full list as measured when it was entered; `expected_now`: by the audit that stands. `mine`: the asking member had a hand in it, and so cannot approve it. */
export interface WatchOrder {
  id: string;
  state: "waiting" | "in_force" | "resting" | "ended";
  authority: string;
  basis: string;
  from_at: string;
  to_at: string;
  passers_a_day: number;
  alarms_a_day: number;
  expected_a_day: number;
  expected_now: number | null;
  entered_by: string;
  entered_at: string;
  approved_by: string | null;
  approved_at: string | null;
  ended_at: string | null;
  mine: boolean;
  faces: ListedFace[];
  hits: number;
  false_alarms: number;
}

/** The same by a member of staff, with a second factor. */
export interface WatchOrderAsked {
  passers_a_day: number;
  alarms_a_day: number;
  authority: string;
  basis: string;
  days: number;
  otp: string;
}

/** Every open order and the newest ended ones; `refused`: why none can be entered now. */
export interface WatchShown {
  refused: string | null;
  faces_most: number;
  faces_free: number;
  days_most: number;
  orders: WatchOrder[];
}

/** A door that opens for a number that anybody can copy, and for how many such cards. */
export interface WeakDoor {
  id: string;
  name: Words;
  kind: string;
  device: string;
  /** Whether it asks for a PIN beside the number, always. */
  pin: boolean;
  /** Only in some hours of its plan. */
  sometimes: boolean;
  /** Old cards of people whom a rule of this door names. */
  cards: number;
}

/** Doors that still accept cards anybody can copy, and how many such cards are about. */
export interface WeakDoors {
  doors: WeakDoor[];
  /** Cards in use by kind. */
  cards: Record<string, number>;
  /** Cards that bear our keys and that nobody has yet. */
  ready: number;
  scrap: number;
}

/** A staff member in a session. */
export interface WhoAmI {
  name: string;
  role: string;
}

/** Why a door answered as it did, and what it would answer now. */
export interface Why {
  event: EventShown;
  code: string;
  /** What the resident heard. */
  words: Words;
  cure: string;
  /** The revision in force then, as far as the door's receipts tell. */
  policy: string | null;
  /** Today's rules of this door that speak of the person. */
  rules: RuleShown[];
  /** The reason code that the same person would get now; null when nobody was recognised. */
  now: string | null;
}

/** One text in the three languages; zh-Hans is the source. */
export interface Words {
  "zh-Hans": string;
  "zh-Hant": string;
  en: string;
}

/** Every operation of the API by its id: `body` goes up, `answer` comes back. */
export interface Operations {
  acceptStation: {
    method: "POST";
    path: `/api/v1/stations/${string}/accept`;
    body: AcceptAsked;
    answer: StationState;
  };
  acknowledgeAlert: {
    method: "POST";
    path: `/api/v1/alerts/${string}/acknowledge`;
    body: undefined;
    answer: AlertState;
  };
  acknowledgeOwnAlert: {
    method: "POST";
    path: `/api/v1/me/alerts/${string}/acknowledge`;
    body: undefined;
    answer: AlertState;
  };
  addFacePhoto: {
    method: "POST";
    path: `/api/v1/people/${string}/face/photos`;
    body: undefined;
    answer: FaceShown;
  };
  addFacePhotoByOperator: {
    method: "POST";
    path: `/api/v1/operator/people/${string}/face/photos`;
    body: undefined;
    answer: FaceShown;
  };
  adoptDevice: {
    method: "POST";
    path: "/api/v1/operator/devices";
    body: AdoptionAsked;
    answer: Adopted;
  };
  answerCall: {
    method: "POST";
    path: `/api/v1/calls/${string}/answer`;
    body: CallAnswered;
    answer: CallTaken;
  };
  answerCard: {
    method: "POST";
    path: "/api/v1/kiosk/cards/answer";
    body: Answered;
    answer: CardSession;
  };
  answerMyCall: {
    method: "POST";
    path: `/api/v1/me/calls/${string}/answer`;
    body: CallAnswered;
    answer: CallTaken;
  };
  applySheet: {
    method: "POST";
    path: `/api/v1/imports/${string}/apply`;
    body: undefined;
    answer: UndoBegun;
  };
  approveWatchOrder: {
    method: "POST";
    path: `/api/v1/faces/watch/${string}/approve`;
    body: WatchFactorAsked;
    answer: WatchShown;
  };
  assessFaces: {
    method: "PUT";
    path: "/api/v1/faces/assessment";
    body: AssessmentAsked;
    answer: FacesShown;
  };
  assignRelay: {
    method: "POST";
    path: "/api/v1/operator/relays";
    body: RelayAsked;
    answer: RelayAssigned;
  };
  auditFaces: {
    method: "POST";
    path: "/api/v1/operator/faces/audit";
    body: undefined;
    answer: FacesShown;
  };
  beginLockdown: {
    method: "POST";
    path: "/api/v1/lockdown";
    body: LockdownAsked;
    answer: LockdownBegun;
  };
  beginPayment: {
    method: "POST";
    path: "/api/v1/payments";
    body: PaymentAsked;
    answer: PaymentShown;
  };
  blockCard: {
    method: "POST";
    path: `/api/v1/cards/${string}/block`;
    body: LostAsked;
    answer: CardShown;
  };
  blockCardByOperator: {
    method: "POST";
    path: `/api/v1/operator/cards/${string}/block`;
    body: undefined;
    answer: null;
  };
  blockKioskCard: {
    method: "POST";
    path: "/api/v1/kiosk/lost-cards/block";
    body: LostCard;
    answer: OwnCards;
  };
  blockMyCard: {
    method: "POST";
    path: `/api/v1/me/cards/${string}/block`;
    body: LostAsked;
    answer: OwnCard;
  };
  challengeCard: {
    method: "POST";
    path: "/api/v1/kiosk/cards/challenge";
    body: Challenged;
    answer: CardExchange;
  };
  changeDoorMode: {
    method: "PUT";
    path: `/api/v1/doors/${string}/mode`;
    body: ModeAsked;
    answer: null;
  };
  chooseHomeAssistant: {
    method: "POST";
    path: "/api/v1/operator/home-assistant";
    body: HomeAssistantAsked;
    answer: HomeAssistantServed;
  };
  claimStaff: {
    method: "POST";
    path: "/api/v1/staff/claim";
    body: ClaimAsked;
    answer: Claimed;
  };
  closeAlert: {
    method: "POST";
    path: `/api/v1/alerts/${string}/close`;
    body: CloseAsked;
    answer: AlertState;
  };
  closePayment: {
    method: "POST";
    path: `/api/v1/payments/${string}/close`;
    body: undefined;
    answer: PaymentShown;
  };
  confirmHouseholdPhone: {
    method: "POST";
    path: `/api/v1/me/household/phones/${string}/confirm`;
    body: undefined;
    answer: null;
  };
  confirmIncident: {
    method: "POST";
    path: `/api/v1/incidents/${string}/confirm`;
    body: ConfirmAsked;
    answer: IncidentState;
  };
  confirmPhone: {
    method: "POST";
    path: `/api/v1/phones/${string}/confirm`;
    body: undefined;
    answer: null;
  };
  consentFace: {
    method: "POST";
    path: `/api/v1/people/${string}/face/consent`;
    body: DeskConsentAsked;
    answer: FaceShown;
  };
  consentMyFace: {
    method: "POST";
    path: "/api/v1/me/face/consent";
    body: ConsentAsked;
    answer: FaceShown;
  };
  costWatchOrder: {
    method: "POST";
    path: "/api/v1/faces/watch/cost";
    body: WatchCostAsked;
    answer: WatchCost;
  };
  costWatchOrderByOperator: {
    method: "POST";
    path: "/api/v1/operator/faces/watch/cost";
    body: WatchCostAsked;
    answer: WatchCost;
  };
  declineKioskCall: {
    method: "POST";
    path: `/api/v1/kiosk/calls/${string}/decline`;
    body: KioskCallAnswered;
    answer: CallTaken;
  };
  dismissIncident: {
    method: "POST";
    path: `/api/v1/incidents/${string}/dismiss`;
    body: NoteAsked;
    answer: IncidentState;
  };
  endHouseholdPhone: {
    method: "POST";
    path: `/api/v1/me/household/phones/${string}/end`;
    body: undefined;
    answer: null;
  };
  endLockdown: {
    method: "POST";
    path: "/api/v1/lockdown/release";
    body: LockdownAsked;
    answer: null;
  };
  endMember: {
    method: "POST";
    path: `/api/v1/operator/staff/${string}/end`;
    body: undefined;
    answer: null;
  };
  endMyVisit: {
    method: "DELETE";
    path: `/api/v1/me/visits/${string}`;
    body: undefined;
    answer: null;
  };
  endStation: {
    method: "POST";
    path: `/api/v1/stations/${string}/end`;
    body: undefined;
    answer: StationState;
  };
  endWatchOrder: {
    method: "POST";
    path: `/api/v1/faces/watch/${string}/end`;
    body: undefined;
    answer: WatchShown;
  };
  endWatchOrderByOperator: {
    method: "POST";
    path: `/api/v1/operator/faces/watch/${string}/end`;
    body: undefined;
    answer: WatchShown;
  };
  enrolPhone: {
    method: "POST";
    path: "/api/v1/phones";
    body: EnrolmentAsked;
    answer: Me;
  };
  enterIncident: {
    method: "POST";
    path: "/api/v1/incidents";
    body: EnterAsked;
    answer: IncidentState;
  };
  enterWatchOrder: {
    method: "POST";
    path: "/api/v1/faces/watch";
    body: WatchOrderAsked;
    answer: WatchShown;
  };
  enterWatchOrderByOperator: {
    method: "POST";
    path: "/api/v1/operator/faces/watch/orders";
    body: OperatorOrderAsked;
    answer: WatchShown;
  };
  explainEvent: {
    method: "GET";
    path: `/api/v1/events/${string}/why`;
    body: undefined;
    answer: Why;
  };
  findCardByNumber: {
    method: "POST";
    path: "/api/v1/operator/cards/found";
    body: NumberAsked;
    answer: CardKnown;
  };
  findCards: {
    method: "GET";
    path: "/api/v1/cards" | `/api/v1/cards?${string}`;
    body: undefined;
    answer: CardsShown;
  };
  findPeople: {
    method: "GET";
    path: "/api/v1/people" | `/api/v1/people?${string}`;
    body: undefined;
    answer: PeopleShown;
  };
  forgetFace: {
    method: "POST";
    path: `/api/v1/people/${string}/face/forget`;
    body: FaceEndAsked;
    answer: FaceShown;
  };
  forgetFaceByOperator: {
    method: "POST";
    path: `/api/v1/operator/people/${string}/face/forget`;
    body: FaceEndAsked;
    answer: FaceShown;
  };
  forgetMyFace: {
    method: "DELETE";
    path: "/api/v1/me/face";
    body: undefined;
    answer: null;
  };
  giveCard: {
    method: "POST";
    path: `/api/v1/desks/${string}/give`;
    body: DeskGive;
    answer: DeskCard;
  };
  handleIncident: {
    method: "POST";
    path: `/api/v1/incidents/${string}/handle`;
    body: NoteAsked;
    answer: IncidentState;
  };
  inviteVisitor: {
    method: "POST";
    path: "/api/v1/me/visits";
    body: VisitAsked;
    answer: VisitShown;
  };
  issueCard: {
    method: "POST";
    path: "/api/v1/operator/cards";
    body: CardAsked;
    answer: CardGiven;
  };
  issueKioskVisit: {
    method: "POST";
    path: "/api/v1/kiosk/visits";
    body: KioskVisitAsked;
    answer: VisitShown;
  };
  issuePhoneCode: {
    method: "POST";
    path: `/api/v1/people/${string}/phone-codes`;
    body: undefined;
    answer: PhoneCode;
  };
  issuePhoneCodeByCard: {
    method: "POST";
    path: "/api/v1/kiosk/phone-codes";
    body: CodeAsked;
    answer: PhoneCode;
  };
  issuePhoneCodeByOperator: {
    method: "POST";
    path: `/api/v1/operator/people/${string}/phone-codes`;
    body: undefined;
    answer: PhoneCode;
  };
  issueVisit: {
    method: "POST";
    path: `/api/v1/people/${string}/visits`;
    body: VisitAsked;
    answer: VisitShown;
  };
  keepLog: {
    method: "POST";
    path: "/api/v1/operator/retention";
    body: RetentionAsked;
    answer: RetentionShown;
  };
  leavePhone: {
    method: "DELETE";
    path: "/api/v1/me/phone";
    body: undefined;
    answer: null;
  };
  listAlerts: {
    method: "GET";
    path: "/api/v1/alerts" | `/api/v1/alerts?${string}`;
    body: undefined;
    answer: AlertsPage;
  };
  listCalls: {
    method: "GET";
    path: "/api/v1/calls";
    body: undefined;
    answer: CallsShown;
  };
  listEvents: {
    method: "GET";
    path: "/api/v1/events" | `/api/v1/events?${string}`;
    body: undefined;
    answer: EventsPage;
  };
  listHandouts: {
    method: "GET";
    path: "/api/v1/card-handouts" | `/api/v1/card-handouts?${string}`;
    body: undefined;
    answer: HandoutsSigned;
  };
  listHandoutsByOperator: {
    method: "POST";
    path: "/api/v1/operator/cards/handouts";
    body: HandoutsAsked;
    answer: HandoutsSigned;
  };
  listImports: {
    method: "GET";
    path: "/api/v1/imports";
    body: undefined;
    answer: ImportsShown;
  };
  listIncidents: {
    method: "GET";
    path: "/api/v1/incidents" | `/api/v1/incidents?${string}`;
    body: undefined;
    answer: IncidentsPage;
  };
  listKioskCalls: {
    method: "GET";
    path: "/api/v1/kiosk/calls" | `/api/v1/kiosk/calls?${string}`;
    body: undefined;
    answer: CallsShown;
  };
  listMyCalls: {
    method: "GET";
    path: "/api/v1/me/calls" | `/api/v1/me/calls?${string}`;
    body: undefined;
    answer: CallsShown;
  };
  listMyVisits: {
    method: "GET";
    path: "/api/v1/me/visits";
    body: undefined;
    answer: VisitsShown;
  };
  listOwnAlerts: {
    method: "GET";
    path: "/api/v1/me/alerts";
    body: undefined;
    answer: OwnAlerts;
  };
  listStates: {
    method: "POST";
    path: "/api/v1/operator/states";
    body: undefined;
    answer: StatesShown;
  };
  listVisits: {
    method: "GET";
    path: `/api/v1/people/${string}/visits`;
    body: undefined;
    answer: VisitsShown;
  };
  listWatchFace: {
    method: "POST";
    path: `/api/v1/faces/watch/${string}/faces`;
    body: undefined;
    answer: WatchShown;
  };
  listWatchFaceByOperator: {
    method: "POST";
    path: `/api/v1/operator/faces/watch/${string}/faces`;
    body: undefined;
    answer: WatchShown;
  };
  loadRoster: {
    method: "POST";
    path: "/api/v1/operator/roster";
    body: RosterAsked;
    answer: RowsLoaded;
  };
  lookAtCard: {
    method: "POST";
    path: `/api/v1/desks/${string}/look`;
    body: DeskLook;
    answer: DeskCard;
  };
  lookAtSheet: {
    method: "POST";
    path: "/api/v1/imports" | `/api/v1/imports?${string}`;
    body: undefined;
    answer: LookShown;
  };
  lookUpBills: {
    method: "POST";
    path: "/api/v1/kiosk/bills";
    body: BillsAsked;
    answer: KioskBills;
  };
  makeCardReady: {
    method: "POST";
    path: `/api/v1/desks/${string}/ready`;
    body: DeskLook;
    answer: DeskCard;
  };
  offerClaim: {
    method: "POST";
    path: "/api/v1/operator/staff/claims";
    body: RoleAsked;
    answer: ClaimOffered;
  };
  openDesk: {
    method: "POST";
    path: `/api/v1/desks/${string}/open`;
    body: DeskOpened;
    answer: DesksShown;
  };
  openDoor: {
    method: "POST";
    path: "/api/v1/openings";
    body: OpeningAsked;
    answer: OpeningTold;
  };
  openDoorByStaff: {
    method: "POST";
    path: `/api/v1/doors/${string}/open`;
    body: OpenAsked;
    answer: OpeningTold;
  };
  openKioskCall: {
    method: "POST";
    path: `/api/v1/kiosk/calls/${string}/open`;
    body: KioskCallAnswered;
    answer: OpeningTold;
  };
  postNotices: {
    method: "POST";
    path: "/api/v1/operator/notices";
    body: NoticesAsked;
    answer: null;
  };
  pushPicture: {
    method: "PUT";
    path: `/api/v1/cameras/${string}/picture`;
    body: undefined;
    answer: null;
  };
  raiseAlert: {
    method: "POST";
    path: `/api/v1/alerts/${string}/incident`;
    body: undefined;
    answer: IncidentState;
  };
  readAlert: {
    method: "GET";
    path: `/api/v1/alerts/${string}`;
    body: undefined;
    answer: AlertDetail;
  };
  readCard: {
    method: "GET";
    path: `/api/v1/cards/${string}`;
    body: undefined;
    answer: CardShown;
  };
  readConsole: {
    method: "GET";
    path: "/api/v1/console";
    body: undefined;
    answer: ConsoleShown;
  };
  readDesks: {
    method: "GET";
    path: "/api/v1/desks";
    body: undefined;
    answer: DesksShown;
  };
  readDoorHealth: {
    method: "GET";
    path: "/api/v1/door-health";
    body: undefined;
    answer: DoorsHealth;
  };
  readDoorTimeline: {
    method: "GET";
    path: `/api/v1/doors/${string}/timeline` | `/api/v1/doors/${string}/timeline?${string}`;
    body: undefined;
    answer: EventsPage;
  };
  readFace: {
    method: "GET";
    path: `/api/v1/people/${string}/face`;
    body: undefined;
    answer: FaceShown;
  };
  readFaceLog: {
    method: "GET";
    path: "/api/v1/faces/log";
    body: undefined;
    answer: FaceLog;
  };
  readFaceNotice: {
    method: "GET";
    path: `/api/v1/faces/notice/${string}`;
    body: undefined;
    answer: FaceNotice;
  };
  readFaces: {
    method: "GET";
    path: "/api/v1/faces";
    body: undefined;
    answer: FacesShown;
  };
  readFacesByOperator: {
    method: "POST";
    path: "/api/v1/operator/faces";
    body: undefined;
    answer: FacesShown;
  };
  readHouseholdPhones: {
    method: "GET";
    path: "/api/v1/me/household/phones";
    body: undefined;
    answer: HouseholdPhones;
  };
  readIncident: {
    method: "GET";
    path: `/api/v1/incidents/${string}`;
    body: undefined;
    answer: IncidentDetail;
  };
  readKioskCards: {
    method: "POST";
    path: "/api/v1/kiosk/lost-cards";
    body: LostCardsAsked;
    answer: OwnCards;
  };
  readKioskGuests: {
    method: "POST";
    path: "/api/v1/kiosk/guests";
    body: GuestsAsked;
    answer: GuestsShown;
  };
  readLockdowns: {
    method: "GET";
    path: "/api/v1/lockdown";
    body: undefined;
    answer: LockdownsShown;
  };
  readMe: {
    method: "GET";
    path: "/api/v1/me";
    body: undefined;
    answer: Me;
  };
  readMember: {
    method: "GET";
    path: "/api/v1/staff/me";
    body: undefined;
    answer: WhoAmI;
  };
  readMyCards: {
    method: "GET";
    path: "/api/v1/me/cards";
    body: undefined;
    answer: OwnCards;
  };
  readMyFace: {
    method: "GET";
    path: "/api/v1/me/face";
    body: undefined;
    answer: FaceShown;
  };
  readMyFaceNotice: {
    method: "GET";
    path: `/api/v1/me/face/notice/${string}`;
    body: undefined;
    answer: FaceNotice;
  };
  readNonce: {
    method: "GET";
    path: `/api/v1/nonce?${string}`;
    body: undefined;
    answer: NonceShown;
  };
  readNotices: {
    method: "GET";
    path: "/api/v1/notices";
    body: undefined;
    answer: NoticesShown;
  };
  readOwnHistory: {
    method: "GET";
    path: "/api/v1/me/history";
    body: undefined;
    answer: OwnHistory;
  };
  readPayment: {
    method: "GET";
    path: `/api/v1/payments/${string}`;
    body: undefined;
    answer: PaymentShown;
  };
  readPersonTimeline: {
    method: "GET";
    path: `/api/v1/people/${string}/timeline` | `/api/v1/people/${string}/timeline?${string}`;
    body: undefined;
    answer: EventsPage;
  };
  readSite: {
    method: "GET";
    path: "/api/v1/site";
    body: undefined;
    answer: Site;
  };
  readWatchList: {
    method: "GET";
    path: "/api/v1/faces/watch";
    body: undefined;
    answer: WatchShown;
  };
  readWatchListByOperator: {
    method: "POST";
    path: "/api/v1/operator/faces/watch";
    body: undefined;
    answer: WatchShown;
  };
  releaseRecall: {
    method: "POST";
    path: `/api/v1/operator/recalls/${string}/release`;
    body: ReleaseAsked;
    answer: null;
  };
  removePin: {
    method: "DELETE";
    path: `/api/v1/people/${string}/pin`;
    body: undefined;
    answer: null;
  };
  renewFaces: {
    method: "POST";
    path: "/api/v1/operator/faces/renew";
    body: undefined;
    answer: FacesShown;
  };
  reportWeakDoors: {
    method: "GET";
    path: "/api/v1/card-report";
    body: undefined;
    answer: WeakDoors;
  };
  reportWeakDoorsByOperator: {
    method: "POST";
    path: "/api/v1/operator/cards/report";
    body: undefined;
    answer: WeakDoors;
  };
  revokePhone: {
    method: "POST";
    path: `/api/v1/phones/${string}/revoke`;
    body: undefined;
    answer: null;
  };
  revokeVisit: {
    method: "POST";
    path: `/api/v1/visits/${string}/revoke`;
    body: undefined;
    answer: null;
  };
  sendIncidentAgain: {
    method: "POST";
    path: `/api/v1/incidents/${string}/send`;
    body: undefined;
    answer: IncidentState;
  };
  setFaceDoor: {
    method: "PUT";
    path: `/api/v1/faces/doors/${string}`;
    body: FaceDoorAsked;
    answer: FacesShown;
  };
  setOwnPin: {
    method: "PUT";
    path: "/api/v1/me/pin";
    body: PinAsked;
    answer: null;
  };
  setPin: {
    method: "PUT";
    path: `/api/v1/people/${string}/pin`;
    body: PinAsked;
    answer: null;
  };
  signIn: {
    method: "POST";
    path: "/api/v1/staff/sign-in";
    body: SignInAsked;
    answer: WhoAmI;
  };
  signOut: {
    method: "POST";
    path: "/api/v1/staff/sign-out";
    body: undefined;
    answer: null;
  };
  stockCard: {
    method: "POST";
    path: "/api/v1/operator/cards/stock";
    body: StockAsked;
    answer: null;
  };
  takeRelayBack: {
    method: "POST";
    path: `/api/v1/operator/relays/${string}/remove`;
    body: undefined;
    answer: null;
  };
  takeUpIncident: {
    method: "POST";
    path: `/api/v1/incidents/${string}/take-up`;
    body: undefined;
    answer: IncidentState;
  };
  takeWechatpayNotice: {
    method: "POST";
    path: "/api/v1/callbacks/wechatpay";
    body: undefined;
    answer: null;
  };
  unblockCard: {
    method: "POST";
    path: `/api/v1/cards/${string}/unblock`;
    body: UnblockAsked;
    answer: CardShown;
  };
  undoImport: {
    method: "POST";
    path: `/api/v1/imports/${string}/undo`;
    body: undefined;
    answer: UndoBegun;
  };
}
