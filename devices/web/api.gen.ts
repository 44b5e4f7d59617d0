// Made from the hub's OpenAPI document by `python -m hub.api.typescript`; do not edit.

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

/** What the card said to our response. */
export interface Answered {
  exchange: string;
  answer: string;
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

/** A personalised card for a person. */
export interface CardAsked {
  uid: string;
  person: string;
}

/** Our half of the card's authentication, in hex. */
export interface CardExchange {
  exchange: string;
  response: string;
}

/** A visit of a card holder; the name is masked before it leaves the hub. */
export interface CardSession {
  card_session: string;
  holder: string;
  house: string;
  elder: boolean;
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

/** The second factor to put into an authenticator app. */
export interface Claimed {
  totp_uri: string;
  totp_secret: string;
}

/** A card holder wants to bring a phone in. */
export interface CodeAsked {
  card_session: string;
}

/** All that the wall shows. */
export interface ConsoleShown {
  site: SiteNamed;
  doors: DoorShown[];
  devices: DeviceShown[];
  /** Whether the hub itself hears its broker. */
  broker: boolean;
}

/** A device; the policies of a door controller are told as epoch.number. */
export interface DeviceShown {
  id: string;
  kind: "door" | "point" | "kiosk";
  state: "init" | "ready" | "sleeping" | "disconnected" | "lost" | "unknown";
  since: string | null;
  firmware: string;
  policy_want: string | null;
  policy_have: string | null;
  p50_ms: number | null;
  p95_ms: number | null;
}

/** A door on the wall; what is not known is said to be unknown. */
export interface DoorShown {
  id: string;
  name: Words;
  building: string;
  unit: string;
  kind: "perimeter" | "building";
  device: string;
  number: number;
  lock: "locked" | "unlocked" | "unknown";
  contact: "open" | "closed" | "unknown";
  mode: string;
  online: boolean | null;
  last: EventShown | null;
}

/** A phone introduces itself with a one-time code. */
export interface EnrolmentAsked {
  code: string;
  jwk: { kty: "EC"; crv: "P-256"; x: string; y: string };
  label: string;
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

/** A household's bills; `lookup` lets this kiosk pay them. */
export interface KioskBills {
  lookup: string;
  /** Masked. */
  holder: string;
  house: string;
  bills: BillShown[];
}

/** Whose phone this is, and its doors. */
export interface Me {
  person: PersonNamed;
  phone: PhoneShown;
  doors: OwnDoor[];
}

/** A single-use nonce for signing. */
export interface NonceShown {
  nonce: string;
  expires_at: string;
}

/** A public notice: what, and when and where. */
export interface Notice {
  id: string;
  kind?: "exercise" | "meal" | "health" | "show" | "notice";
  title: NoticeWords;
  line: NoticeWords;
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

/** A door that this phone may ask for. */
export interface OwnDoor {
  id: string;
  name: Words;
  building: string;
  kind: "perimeter" | "building";
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

/** A resident with the phones in use and the number of cards. */
export interface PersonShown {
  id: string;
  name: string;
  /** Empty for somebody without one. */
  house: string;
  phones: PhoneShown[];
  cards: number;
}

/** A one-time code for a phone; shown once, kept only as a mark. */
export interface PhoneCode {
  code: string;
  expires_at: string;
}

/** An enrolled phone. */
export interface PhoneShown {
  id: string;
  label: string;
  enrolled_at: string;
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

/** Some rows of one kind. */
export interface RosterAsked {
  kind: string;
  rows: Record<string, unknown>[];
}

/** How many rows were taken in. */
export interface RowsLoaded {
  rows: number;
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

/** A staff member in a session. */
export interface WhoAmI {
  name: string;
  role: string;
}

/** One text in the three languages; zh-Hans is the source. */
export interface Words {
  "zh-Hans": string;
  "zh-Hant": string;
  en: string;
}

/** Every operation of the API by its id: `body` goes up, `answer` comes back. */
export interface Operations {
  adoptDevice: {
    method: "POST";
    path: "/api/v1/operator/devices";
    body: AdoptionAsked;
    answer: Adopted;
  };
  answerCard: {
    method: "POST";
    path: "/api/v1/kiosk/cards/answer";
    body: Answered;
    answer: CardSession;
  };
  assignRelay: {
    method: "POST";
    path: "/api/v1/operator/relays";
    body: RelayAsked;
    answer: RelayAssigned;
  };
  beginPayment: {
    method: "POST";
    path: "/api/v1/payments";
    body: PaymentAsked;
    answer: PaymentShown;
  };
  challengeCard: {
    method: "POST";
    path: "/api/v1/kiosk/cards/challenge";
    body: Challenged;
    answer: CardExchange;
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
  closePayment: {
    method: "POST";
    path: `/api/v1/payments/${string}/close`;
    body: undefined;
    answer: PaymentShown;
  };
  enrolPhone: {
    method: "POST";
    path: "/api/v1/phones";
    body: EnrolmentAsked;
    answer: Me;
  };
  findPeople: {
    method: "GET";
    path: "/api/v1/people" | `/api/v1/people?${string}`;
    body: undefined;
    answer: PeopleShown;
  };
  issueCard: {
    method: "POST";
    path: "/api/v1/operator/cards";
    body: CardAsked;
    answer: null;
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
  leavePhone: {
    method: "DELETE";
    path: "/api/v1/me/phone";
    body: undefined;
    answer: null;
  };
  listEvents: {
    method: "GET";
    path: "/api/v1/events" | `/api/v1/events?${string}`;
    body: undefined;
    answer: EventsPage;
  };
  loadRoster: {
    method: "POST";
    path: "/api/v1/operator/roster";
    body: RosterAsked;
    answer: RowsLoaded;
  };
  lookUpBills: {
    method: "POST";
    path: "/api/v1/kiosk/bills";
    body: BillsAsked;
    answer: KioskBills;
  };
  openDoor: {
    method: "POST";
    path: "/api/v1/openings";
    body: OpeningAsked;
    answer: OpeningTold;
  };
  postNotices: {
    method: "POST";
    path: "/api/v1/operator/notices";
    body: NoticesAsked;
    answer: null;
  };
  readConsole: {
    method: "GET";
    path: "/api/v1/console";
    body: undefined;
    answer: ConsoleShown;
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
  readPayment: {
    method: "GET";
    path: `/api/v1/payments/${string}`;
    body: undefined;
    answer: PaymentShown;
  };
  readSite: {
    method: "GET";
    path: "/api/v1/site";
    body: undefined;
    answer: Site;
  };
  revokePhone: {
    method: "POST";
    path: `/api/v1/phones/${string}/revoke`;
    body: undefined;
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
  takeRelayBack: {
    method: "POST";
    path: `/api/v1/operator/relays/${string}/remove`;
    body: undefined;
    answer: null;
  };
  takeWechatpayNotice: {
    method: "POST";
    path: "/api/v1/callbacks/wechatpay";
    body: undefined;
    answer: null;
  };
}
