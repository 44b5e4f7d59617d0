/** The board the model stands on, its creek, trees and small things. */
import { at, Box, Face, Ground, South, East, type Spot } from "./iso";
import { PAINT } from "./colours";

export const BOARD = { x: 25, y: 19 } as const;
const PLINTH = 1.15;
const CREEK = { from: 14.3, to: 16 } as const;

export function Board({ name }: { name: string }) {
  const { x, y } = BOARD;
  return (
    <g>
      <ellipse cx={at([x / 2, y / 2])[0]} cy={at([x / 2, y / 2])[1] + 70} rx="610" ry="322" fill="url(#table-shadow)" />
      <Face of={[[0, y], [x, y], [x, y, -PLINTH], [0, y, -PLINTH]]} fill={PAINT.wood} />
      <Face of={[[x, y], [x, 0], [x, 0, -PLINTH], [x, y, -PLINTH]]} fill={PAINT.woodDark} />
      <Face of={[[0, 0], [x, 0], [x, y], [0, y]]} fill={PAINT.lawn} />
      <South from={[0, y, 0]}>
        <path d={`M0 .1h${x}M0 .55h9M12 .8h13M3 .95h14`} stroke="#a67a4d" stroke-width="0.05" opacity="0.6" />
        <rect x="9.4" y="0.26" width="6.2" height="0.66" rx="0.1" fill={PAINT.brass} />
        <rect x="9.46" y="0.32" width="6.08" height="0.54" rx="0.08" fill="none" stroke="#b6924f" stroke-width="0.03" />
        <text x="12.5" y="0.77" class="paint plaque" text-anchor="middle" font-size="0.5" lang="zh-Hans">
          {name}
        </text>
      </South>
      <East from={[x, y, 0]}>
        <path d={`M0 .1h${y}M2 .6h8M11 .85h7`} stroke="#7f5733" stroke-width="0.05" opacity="0.6" />
        <rect x={y - CREEK.to} y="0" width={CREEK.to - CREEK.from} height="0.42" fill={PAINT.waterDark} />
      </East>
    </g>
  );
}

export function Paving() {
  const slabs = Array.from({ length: 8 }, (_, at) => 8.3 + at * 0.72);
  return (
    <Ground from={[0, 0]}>
      <path d="M1.500 6.900h22.500v1.500h-22.500zM6.600 8.200h17.700v5.300h-17.700z" fill={PAINT.paving} />
      <path d="M2.900 5.600h1.200v1.500h-1.200zM6.900 5.600h1.200v1.500h-1.200zM14.400 5.600h1.200v1.500h-1.200zM18.400 5.600h1.200v1.500h-1.200z" fill={PAINT.paving} />
      <path d="M5 12.100h2.300v5.900h-1.600l-.3-2h-.4z" fill={PAINT.paving} />
      <path d="M24 9.300h1v2.600h-1z" fill="#cfc6b4" />
      {slabs.map((y) => (
        <path key={y} d={`M6.600 ${y}h17.400`} stroke={PAINT.pavingLine} stroke-width="0.04" fill="none" />
      ))}
      {[8.2, 10, 11.8, 13.6, 15.4, 17.2, 19, 20.8, 22.6].map((x) => (
        <path key={x} d={`M${x} 8.300v5.200`} stroke={PAINT.pavingLine} stroke-width="0.04" fill="none" />
      ))}
      <circle cx="10.3" cy="10.9" r="1.75" fill="#e6d7b7" />
      <circle cx="10.3" cy="10.9" r="1.45" fill="none" stroke="#cdb98e" stroke-width="0.06" stroke-dasharray="0.3 0.18" />
      <path d="M1 1.200h8M11 1.500h1.200M22 4.500h2" stroke={PAINT.lawnDark} stroke-width="0.5" stroke-linecap="round" />
    </Ground>
  );
}

export function Creek() {
  const { x } = BOARD;
  const wide = CREEK.to - CREEK.from;
  return (
    <g>
      <Ground from={[0, CREEK.from]}>
        <rect x="0" y="-0.22" width={x} height={wide + 0.44} fill={PAINT.stone} />
        <rect x="0" y="0" width={x} height={wide} fill={PAINT.water} />
        <rect x="0" y="0" width={x} height="0.28" fill={PAINT.waterDark} opacity="0.7" />
        <g class="ripples" fill="none" stroke={PAINT.waterLight} stroke-width="0.09" stroke-linecap="round">
          <path d="M1 .8q.6-.2 1.200 0t1.200 0M9 .6q.6-.2 1.200 0t1.200 0M16 .9q.6-.2 1.200 0t1.200 0M22 .6q.5-.2 1 0" />
          <path d="M4 1.300q.6-.2 1.200 0M12.500 1.300q.6-.2 1.200 0t1.200 0M19.500 1.400q.6-.2 1.200 0" />
        </g>
      </Ground>
      {/* the bridge to the west gate */}
      <Face of={[[4.9, 16.3], [4.9, 14], [6.5, 14], [6.5, 16.3]]} fill={PAINT.waterDark} opacity={0.5} />
      <Face of={[[4.8, 14, 0.1], [6.4, 14, 0.1], [6.4, 15.15, 0.45], [4.8, 15.15, 0.45]]} fill="#e9dfca" />
      <Face of={[[4.8, 15.15, 0.45], [6.4, 15.15, 0.45], [6.4, 16.3, 0.1], [4.8, 16.3, 0.1]]} fill="#f2e9d6" />
      <Face
        of={[
          [6.4, 14, 0.1],
          [6.4, 15.15, 0.45],
          [6.4, 16.3, 0.1],
          [6.4, 16.3, 0.45],
          [6.4, 15.15, 0.85],
          [6.4, 14, 0.45],
        ]}
        fill={PAINT.stoneDark}
      />
      <Face
        of={[
          [4.8, 14, 0.1],
          [4.8, 15.15, 0.45],
          [4.8, 16.3, 0.1],
          [4.8, 16.3, 0.4],
          [4.8, 15.15, 0.8],
          [4.8, 14, 0.4],
        ]}
        fill={PAINT.stone}
        opacity={0.85}
      />
    </g>
  );
}

/** Hanging twigs: out over the crown's shoulder, then straight down, longest half way out. */
function fronds(cx: number, top: number, reach: number, seed: number): string {
  const count = 13;
  return Array.from({ length: count }, (_, n) => {
    const side = (n - (count - 1) / 2) / ((count - 1) / 2);
    const x = cx + side * reach;
    const fall = 34 + ((n * 29 + seed * 17) % 19) + 12 * (1 - Math.abs(Math.abs(side) - 0.6));
    const shoulder = top + 16 * side * side;
    const [px, py, end] = [x, shoulder - 10, shoulder + fall].map((each) => each.toFixed(1));
    return `M${(cx + side * reach * 0.45).toFixed(1)} ${top}Q${px} ${py} ${px} ${end}`;
  }).join("");
}

/** A willow: a light crown with three layers of falling twigs. */
export function Willow({ spot, late }: { spot: Spot; late?: boolean }) {
  const [x, y] = at(spot);
  const top = y - 74;
  return (
    <g class="willow" data-late={late}>
      <ellipse cx={x + 12} cy={y + 2} rx="36" ry="12" fill={PAINT.shade} opacity="0.12" />
      <path d={`M${x - 4} ${y}q4-30-3-62l7-1q0 32 6 63z`} fill={PAINT.trunk} />
      <path d={`M${x - 2} ${y - 44}q-8-10-14-16M${x + 2} ${y - 48}q7-9 14-13`} fill="none" stroke={PAINT.trunk} stroke-width="3" stroke-linecap="round" />
      <g class="crown" fill="none" stroke-linecap="round">
        <path d={fronds(x + 2, top + 6, 37, 1)} stroke="#7c9d59" stroke-width="2.400" />
        <path d={`M${x - 30} ${top + 12}q-2-22 22-26q14-12 28 0q20 4 16 26q-10 8-32 7q-24 2-34-7z`} fill="#9dbd73" />
        <path d={fronds(x, top + 1, 33, 2)} stroke="#94b56a" stroke-width="2.600" />
        <path d={fronds(x - 2, top - 5, 27, 3)} stroke="#b3cd87" stroke-width="2.200" />
        <path d={`M${x - 20} ${top - 2}q4-12 18-13`} stroke="#c8dc9f" stroke-width="4" />
      </g>
    </g>
  );
}

/** A round osmanthus tree. */
export function Tree({ spot, size = 1 }: { spot: Spot; size?: number }) {
  const [x, y] = at(spot);
  return (
    <g transform={`translate(${x} ${y}) scale(${size})`}>
      <ellipse cx="8" cy="2" rx="24" ry="9" fill={PAINT.shade} opacity="0.13" />
      <path d="M-3 0q1-12 0-20h6q-1 10 1 20z" fill={PAINT.trunk} />
      <circle cx="0" cy="-34" r="22" fill={PAINT.pine} />
      <circle cx="-7" cy="-40" r="14" fill="#86a878" />
      <g fill="#f0c869">
        <circle cx="-12" cy="-34" r="1.800" />
        <circle cx="2" cy="-46" r="1.800" />
        <circle cx="10" cy="-30" r="1.800" />
        <circle cx="-2" cy="-26" r="1.800" />
      </g>
    </g>
  );
}

export function Bench({ spot: [x, y] }: { spot: Spot }) {
  return (
    <Box from={[x, y, 0.25]} size={[1.5, 0.45, 0.12]} south="#a9794a" east="#8a6038" top="#c49560" />
  );
}
