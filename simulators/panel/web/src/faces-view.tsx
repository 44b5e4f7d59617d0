/** What the door's camera sees, with what the hub makes of it drawn over: boxes, points, the arrow. */
import { say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";
import { reasonWords } from "@linli/shared/reasons";
import { useEffect, useRef, useState } from "preact/hooks";

import { canvas, mirrored } from "./own-camera";
import { faces, tracks } from "./state";
import type { FacesNow, FaceTrack } from "./town";
import { f } from "./words-faces";

/** A living person moves; an empty porch does not. */
const MOVING_MS = 250;
const STILL_MS = 2_000;
const ENOUGH_SHOTS = 3;

/** The picture of this page's own camera, as it is sent. */
function OwnPicture({ sheet }: { sheet: HTMLCanvasElement }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.replaceChildren(sheet), [sheet]);
  return <div class="sheet" ref={box} />;
}

/** The town's own picture, fetched again and again; no faster than it comes. */
function TownPicture({ moving }: { moving: boolean }) {
  const [count, setCount] = useState(0);
  const again = useRef<ReturnType<typeof setTimeout>>(undefined);
  const soon = (wait_ms: number) => {
    clearTimeout(again.current);
    again.current = setTimeout(() => setCount((before) => before + 1), wait_ms);
  };
  useEffect(() => setCount((before) => before + 1), [moving]);
  useEffect(() => () => clearTimeout(again.current), []);
  return (
    <img
      src={`/api/face/view?n=${count}`}
      alt=""
      onLoad={() => soon(moving ? MOVING_MS : STILL_MS)}
      onError={() => soon(STILL_MS)}
    />
  );
}

function Mark({ track }: { track: FaceTrack }) {
  const [left, top, right, bottom] = track.box;
  const tone = track.reason === null ? "good" : "mind";
  return (
    <g class="mark" data-track={track.track} data-tone={tone}>
      <rect x={left} y={top} width={right - left} height={bottom - top} rx="10" />
      {(track.points ?? []).map(([x, y], at) => (
        <circle key={at} cx={x} cy={y} r="4.5" />
      ))}
    </g>
  );
}

/** To the side of the picture that the hub asks for; in a mirror it is one's own. */
function Arrow({ now }: { now: FacesNow }) {
  if (now.asked === null) return null;
  const [width, height] = now.size;
  const flip = now.asked === "left" ? "" : `translate(${width} 0) scale(-1 1)`;
  return (
    <g class="arrow" data-side={now.asked} transform={flip}>
      <path d={`M132 ${height / 2 - 66} 40 ${height / 2}l92 66v-38h64v-56h-64z`} />
    </g>
  );
}

/** What the hub makes of the best-seen face, in plain words. */
function seenWords(now: FacesNow): { tone: "good" | "mind" | "calm"; text: string } {
  if (now.asked !== null) return { tone: "good", text: say(f.turn) };
  const [track] = [...tracks.value].sort((one, other) => other.shots - one.shots);
  if (track === undefined) return { tone: "calm", text: say(f.nobodyTrack) };
  if (track.shots >= ENOUGH_SHOTS) return { tone: "good", text: say(f.enough) };
  if (track.reason !== null) return { tone: "mind", text: say(reasonWords(track.reason)) };
  return { tone: "good", text: say(track.shots > 0 ? f.clear : f.looking, { n: track.shots }) };
}

const ICONS = { good: "eye", mind: "alert", calm: "eye" } as const;

export function View() {
  const now = faces.value;
  if (now === null) return null;
  const sheet = canvas.value;
  const own = now.standing.kind === "own";
  const seen = seenWords(now);
  return (
    <figure class="sight" data-standing={now.standing.kind}>
      <div class="glass-eye" data-mirrored={sheet !== null && mirrored.value}>
        {sheet !== null ? (
          <OwnPicture sheet={sheet} />
        ) : own ? (
          <p class="elsewhere">
            <Icon name="lock" />
            <span>{say(f.elsewhere)}</span>
          </p>
        ) : (
          <TownPicture moving={now.standing.kind === "drawn"} />
        )}
        <svg class="marks" viewBox={`0 0 ${now.size[0]} ${now.size[1]}`} aria-hidden="true">
          {tracks.value.map((track) => (
            <Mark key={track.track} track={track} />
          ))}
          <Arrow now={now} />
        </svg>
      </div>
      <figcaption>
        <span class="unseen">{say(f.view)}</span>
        <span class="seen" role="status" data-tone={seen.tone} data-asked={now.asked}>
          <Icon name={ICONS[seen.tone]} />
          <span>{seen.text}</span>
        </span>
      </figcaption>
    </figure>
  );
}
