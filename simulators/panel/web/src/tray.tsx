/** The tray before the model: cards and phones to take, and what the hand may do now. */
import { Button } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

import { ghost, type Held, held, hold, personById, putDown, putTo } from "./hand";
import { Figure, LOOKS } from "./picture/people";
import { answer, busy, call, copy, copyable, invite, readers, town, trouble, why } from "./state";
import type { Card, Person, Place } from "./town";
import { w } from "./words";

/** A press that moves less than this is a press, not a drag. */
const DRAG_FROM_PX = 8;

const ROLE_WORDS = {
  elder: w.roleElder,
  carer: w.roleCarer,
  resident: w.roleResident,
  stranger: w.roleStranger,
} as const;

/** Where a drag ended, if it ended on a plate. */
function plateUnder(x: number, y: number): Place | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const plate = element.closest<HTMLElement>("[data-reader]");
    if (plate) return plate.dataset["reader"] as Place;
  }
  return null;
}

/** Something to take: press it, or drag it with a mouse or pen (a finger scrolls). */
function Token({ thing, children, what }: { thing: Held; children: ComponentChildren; what: string }) {
  const from = useRef<{ x: number; y: number } | null>(null);
  const dragged = useRef(false);
  const isHeld = held.value?.kind === thing.kind && held.value.id === thing.id;
  return (
    <button
      type="button"
      class="token"
      data-kind={thing.kind}
      aria-pressed={isHeld}
      onPointerDown={(event) => {
        dragged.current = false;
        if (event.pointerType === "touch") return;
        from.current = { x: event.clientX, y: event.clientY };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const start = from.current;
        if (start === null) return;
        const far = Math.hypot(event.clientX - start.x, event.clientY - start.y);
        if (!dragged.current && far < DRAG_FROM_PX) return;
        if (!dragged.current) held.value = thing;
        dragged.current = true;
        ghost.value = { x: event.clientX, y: event.clientY };
      }}
      onPointerUp={(event) => {
        from.current = null;
        if (!dragged.current) return;
        const place = plateUnder(event.clientX, event.clientY);
        if (place === null) putDown();
        else putTo(place);
        ghost.value = null;
      }}
      onPointerCancel={() => {
        from.current = null;
        if (dragged.current) putDown();
      }}
      onClick={() => {
        if (!dragged.current) hold(thing);
        dragged.current = false;
      }}
    >
      {children}
      <span class="unseen">{what}</span>
    </button>
  );
}

export function CardFace({ card }: { card: Card }) {
  const person = personById(card.person);
  if (card.kind === "pass") {
    return (
      <span class="card-face" data-kind="pass">
        <svg viewBox="0 0 14 14" aria-hidden="true">
          <path d="M1 1h4v4h-4zM9 1h4v4h-4zM1 9h4v4h-4z" fill="none" stroke="currentColor" />
          <path d="M2.500 2.500h1v1h-1zM10.500 2.500h1v1h-1zM2.500 10.500h1v1h-1zM7 7h2v2h-2zM10 9h1v2h-1zM12 11h1v2h-1zM7 11h2v1h-2zM6 6h1v1h-1z" fill="currentColor" />
        </svg>
        <span class="on-card">{say(card.label)}</span>
      </span>
    );
  }
  return (
    <span class="card-face" data-kind={card.kind}>
      <i class="chip" />
      <span class="on-card">
        {person === undefined ? say(card.label) : <bdi lang="zh-Hans">{person.name}</bdi>}
        {person !== undefined && <span class="house figures">{person.house}</span>}
      </span>
    </span>
  );
}

function PersonFace({ person }: { person: Person }) {
  return (
    <span class="person-face">
      <svg viewBox="-14 -40 32 44" width="38" height="52" aria-hidden="true">
        <Figure look={LOOKS[person.role]} arms="phone" stick={person.role === "elder"} />
      </svg>
      <span>
        <bdi lang="zh-Hans">{person.name}</bdi>
        <span class="house figures">{person.house}</span>
      </span>
    </span>
  );
}

function nameOf(thing: Held): string {
  const now = town.value;
  if (thing.kind === "phone") return say(w.phoneOf, { name: personById(thing.id)?.name ?? "" });
  const card = now?.cards.find((each) => each.id === thing.id);
  const person = personById(card?.person ?? null);
  if (card === undefined) return "";
  return person === undefined ? say(card.label) : say(w.cardOf, { name: person.name });
}

/** For small screens and keyboards: every place the held thing can go to, as keys. */
function Where() {
  const thing = held.value;
  if (thing === null || ghost.value !== null) return null;
  const isPass = town.value?.cards.find((each) => each.id === thing.id)?.kind === "pass";
  const fit = readers.value.filter((reader) =>
    isPass ? reader.panel : thing.kind === "card" || reader.kind !== "point",
  );
  return (
    <div class="where" role="group" aria-label={say(w.where)}>
      {fit.map((reader) => (
        <button key={reader.id} type="button" class="button" onClick={() => putTo(reader.place)}>
          {say(reader.name)}
        </button>
      ))}
      <Button look="plain" icon="close" onClick={putDown}>
        {say(w.putDown)}
      </Button>
    </div>
  );
}

function Hint() {
  const thing = held.value;
  if (trouble.value !== null) {
    return (
      <p class="hint" data-tone="mind" role="alert">
        <Icon name="alert" />
        <span>{say(trouble.value)}</span>
      </p>
    );
  }
  if (thing === null && why.value !== null) {
    return (
      <p class="hint" data-tone="why" role="status">
        <Icon name="question" />
        <span>{say(why.value)}</span>
      </p>
    );
  }
  return (
    <p class="hint" role="status">
      <Icon name={thing === null ? "info" : "card"} />
      <span>{thing === null ? say(w.trayHint) : say(w.holding, { what: nameOf(thing) })}</span>
    </p>
  );
}

/** Who rings where, and the keys of whoever it rings; afterwards what became of it. */
function Calling() {
  const now = call.value;
  if (now === null) return null;
  const at = readers.value.find((reader) => reader.id === now.door);
  const door = at === undefined ? now.door : say(at.name);
  const over = { open: w.answeredOpen, not_now: w.answeredNot, over: w.unanswered };
  if (now.state !== "ringing") {
    return (
      <p class="calling" role="status" data-state={now.state}>
        <Icon name="bell" />
        <span>{say(over[now.state], { door })}</span>
      </p>
    );
  }
  const name = personById(now.rings)?.name;
  return (
    <div class="calling" role="status" data-state="ringing">
      <Icon name="bell" />
      <span>
        {name === undefined ? say(w.ringsDesk, { door }) : say(w.ringsPhone, { door, name })}
      </span>
      <Button look="main" icon="doorOpen" disabled={busy.value} onClick={() => void answer("open")}>
        {say(w.answerOpen)}
      </Button>
      <Button disabled={busy.value} onClick={() => void answer("not_now")}>
        {say(w.answerNot)}
      </Button>
    </div>
  );
}

export function Tray() {
  const now = town.value;
  if (now === null) return null;
  const phones = now.people.filter((person) => person.phone_doors.length > 0);
  return (
    <section class="tray" aria-label={`${say(w.trayCards)}, ${say(w.trayPhones)}`}>
      <Calling />
      <div class="say">
        <Hint />
        <Button icon="plus" disabled={busy.value} onClick={() => void invite()}>
          {say(w.inviteVerb)}
        </Button>
        <Button icon="refresh" disabled={!copyable.value || busy.value} onClick={() => void copy()}>
          {say(w.copyVerb)}
        </Button>
      </div>
      <Where />
      <div class="shelf">
        <div class="rack" role="group" aria-label={say(w.trayCards)}>
          {now.cards.map((card) => (
            <Token key={card.id} thing={{ kind: "card", id: card.id }} what={say(w.trayCards)}>
              <CardFace card={card} />
            </Token>
          ))}
        </div>
        <div class="rack" role="group" aria-label={say(w.trayPhones)}>
          {phones.map((person) => (
            <Token
              key={person.id}
              thing={{ kind: "phone", id: person.id }}
              what={`${say(w.trayPhones)}, ${say(ROLE_WORDS[person.role])}`}
            >
              <PersonFace person={person} />
            </Token>
          ))}
        </div>
      </div>
    </section>
  );
}

/** The thing that follows the pointer. */
export function Ghost() {
  const spot = ghost.value;
  const thing = held.value;
  if (spot === null || thing === null) return null;
  const card = town.value?.cards.find((each) => each.id === thing.id);
  const person = personById(thing.id);
  return (
    <div class="ghost" style={{ transform: `translate(${spot.x}px, ${spot.y}px)` }} aria-hidden="true">
      {thing.kind === "card" && card && <CardFace card={card} />}
      {thing.kind === "phone" && person && <PersonFace person={person} />}
    </div>
  );
}
