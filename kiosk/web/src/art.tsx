/** Drawings of the kiosk: the card at its reader, the slip at its mouth. */

import type { JSX } from "preact";

import type { Notice } from "./local";

const NOTICE_PATHS: Readonly<Record<Notice["kind"], JSX.Element>> = {
  // a person with both arms up: "holding up the sky", the first of the eight brocades
  exercise: <path d="M12 8.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM6.500 3.500c-.500 5 2 6.500 5.500 7 3.500-.5 6-2 5.500-7M12 10.500v5M12 15.500l-4 5.500M12 15.500l4 5.500" />,
  meal: <path d="M3.500 11.500h17a8.500 8.500 0 0 1-5.500 8h-6a8.500 8.500 0 0 1-5.500-8zM8 8.500c0-1.500 1.500-1.500 1.500-3M13 8.500c0-1.500 1.500-1.500 1.500-3" />,
  health: <path d="M12 20C6 15.500 3.500 12.700 3.500 9.200A4.600 4.600 0 0 1 12 6.800a4.600 4.600 0 0 1 8.500 2.400C20.500 12.700 18 15.500 12 20zM6.500 12h3l1.500-3 2 5 1.500-2h3" />,
  show: <path d="M4 5.500c5 1.500 11 1.500 16 0-.500 7-3 13-8 14-5-1-7.500-7-8-14zM8 10.500h2.500M13.500 10.500H16M9.500 14.500c1.500 1.300 3.500 1.300 5 0" />,
  notice: <path d="M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM12 11v5.500M12 7.500v.2" />,
};

/** The drawing beside a notice; a kind that is newer than this page gets the plain one. */
export function NoticeIcon({ kind }: { kind: Notice["kind"] }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {NOTICE_PATHS[kind] ?? NOTICE_PATHS.notice}
    </svg>
  );
}

/** A card coming down to the reader below the screen; it settles while it is being read. */
export function CardArt() {
  return (
    <svg class="card-art" viewBox="0 0 320 240" aria-hidden="true">
      <g class="waves">
        <path d="M110 196a70 22 0 0 1 100 0" />
        <path d="M92 182a96 32 0 0 1 136 0" />
        <path d="M74 168a122 42 0 0 1 172 0" />
      </g>
      <rect class="pad" x="84" y="204" width="152" height="28" rx="14" />
      <g class="the-card">
        <rect class="face" x="82" y="34" width="156" height="98" rx="12" />
        <path class="band" d="M82 62h156v18H82z" />
        <rect class="chip" x="98" y="96" width="30" height="22" rx="4" />
        <path class="lines" d="M144 100h74M144 114h48" />
      </g>
      <path class="arrow" d="M160 142v34m-16-15 16 16 16-16" />
    </svg>
  );
}

/** A large tick, exclamation mark or hourglass in a disc. */
export function Sign({ kind }: { kind: "good" | "mind" | "wait" }) {
  const paths = {
    good: "M30 52l14 14 28-32",
    mind: "M50 26v32M50 72v1",
    wait: "M34 26h32M34 74h32M38 26c0 16 24 16 24 24S38 58 38 74M62 26c0 16-24 16-24 24s24 8 24 24",
  } as const;
  return (
    <svg class="sign" data-kind={kind} viewBox="0 0 100 100" aria-hidden="true">
      <circle cx="50" cy="50" r="46" />
      <path d={paths[kind]} />
    </svg>
  );
}

/** Fronds as [x of the twig, its length, how far the wind has taken it], on a width of 420. */
const FRONDS = [
  [60, 150, 20], [110, 250, 34], [150, 190, 26], [190, 330, 44], [228, 270, 36],
  [262, 400, 50], [300, 330, 40], [336, 440, 46], [372, 380, 34], [404, 470, 26],
] as const;
const LEAF_EVERY = 15;

/** Leaves along a hanging twig, left and right in turn, smaller towards its tip. */
function leaves(x: number, length: number, wind: number): string {
  const steps = Math.floor(length / LEAF_EVERY);
  return Array.from({ length: steps }, (_, at) => {
    const part = (at + 1) / steps;
    const [px, py] = [x - wind * part * part, length * part];
    const reach = (at % 2 === 0 ? 1 : -1) * (11 - 5 * part);
    const tip = (reach * 0.9).toFixed(1);
    const back = (-reach * 0.9).toFixed(1);
    return `M${px.toFixed(1)} ${py.toFixed(1)}q${reach} 4 ${tip} 20q${-reach} -6 ${back} -20z`;
  }).join("");
}

/** A willow's fronds from the upper edge: the creek of the village's name. */
export function Willow() {
  return (
    <svg class="willow" viewBox="0 0 420 520" aria-hidden="true">
      {FRONDS.map(([x, length, wind]) => (
        <g key={x}>
          <path class="twig" d={`M${x} -10Q${x} ${length * 0.6} ${x - wind} ${length + 8}`} />
          <path class="leaf" d={leaves(x, length, wind)} />
        </g>
      ))}
    </svg>
  );
}

/** The key that takes back: an arrow's outline with a cross in it. */
export function EraseIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M8.5 5.500h12v13h-12L3 12zM12 9.500l5 5M17 9.500l-5 5" />
    </svg>
  );
}
