/** The watch list: orders, their cost and faces, the second person. Opened on purpose: each look is kept. */

import type { WatchCost, WatchOrder, WatchOrderAsked, WatchShown } from "@linli/shared/api.gen";
import { Button, Card, Dialog, Field, Name, Notice, Skeleton, StatusLine, type Tone } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import type { IconName } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { attempt } from "./attempt";
import { deedWords } from "./deedwords";
import { watchWords as words } from "./face_watch_words";
import { moment } from "./moments";
import { staffAsk, staffUpload } from "./staff";
import { words as common } from "./words";

const list = signal<WatchShown | null>(null);
const cost = signal<WatchCost | null>(null);
const busy = signal(false);
const wrong = signal<Words | null>(null);
const entering = signal(false);
const approving = signal<WatchOrder | null>(null);

/** As an incident keeps it: a larger picture would be refused. */
const PICTURES = "image/jpeg,image/png";
/** An authority and its basis stand as ids in what leaves: small letters, digits, hyphens. */
const ID = "[a-z0-9][a-z0-9\\-]{0,62}";

const act = (what: () => Promise<void>) => attempt(what, wrong, busy);

const read = () =>
  act(async () => {
    list.value = (await staffAsk("GET", "/api/v1/faces/watch")).body;
  });

const step = (order: WatchOrder) => `/api/v1/faces/watch/${encodeURIComponent(order.id)}` as const;

const end = (order: WatchOrder) =>
  act(async () => {
    list.value = (await staffAsk("POST", `${step(order)}/end`)).body;
  });

const add = (order: WatchOrder, file: File) =>
  act(async () => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    list.value = await staffUpload<WatchShown>(`${step(order)}/faces`, bytes);
  });

const approve = (order: WatchOrder, otp: string) =>
  act(async () => {
    list.value = (await staffAsk("POST", `${step(order)}/approve`, { otp })).body;
    approving.value = null;
  });

const enter = (asked: WatchOrderAsked) =>
  act(async () => {
    list.value = (await staffAsk("POST", "/api/v1/faces/watch", asked)).body;
    [entering.value, cost.value] = [false, null];
  });

const measure = (passers_a_day: number, alarms_a_day: number) =>
  act(async () => {
    cost.value = null;
    cost.value = (await staffAsk("POST", "/api/v1/faces/watch/cost", { passers_a_day, alarms_a_day })).body;
  });

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}

function rounded(a_day: number): string {
  return String(Number(a_day.toPrecision(2)));
}

// --------------------------------------------------------------------------- one order

const STATES: Readonly<Record<WatchOrder["state"], { tone: Tone; icon: IconName; text: Words }>> = {
  waiting: { tone: "wait", icon: "hourglass", text: words.waiting },
  in_force: { tone: "mind", icon: "eye", text: words.inForce },
  resting: { tone: "mind", icon: "alert", text: words.resting },
  ended: { tone: "calm", icon: "check", text: words.ended },
};

function Add({ order }: { order: WatchOrder }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        class="unseen"
        type="file"
        tabIndex={-1}
        aria-label={say(words.addFace)}
        accept={PICTURES}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) add(order, file);
          event.currentTarget.value = "";
        }}
      />
      <Button disabled={busy.value} onClick={() => input.current?.click()}>
        {say(words.addFace)}
      </Button>
    </>
  );
}

function Faces({ order }: { order: WatchOrder }) {
  if (order.state === "ended") return null;
  return (
    <>
      <h3>{say(words.faces, { n: order.faces.length })}</h3>
      <ul class="plain">
        {order.faces.map((face) => (
          <li key={face.sha256} data-listed>
            <Name>{face.listed_by}</Name> · {moment(face.listed_at)} ·{" "}
            <code class="hash">{face.sha256.slice(0, 12)}</code>
            {face.other_model && <StatusLine tone="mind">{say(words.otherModel)}</StatusLine>}
          </li>
        ))}
      </ul>
    </>
  );
}

function Deeds({ order }: { order: WatchOrder }) {
  if (order.state === "ended") return null;
  const waits = order.state === "waiting";
  return (
    <div class="choices">
      {waits && <Add order={order} />}
      {waits && !order.mine && order.faces.length > 0 && (
        <Button
          look="main"
          icon="check"
          opens="dialog"
          disabled={busy.value}
          onClick={() => {
            approving.value = order;
          }}
        >
          {say(words.approve)}
        </Button>
      )}
      <Button look="grave" icon="close" disabled={busy.value} onClick={() => end(order)}>
        {say(words.end)}
      </Button>
    </div>
  );
}

function Order({ order }: { order: WatchOrder }) {
  const { tone, icon, text } = STATES[order.state];
  const { expected_now: now } = order;
  const by = order.approved_by
    ? say(words.byTwo, { one: order.entered_by, other: order.approved_by })
    : say(words.byOne, { one: order.entered_by });
  return (
    <li data-order={order.id} data-order-state={order.state}>
      <strong>
        {order.authority} · {order.basis}
      </strong>
      <StatusLine tone={tone} icon={icon}>
        {say(text)}
      </StatusLine>
      <p class="soft small">
        <Name>{by}</Name> ·{" "}
        {say(words.until, { at: moment(order.ended_at ?? order.to_at) })}
      </p>
      <dl class="facts face-figures">
        <div>
          <dt>{say(words.passers)}</dt>
          <dd class="figures">{order.passers_a_day}</dd>
        </div>
        <div>
          <dt>{say(words.expected)}</dt>
          <dd class="figures">{rounded(order.expected_a_day)}</dd>
        </div>
        {now !== null && (
          <div>
            <dt>{say(words.expectedNow)}</dt>
            <dd class="figures">{rounded(now)}</dd>
          </div>
        )}
        <div>
          <dt>{say(words.hits)}</dt>
          <dd class="figures">{say(words.hitsOf, { n: order.hits, wrong: order.false_alarms })}</dd>
        </div>
      </dl>
      {order.state === "waiting" && order.mine && <p class="soft">{say(words.another)}</p>}
      <Faces order={order} />
      <Deeds order={order} />
    </li>
  );
}

// --------------------------------------------------------------------------- dialogs

function Otp() {
  return (
    <Field
      label={say(common.otp)}
      hint={say(deedWords.otpHint)}
      input={{ name: "otp", inputMode: "numeric", autocomplete: "one-time-code", required: true, maxLength: 6,
               pattern: "[0-9]{6}" }}
    />
  );
}

function Approving({ order }: { order: WatchOrder }) {
  return (
    <Dialog
      title={say(words.approveTitle)}
      onClose={() => {
        approving.value = null;
      }}
    >
      <form
        class="deed"
        onSubmit={(event) => {
          event.preventDefault();
          approve(order, textOf(new FormData(event.currentTarget), "otp"));
        }}
      >
        <p>
          <strong>
            {order.authority} · {order.basis}
          </strong>
        </p>
        <p>{say(words.approveLine, { n: order.faces.length, expected: rounded(order.expected_a_day) })}</p>
        <Otp />
        <Wrong />
        <Button look="main" type="submit" disabled={busy.value}>
          {say(words.approve)}
        </Button>
      </form>
    </Dialog>
  );
}

function Wrong() {
  if (!wrong.value) return null;
  return (
    <Notice tone="mind" spoken>
      {say(wrong.value)}
    </Notice>
  );
}

const COSTS = [
  { name: "passers_a_day", label: words.passers, min: 1, max: 1_000_000, step: 1 },
  { name: "alarms_a_day", label: words.alarms, min: 0.001, max: 1_000, step: "any" },
] as const;

function Entering({ days }: { days: number }) {
  return (
    <form
      class="deed"
      data-entering
      onInput={(event) => {
        const changed = event.target as HTMLInputElement;
        if (COSTS.some((each) => each.name === changed.name)) cost.value = null;
      }}
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const passers = Number(textOf(form, "passers_a_day"));
        const alarms = Number(textOf(form, "alarms_a_day"));
        if (cost.value === null) {
          measure(passers, alarms);
          return;
        }
        enter({
          authority: textOf(form, "authority"), basis: textOf(form, "basis"), days: Number(textOf(form, "days")),
          passers_a_day: passers, alarms_a_day: alarms, otp: textOf(form, "otp"),
        });
      }}
    >
      {(["authority", "basis"] as const).map((name) => (
        <Field
          key={name}
          label={say(words[name])}
          hint={say(words.idHint)}
          input={{ name, required: true, pattern: ID, maxLength: 63, autocomplete: "off" }}
        />
      ))}
      <Field label={say(words.days)} input={{ name: "days", type: "number", required: true, min: 1, max: days }} />
      {COSTS.map(({ name, label, ...bounds }) => (
        <Field key={name} label={say(label)} input={{ name, type: "number", required: true, ...bounds }} />
      ))}
      {cost.value && (
        <>
          <Notice tone="mind" title={say(words.costs, { n: rounded(cost.value.expected_a_day) })} spoken>
            {say(words.costsLine, { n: cost.value.faces })}
          </Notice>
          <Otp />
        </>
      )}
      <Wrong />
      <div class="choices">
        <Button
          onClick={() => {
            [entering.value, cost.value, wrong.value] = [false, null, null];
          }}
        >
          {say(common.cancel)}
        </Button>
        <Button look="main" type="submit" disabled={busy.value}>
          {say(cost.value ? words.enter : words.measure)}
        </Button>
      </div>
    </form>
  );
}

// --------------------------------------------------------------------------- the card

function Opened({ told }: { told: WatchShown }) {
  return (
    <>
      {told.refused && <Notice>{say(reasonWords(told.refused))}</Notice>}
      {told.orders.length === 0 && <StatusLine tone="good">{say(words.off)}</StatusLine>}
      <ul class="face-doors">
        {told.orders.map((order) => (
          <Order key={order.id} order={order} />
        ))}
      </ul>
      {entering.value ? (
        <Entering days={told.days_most} />
      ) : (
        <>
          <Wrong />
          {told.refused === null && told.faces_free > 0 && (
            <Button
              onClick={() => {
                entering.value = true;
              }}
            >
              {say(words.newOrder)}
            </Button>
          )}
        </>
      )}
      {approving.value && <Approving order={approving.value} />}
    </>
  );
}

export function WatchList() {
  useEffect(
    () => () => {
      [list.value, cost.value, wrong.value, approving.value, entering.value] = [null, null, null, null, false];
    },
    [],
  );
  const told = list.value;
  return (
    <Card data-watch-list>
      <h2>{say(words.title)}</h2>
      <p class="soft">{say(words.line)}</p>
      {told ? (
        <Opened told={told} />
      ) : (
        <>
          <Wrong />
          {busy.value ? <Skeleton rows={2} /> : <Button icon="eye" onClick={read}>{say(words.look)}</Button>}
        </>
      )}
    </Card>
  );
}
