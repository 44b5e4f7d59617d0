/** The two residential buildings: four floors (1, 2, 3, 3A), two units, doors that really open. */
import { dooring, readerOf } from "../state";
import type { Place } from "../town";
import { PAINT } from "./colours";
import { East, Face, Ground, South } from "./iso";

const FLOORS = ["3A", "3", "2", "1"] as const;
const FLOOR = 1.9;
const HEIGHT = FLOORS.length * FLOOR;
const [WIDTH, DEPTH] = [8, 3.6];
const UNIT = 4;

interface Paint {
  wall: string;
  shade: string;
}

function Window({ u, v, lit, flowers }: { u: number; v: number; lit: boolean; flowers?: boolean }) {
  return (
    <g>
      <rect x={u - 0.06} y={v - 0.06} width="0.97" height="1.07" fill={PAINT.frame} />
      <rect x={u} y={v} width="0.85" height="0.95" fill={lit ? PAINT.windowLit : PAINT.window} />
      <path d={`M${u + 0.42} ${v}v.95M${u} ${v + 0.34}h.85`} stroke={PAINT.frame} stroke-width="0.06" />
      <rect x={u - 0.12} y={v + 0.99} width="1.09" height="0.1" fill={PAINT.band} />
      {flowers && (
        <g>
          <rect x={u + 0.02} y={v + 0.86} width="0.8" height="0.2" fill="#a9684a" />
          <path d={`M${u + 0.12} ${v + 0.88}v-.22M${u + 0.4} ${v + 0.88}v-.3M${u + 0.7} ${v + 0.88}v-.2`} stroke={PAINT.leafDark} stroke-width="0.07" />
          <circle cx={u + 0.12} cy={v + 0.62} r="0.11" fill="#d9594c" />
          <circle cx={u + 0.4} cy={v + 0.54} r="0.12" fill="#e88a5a" />
          <circle cx={u + 0.7} cy={v + 0.64} r="0.11" fill="#d9594c" />
        </g>
      )}
    </g>
  );
}

/** A unit's door with its canopy, lamp, reader, and the light that falls out when it opens. */
export function UnitDoor({ place, u }: { place: Place; u: number }) {
  const open = dooring(place);
  const top = HEIGHT - 1.6;
  return (
    <g class="door" data-open={open.value} data-place={place}>
      <rect x={u - 0.62} y={top - 0.1} width="1.24" height="1.7" fill={PAINT.band} />
      <rect class="inside" x={u - 0.5} y={top} width="1" height="1.6" />
      <g class="leaf">
        <rect x={u - 0.5} y={top} width="1" height="1.6" fill={PAINT.door} />
        <rect x={u - 0.34} y={top + 0.16} width="0.68" height="0.6" fill="#88a99b" />
        <path d={`M${u + 0.34} ${top + 0.92}v.28`} stroke={PAINT.brass} stroke-width="0.09" />
      </g>
      <path d={`M${u - 0.85} ${top - 0.12}h1.7l-.15 -.2h-1.4z`} fill={PAINT.tile} />
      <rect x={u + 0.78} y={top + 0.45} width="0.3" height="0.48" rx="0.06" fill={PAINT.metal} />
      <rect class="eye" x={u + 0.86} y={top + 0.53} width="0.14" height="0.09" />
      <circle class="lamp" cx={u} cy={top - 0.5} r="0.13" />
      {readerOf(place)?.panel && <DoorPanel u={u - 1.12} v={top + 0.35} />}
    </g>
  );
}

/** Beside a door: a scanner's window over a bell. */
export function DoorPanel({ u, v }: { u: number; v: number }) {
  return (
    <g>
      <rect x={u} y={v} width="0.34" height="0.78" rx="0.06" fill={PAINT.metal} />
      <rect x={u + 0.06} y={v + 0.08} width="0.22" height="0.26" rx="0.03" fill="#12251f" />
      <circle cx={u + 0.17} cy={v + 0.57} r="0.09" fill={PAINT.brass} />
    </g>
  );
}

function Stairs({ u }: { u: number }) {
  return (
    <g>
      {[0, 1, 2].map((floor) => (
        <g key={floor}>
          <rect x={u - 0.3} y={floor * FLOOR + 1.35} width="0.6" height="0.75" fill={PAINT.frame} />
          <rect x={u - 0.24} y={floor * FLOOR + 1.41} width="0.48" height="0.63" fill="#b3c6c4" />
        </g>
      ))}
    </g>
  );
}

/** Windows with somebody at home; the elder's is 302 of unit 2, with flowers. */
function isLit(building: number, floor: number, column: number): boolean {
  return (building * 7 + floor * 5 + column * 3) % 4 === 0;
}

function Front({ building }: { building: 1 | 2 }) {
  const columns = [0.4, 2.75, 4.4, 6.75] as const;
  return (
    <g>
      {FLOORS.slice(1).map((name, at) => (
        <rect key={name} x="0" y={(at + 1) * FLOOR - 0.05} width={WIDTH} height="0.09" fill={PAINT.band} />
      ))}
      <rect x="3.94" y="0" width="0.12" height={HEIGHT} fill={PAINT.band} />
      {FLOORS.map((name, floor) =>
        columns.map((u, column) => {
          const elder = building === 1 && name === "3" && column === 3;
          return (
            <Window
              key={`${name}-${u}`}
              u={u}
              v={floor * FLOOR + 0.45}
              lit={elder || isLit(building, floor, column)}
              flowers={elder}
            />
          );
        }),
      )}
      {[2, UNIT + 2].map((u) => (
        <Stairs key={u} u={u} />
      ))}
      <path d={`M2.3 3.1h.9M6.3 5h.9`} stroke="#c9bda4" stroke-width="0.06" />
    </g>
  );
}

function Side({ building, paint }: { building: 1 | 2; paint: Paint }) {
  return (
    <g>
      {FLOORS.map((name, floor) => (
        <g key={name}>
          <rect x="1.3" y={floor * FLOOR + 0.5} width="0.9" height="0.9" fill={paint.wall} opacity="0.7" />
          <rect x="1.36" y={floor * FLOOR + 0.56} width="0.78" height="0.78" fill={isLit(building, floor, 5) ? "#f5cf87" : "#88a1a6"} />
          <text x="2.75" y={floor * FLOOR + 1.2} class="paint" font-size="0.55" fill="#b49f7c">
            {name}
          </text>
        </g>
      ))}
    </g>
  );
}

/** A gable roof, its ridge along x. */
function Roof({ x, y }: { x: number; y: number }) {
  const [x0, x1, y1] = [x - 0.35, x + WIDTH + 0.35, y + DEPTH + 0.45];
  const [middle, eave, ridge] = [y + DEPTH / 2, HEIGHT - 0.1, HEIGHT + 1.25];
  const courses = [0.25, 0.5, 0.75];
  return (
    <g>
      <Face of={[[x1, y1, eave], [x1, y - 0.45, eave], [x1, middle, ridge]]} fill={PAINT.tileDark} />
      <Face
        of={[
          [x1 - 0.3, y + DEPTH, HEIGHT],
          [x1 - 0.3, y, HEIGHT],
          [x1 - 0.3, middle, HEIGHT + 1],
        ]}
        fill={PAINT.wallShade}
      />
      <Face of={[[x0, y1, eave], [x1, y1, eave], [x1, middle, ridge], [x0, middle, ridge]]} fill={PAINT.tile} />
      {courses.map((part) => {
        const [cy, cz] = [y1 + (middle - y1) * part, eave + (ridge - eave) * part];
        return (
          <Face
            key={part}
            of={[[x0, cy, cz], [x1, cy, cz], [x1, cy - 0.08, cz + 0.06], [x0, cy - 0.08, cz + 0.06]]}
            fill={PAINT.tileLight}
          />
        );
      })}
      <Face
        of={[
          [x0, middle, ridge],
          [x1, middle, ridge],
          [x1, middle - 0.1, ridge + 0.18],
          [x0, middle - 0.1, ridge + 0.18],
        ]}
        fill={PAINT.tileDark}
      />
      <Face of={[[x0, y1, eave], [x1, y1, eave], [x1, y1, eave - 0.16], [x0, y1, eave - 0.16]]} fill={PAINT.tileDark} />
    </g>
  );
}

/** The light that falls on the ground before an open door. */
function Spill({ place, x, y }: { place: Place; x: number; y: number }) {
  const open = dooring(place);
  return (
    <Ground from={[x, y]} class="spill">
      <path class="glow" data-open={open.value} d="M-.5 0h1l.7 2.300h-2.400z" fill="url(#spill)" />
    </Ground>
  );
}

export function House({ building, x, y }: { building: 1 | 2; x: number; y: number }) {
  const paint: Paint = building === 1
    ? { wall: PAINT.wall, shade: PAINT.wallShade }
    : { wall: PAINT.apricot, shade: PAINT.apricotShade };
  const [x1, y1] = [x + WIDTH, y + DEPTH];
  const places = [`b${building}-u1`, `b${building}-u2`] as const;
  return (
    <g>
      <Face of={[[x1, y1], [x1 + 2.6, y1 - 1.1], [x1 + 2.6, y - 1.1], [x1, y]]} fill={PAINT.shade} opacity={0.13} />
      <Face of={[[x, y1], [x1, y1], [x1, y1, HEIGHT], [x, y1, HEIGHT]]} fill={paint.wall} />
      <Face of={[[x1, y1], [x1, y], [x1, y, HEIGHT], [x1, y1, HEIGHT]]} fill={paint.shade} />
      <South from={[x, y1, HEIGHT]}>
        <rect x="0" y={HEIGHT - 0.5} width={WIDTH} height="0.5" fill={PAINT.stone} />
        <Front building={building} />
        <UnitDoor place={places[0]} u={2} />
        <UnitDoor place={places[1]} u={UNIT + 2} />
      </South>
      <East from={[x1, y1, HEIGHT]}>
        <rect x="0" y={HEIGHT - 0.5} width={DEPTH} height="0.5" fill={PAINT.stoneDark} />
        <Side building={building} paint={paint} />
      </East>
      <Roof x={x} y={y} />
      <Spill place={places[0]} x={x + 2} y={y1} />
      <Spill place={places[1]} x={x + UNIT + 2} y={y1} />
    </g>
  );
}
