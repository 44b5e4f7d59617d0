/** The sign of Linli, two neighbouring doors with a light on in one, drawn as SVG and as PNG. */

import { crc32, deflateSync } from "node:zlib";

type Colour = readonly [red: number, green: number, blue: number];

const GROUND: Colour = [23, 96, 74];
const PAPER: Colour = [248, 243, 234];
const LIGHT: Colour = [240, 167, 50];

/** All on a grid of 64; a door is an arch: a half circle on a rectangle, standing on FLOOR. */
const GRID = 64;
const FLOOR = 49;
const DOORS = [
  { left: 14, width: 16, top: 22, colour: PAPER },
  { left: 34, width: 16, top: 15, colour: LIGHT },
] as const;
/** Samples a pixel side, for smooth edges. */
const SAMPLES = 4;

function hex(colour: Colour): string {
  return `#${colour.map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

/** The icon for browsers that take SVG. */
export function iconSvg(): string {
  const arches = DOORS.map(({ left, width, top, colour }) => {
    const radius = width / 2;
    const arch = `V${top + radius}a${radius} ${radius} 0 0 1 ${width} 0V${FLOOR}z`;
    return `<path fill="${hex(colour)}" d="M${left} ${FLOOR}${arch}"/>`;
  });
  const ground = `<rect width="${GRID}" height="${GRID}" fill="${hex(GROUND)}"/>`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${GRID} ${GRID}">`;
  return `${head}${ground}${arches.join("")}</svg>\n`;
}

function colourAt(x: number, y: number): Colour {
  for (const { left, width, top, colour } of DOORS) {
    const radius = width / 2;
    const dx = x - left - radius;
    const dy = Math.min(0, y - top - radius);
    if (y <= FLOOR && Math.abs(dx) <= radius && Math.hypot(dx, dy) <= radius) return colour;
  }
  return GROUND;
}

function pixel(column: number, row: number, side_px: number): Colour {
  const sum = [0, 0, 0];
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
    const x = column + ((sample % SAMPLES) + 0.5) / SAMPLES;
    const y = row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES;
    colourAt((x * GRID) / side_px, (y * GRID) / side_px).forEach((value, channel) => {
      sum[channel] = (sum[channel] ?? 0) + value;
    });
  }
  const [red = 0, green = 0, blue = 0] = sum.map((value) => Math.round(value / SAMPLES ** 2));
  return [red, green, blue];
}

function chunk(kind: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** The icon as a PNG (RFC 2083: 8-bit RGB, filter none) for home screens that take no SVG. */
export function iconPng(side_px: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side_px, 0);
  header.writeUInt32BE(side_px, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Array.from({ length: side_px }, (_, row) =>
    Buffer.from([0, ...Array.from({ length: side_px }, (__, column) => pixel(column, row, side_px)).flat()]),
  );
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(rows), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
