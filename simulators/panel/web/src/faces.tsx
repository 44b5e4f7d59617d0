/** The drawer of the door with faces: who stands before its camera, the claim, and the desk. */
import { Refused } from "@linli/shared/api";
import { Button, Choice, Dialog, ErrorState, Skeleton, StatusLine } from "@linli/shared/bits";
import { language, say, type Words } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { Drawer } from "./drawer";
import { View } from "./faces-view";
import { personById, visit } from "./hand";
import { canvas, openCamera, readPhoto, showCamera, showPhoto, stop } from "./own-camera";
import { faces, readerOf, readers } from "./state";
import { type DrawnWho, type FaceNotice, type FacePerson, type FacesNow, town as wire } from "./town";
import { w } from "./words";
import { f, STRANGER } from "./words-faces";

export const facesOpen = signal(false);

const WANTED_PHOTOS = 3;
type Source = "nobody" | DrawnWho | "own" | "file";

const busy = signal(false);
const claiming = signal(false);
const wrong = signal<Words | null>(null);
/** What the desk has just done, and what the door answered. */
const done = signal<Words | null>(null);
const answered = signal<{ tone: "good" | "mind"; words: Words } | null>(null);
const forWhom = signal<string | null>(null);
const notice = signal<FaceNotice | null>(null);
const reading = signal(false);
/** What this page holds before the camera; null: another page's, or the town's own. */
const mine = signal<"own" | "file" | null>(null);
/** Who was chosen a moment ago; the town has yet to say that they stand there. */
const chosen = signal<{ source: Source; still: boolean } | null>(null);
/** Who was chosen while something else was under way: the newest is done next. */
let wanted: { source: Source; still: boolean } | null = null;
let photo: ImageBitmap | null = null;

async function act(what: () => Promise<unknown>): Promise<void> {
  if (busy.value) return;
  [busy.value, wrong.value, done.value] = [true, null, null];
  try {
    await what();
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : w.troubleSilent;
  }
  busy.value = false;
  const next = wanted;
  wanted = null;
  if (next !== null) choose(next.source, next.still);
}

// --- before the camera

function leave(): void {
  stop();
  mine.value = null;
}

/** Let somebody step up; what was chosen is shown at once, and taken back where it fails. */
function choose(source: Source, still: boolean): void {
  chosen.value = { source, still };
  if (busy.value) {
    wanted = { source, still };
    return;
  }
  void act(async () => {
    await stepUp(source, still);
  }).finally(() => {
    if (wrong.value !== null) chosen.value = null;
  });
}

effect(() => {
  if (faces.value !== null) chosen.value = null;
});

async function stepUp(source: Source, still: boolean): Promise<void> {
  answered.value = null;
  if (source === "own") {
    if (mine.value !== "own" && !(await openCamera())) {
      wrong.value = isSecureContext ? f.noCamera : f.notHere;
      return;
    }
    const { key } = await wire.faceStand("own", "", still);
    mine.value = "own";
    showCamera(key, still);
    return;
  }
  if (source === "file") {
    if (photo === null) return;
    const { key } = await wire.faceStand("own", "", true);
    mine.value = "file";
    showPhoto(key, photo);
    return;
  }
  leave();
  await wire.faceStand(source === "nobody" ? "nobody" : "drawn", source === "nobody" ? "" : source, still);
}

async function choosePhoto(file: File): Promise<void> {
  const read = await readPhoto(file);
  if (read === null) {
    wrong.value = f.noPhoto;
    return;
  }
  photo = read;
  await stepUp("file", true);
}

/** Somebody else has stepped up meanwhile: this page's camera is off already. */
effect(() => {
  if (canvas.value === null && mine.peek() !== null && !busy.peek()) mine.value = null;
});

function sourceOf(now: FacesNow): Source | "" {
  if (chosen.value !== null) return chosen.value.source;
  if (now.standing.kind === "own") return mine.value ?? "";
  return now.standing.kind === "drawn" && now.standing.who !== "" ? now.standing.who : "nobody";
}

function nameOf(now: FacesNow, who: DrawnWho): string {
  const person = now.people.find((each) => each.drawn === who);
  return say(person === undefined ? STRANGER : f.drawn, { name: personById(person?.id ?? "")?.name ?? "" });
}

function Who({ now }: { now: FacesNow }) {
  const input = useRef<HTMLInputElement>(null);
  const source = sourceOf(now);
  const still = chosen.value?.still ?? now.standing.still;
  const options: { value: Source; text: string }[] = [
    { value: "nobody", text: say(f.nobody) },
    ...(["elder", "carer", "stranger"] as const).map((who) => ({ value: who, text: nameOf(now, who) })),
    { value: "own", text: say(f.own) },
    { value: "file", text: say(f.file) },
  ];
  return (
    <div class="stands">
      <Choice<Source>
        legend={say(f.who)}
        value={source as Source}
        options={options}
        onChoose={(next) => {
          if (next === "file") input.current?.click();
          else choose(next, still && next !== "nobody" && source !== "file");
        }}
      />
      <input
        ref={input}
        hidden
        type="file"
        accept="image/jpeg,image/png,image/webp"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) void act(() => choosePhoto(file));
        }}
      />
      {source !== "nobody" && source !== "" && source !== "file" && (
        <Choice<"live" | "still">
          legend={say(f.how)}
          value={still ? "still" : "live"}
          options={[
            { value: "live", text: say(f.live) },
            { value: "still", text: say(f.still) },
          ]}
          onChoose={(next) => choose(source, next === "still")}
        />
      )}
      {still && <p class="soft small">{say(f.tellsApart)}</p>}
    </div>
  );
}

// --- the door

async function claim(person: FacePerson): Promise<void> {
  if (claiming.value) return;
  [claiming.value, answered.value, wrong.value] = [true, null, null];
  const place = readers.value.find((reader) => reader.id === faces.value?.door)?.place;
  if (place !== undefined) visit(place, personById(person.id)?.role ?? "resident", "card");
  try {
    const said = await wire.faceClaim(person.id);
    const words = { opened: f.opened, unknown: f.unknown }[said.outcome as string] ?? reasonWords(said.reason);
    answered.value = { tone: said.outcome === "opened" ? "good" : "mind", words };
  } catch (error) {
    wrong.value = error instanceof Refused ? reasonWords(error.code) : w.troubleSilent;
  }
  claiming.value = false;
}

function Claim({ now }: { now: FacesNow }) {
  const told = now.told;
  return (
    <section class="claim" aria-label={say(f.door)}>
      <div class="choices">
        {now.people.map((person) => (
          <Button
            key={person.id}
            look="main"
            icon="keypad"
            disabled={claiming.value}
            onClick={() => void claim(person)}
          >
            {say(f.claim, { flat: person.flat })}
          </Button>
        ))}
      </div>
      <div class="answer" role="status" data-answered={answered.value?.tone}>
        {claiming.value && <StatusLine tone="wait">{say(f.claiming)}</StatusLine>}
        {told?.person && <StatusLine tone="good" icon="eye">{say(f.known, { name: told.person })}</StatusLine>}
        {answered.value && (
          <StatusLine tone={answered.value.tone} icon={answered.value.tone === "good" ? "doorOpen" : "alert"}>
            {say(answered.value.words)}
          </StatusLine>
        )}
        {!claiming.value && !answered.value && <span class="soft small">{say(f.claimHint)}</span>}
      </div>
    </section>
  );
}

// --- the desk

const readNotice = () =>
  act(async () => {
    notice.value = await wire.faceNotice(language.value);
    reading.value = true;
  });

function Notice({ person }: { person: FacePerson }) {
  const read = notice.value;
  if (!reading.value || read === null) return null;
  return (
    <Dialog
      title={say(f.read)}
      onClose={() => {
        reading.value = false;
      }}
    >
      <div class="face-notice">
        {read.parts.map((part) => (
          <section key={part.title}>
            <h3>{part.title}</h3>
            <p>{part.text}</p>
          </section>
        ))}
        <Button
          look="main"
          wide
          disabled={busy.value}
          onClick={() =>
            void act(async () => {
              await wire.faceConsent(person.id, read.version, language.value);
              reading.value = false;
            })
          }
        >
          {say(f.agree)}
        </Button>
      </div>
    </Dialog>
  );
}

function Enrolled({ person, now }: { person: FacePerson; now: FacesNow }) {
  return (
    <>
      {person.measured && person.photos >= WANTED_PHOTOS ? (
        <StatusLine tone="good">{say(f.enrolled)}</StatusLine>
      ) : (
        <StatusLine tone="wait">
          {say(person.measured || person.photos < WANTED_PHOTOS ? f.photos : f.measuring, { n: person.photos })}
        </StatusLine>
      )}
      <div class="choices">
        <Button
          icon="eye"
          disabled={busy.value || now.standing.kind === "nobody"}
          onClick={() =>
            void act(async () => {
              await wire.facePhoto(person.id);
              done.value = f.thrown;
            })
          }
        >
          {say(f.shoot)}
        </Button>
        <Button
          look="plain"
          icon="trash"
          disabled={busy.value}
          onClick={() =>
            void act(async () => {
              await wire.faceForget(person.id);
              done.value = f.forgotten;
            })
          }
        >
          {say(f.forget)}
        </Button>
      </div>
    </>
  );
}

function Desk({ now }: { now: FacesNow }) {
  const person = now.people.find((each) => each.id === forWhom.value) ?? now.people[0];
  if (person === undefined) return null;
  return (
    <section class="face-desk" aria-labelledby="face-desk" data-photos={person.photos} data-measured={person.measured}>
      <h3 id="face-desk">{say(f.desk)}</h3>
      <Choice<string>
        legend={say(f.forWhom)}
        value={person.id}
        options={now.people.map((each) => ({
          value: each.id,
          text: say(f.home, { name: personById(each.id)?.name ?? "", flat: each.flat }),
        }))}
        onChoose={(next) => {
          forWhom.value = next;
        }}
      />
      {person.consent ? (
        <Enrolled person={person} now={now} />
      ) : (
        <div class="choices">
          <p class="soft">{say(f.noConsent)}</p>
          <Button icon="list" opens="dialog" disabled={busy.value} onClick={() => void readNotice()}>
            {say(f.read)}
          </Button>
        </div>
      )}
      {done.value && (
        <p class="done" role="status">
          <Icon name="check" />
          <span>{say(done.value)}</span>
        </p>
      )}
      <Notice person={person} />
    </section>
  );
}

// --- the whole

function Absent({ now }: { now: FacesNow }) {
  return (
    <div class="face-state" data-state={now.state}>
      <Icon name="plug" />
      <h3>{say(f.absentTitle)}</h3>
      <p>{say(f.absentWhat, { make: "make faces" })}</p>
      <p class="soft small">{now.missing.join(", ")}</p>
    </div>
  );
}

function Off({ now }: { now: FacesNow }) {
  return (
    <div class="face-state" data-state={now.state}>
      <Icon name="list" />
      <h3>{say(f.offTitle)}</h3>
      <p>{say(f.offWhat)}</p>
      <Button look="main" disabled={busy.value} onClick={() => void act(wire.faceOpen)}>
        {say(f.open)}
      </Button>
    </div>
  );
}

function Inside({ now }: { now: FacesNow }) {
  if (now.state === "absent") return <Absent now={now} />;
  if (now.state === "off") return <Off now={now} />;
  if (now.state === "keys_elsewhere") return <ErrorState title={say(reasonWords("face_keys_elsewhere"))} />;
  if (now.state === "starting") {
    return (
      <div class="face-state" data-state={now.state}>
        <p role="status">{say(f.starting)}</p>
        <Skeleton rows={3} />
      </div>
    );
  }
  return (
    <div class="face-state" data-state="ready">
      <View />
      <Claim now={now} />
      <Who now={now} />
      <Desk now={now} />
    </div>
  );
}

export function FacesDrawer() {
  useEffect(
    () => () => {
      if (mine.value !== null) void wire.faceStand("nobody", "", false).catch(() => {});
      leave();
    },
    [],
  );
  const now = faces.value;
  const door = readers.value.find((reader) => reader.id === now?.door) ?? readerOf("b1-u2");
  return (
    <Drawer
      name="faces"
      title={say(f.title, { door: door === undefined ? "" : say(door.name) })}
      what={say(f.what)}
      open={facesOpen}
      holds={reading.value}
    >
      <div class="faces" data-scrolls tabIndex={0} role="group" aria-labelledby="faces-title">
        {wrong.value && (
          <p class="hint" data-tone="mind" role="alert">
            <Icon name="alert" />
            <span>{say(wrong.value)}</span>
          </p>
        )}
        {now === null ? <Skeleton rows={4} /> : <Inside now={now} />}
      </div>
    </Drawer>
  );
}
