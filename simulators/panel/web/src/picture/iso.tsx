/**
 * The model's geometry: x goes right and down, y left and down, z up; one unit is about a metre and a half.
 * Flat drawings are laid on three kinds of plane: ground, fronts that look left (south), sides that look right (east).
 */
import type { ComponentChildren } from "preact";

export const VIEW = { width: 1250, height: 880 } as const;
/** Screen pixels of one unit: sideways, towards the viewer, upwards. */
export const A = 27;
export const B = 13.5;
export const C = 27;
const ORIGIN = { x: 546, y: 226 } as const;

export type Spot = readonly [x: number, y: number, z?: number];

/** Where a spot of the model is on the picture. */
export function at([x, y, z = 0]: Spot): [number, number] {
  return [ORIGIN.x + (x - y) * A, ORIGIN.y + (x + y) * B - z * C];
}

export function points(spots: readonly Spot[]): string {
  return spots.map((spot) => at(spot).map((each) => each.toFixed(1)).join(",")).join(" ");
}

/** A flat shape in space. */
export function Face({ of, fill, ...rest }: { of: readonly Spot[]; fill: string; opacity?: number; class?: string }) {
  return <polygon points={points(of)} fill={fill} {...rest} />;
}

interface PlaneProps {
  /** The corner from which u runs right and v runs down (on the ground: left and down). */
  from: Spot;
  children: ComponentChildren;
  class?: string;
}

function plane(from: Spot, matrix: readonly number[]): string {
  return `matrix(${[...matrix, ...at(from)].map((each) => each.toFixed(2)).join(" ")})`;
}

/** A wall that looks left: u along x, v downwards. */
export function South({ from, children, ...rest }: PlaneProps) {
  return (
    <g transform={plane(from, [A, B, 0, C])} {...rest}>
      {children}
    </g>
  );
}

/** A wall that looks right: u against y, v downwards. */
export function East({ from, children, ...rest }: PlaneProps) {
  return (
    <g transform={plane(from, [A, -B, 0, C])} {...rest}>
      {children}
    </g>
  );
}

/** The ground: u along x, v along y. */
export function Ground({ from, children, ...rest }: PlaneProps) {
  return (
    <g transform={plane(from, [A, B, -A, B])} {...rest}>
      {children}
    </g>
  );
}

interface BoxProps {
  from: Spot;
  size: readonly [x: number, y: number, z: number];
  south: string;
  east: string;
  top: string;
}

/** A block with its three visible faces. */
export function Box({ from: [x, y, z = 0], size: [w, d, h], south, east, top }: BoxProps) {
  const [x1, y1, z1] = [x + w, y + d, z + h];
  return (
    <>
      <Face of={[[x, y1, z], [x1, y1, z], [x1, y1, z1], [x, y1, z1]]} fill={south} />
      <Face of={[[x1, y1, z], [x1, y, z], [x1, y, z1], [x1, y1, z1]]} fill={east} />
      <Face of={[[x, y, z1], [x1, y, z1], [x1, y1, z1], [x, y1, z1]]} fill={top} />
    </>
  );
}
