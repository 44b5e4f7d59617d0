/** What stands between the houses: gates and wall, activity room, property office with the hub, kiosk. */
import { dooring, hubAwake, kioskNow, pointLit, readerOf } from "../state";
import { PAINT } from "./colours";
import { DoorPanel } from "./houses";
import { Box, East, Face, Ground, South, type Spot } from "./iso";

interface RoofProps {
  from: Spot;
  size: readonly [x: number, y: number];
  rise: number;
}

/** A low hipped roof of dark tiles with turned-up eaves. */
function TileRoof({ from: [x, y, z = 0], size: [w, d], rise }: RoofProps) {
  const [x0, x1, y0, y1] = [x - 0.45, x + w + 0.45, y - 0.45, y + d + 0.45];
  const [r0, r1, middle] = [x + d / 2, x + w - d / 2, y + d / 2];
  return (
    <g>
      <Face of={[[x1, y1, z], [x1, y0, z], [r1, middle, z + rise]]} fill={PAINT.tileDark} />
      <Face of={[[x0, y1, z], [x1, y1, z], [r1, middle, z + rise], [r0, middle, z + rise]]} fill={PAINT.tile} />
      {[0.3, 0.6].map((part) => (
        <Face
          key={part}
          of={[
            [x0 + (r0 - x0) * part, y1 + (middle - y1) * part, z + rise * part],
            [x1 + (r1 - x1) * part, y1 + (middle - y1) * part, z + rise * part],
            [x1 + (r1 - x1) * part, y1 + (middle - y1) * part - 0.07, z + rise * part + 0.05],
            [x0 + (r0 - x0) * part, y1 + (middle - y1) * part - 0.07, z + rise * part + 0.05],
          ]}
          fill={PAINT.tileLight}
        />
      ))}
      <Face
        of={[
          [r0 - 0.2, middle, z + rise],
          [r1 + 0.2, middle, z + rise],
          [r1 + 0.35, middle, z + rise + 0.28],
          [r0 - 0.35, middle, z + rise + 0.28],
        ]}
        fill={PAINT.tileDark}
      />
      <Face of={[[x0, y1, z], [x1, y1, z], [x1, y1, z - 0.14], [x0, y1, z - 0.14]]} fill={PAINT.tileDark} />
    </g>
  );
}

function Room({ from: [x, y], size: [w, d, h] }: { from: Spot; size: readonly [number, number, number] }) {
  return (
    <>
      <Face
        of={[
          [x + w, y + d],
          [x + w + 1.3, y + d - 0.6],
          [x + w + 1.3, y - 0.6],
          [x + w, y],
        ]}
        fill={PAINT.shade}
        opacity={0.12}
      />
      <Face of={[[x, y + d], [x + w, y + d], [x + w, y + d, h], [x, y + d, h]]} fill={PAINT.wall} />
      <Face of={[[x + w, y + d], [x + w, y], [x + w, y, h], [x + w, y + d, h]]} fill={PAINT.wallShade} />
    </>
  );
}

/** The activity room: lattice windows, an open door, the card point on its post. */
export function Hall() {
  return (
    <g>
      <Room from={[1.5, 8.8]} size={[4.3, 3.2, 2.1]} />
      <South from={[1.5, 12, 2.1]}>
        <rect x="0" y="1.75" width="4.3" height="0.35" fill={PAINT.stone} />
        <rect x="1.7" y="0.55" width="1" height="1.55" fill="#8d5b3a" />
        <rect x="1.78" y="0.62" width="0.42" height="1.48" fill={PAINT.inside} />
        <path d="M1.78 1.100h.42M1.780 1.560h.42" stroke="#8d5b3a" stroke-width="0.05" />
        {[0.35, 3].map((u) => (
          <g key={u}>
            <rect x={u} y="0.65" width="0.95" height="0.8" fill="#8d5b3a" />
            <rect x={u + 0.07} y="0.72" width="0.81" height="0.66" fill="#ffe7b5" />
            <path d={`M${u + 0.34} .720v.66M${u + 0.61} .720v.66M${u + 0.07} .940h.81M${u + 0.07} 1.160h.81`} stroke="#8d5b3a" stroke-width="0.05" />
          </g>
        ))}
      </South>
      <East from={[5.8, 12, 2.1]}>
        <circle cx="1.6" cy="1" r="0.5" fill="#c8b592" />
        <circle cx="1.6" cy="1" r="0.4" fill="#9eb3b0" />
        <path d="M1.600 .6v.8M1.200 1h.8" stroke="#c8b592" stroke-width="0.06" />
      </East>
      <TileRoof from={[1.5, 8.8, 2.1]} size={[4.3, 3.2]} rise={1.25} />
      <Box from={[5.1, 12.15, 0]} size={[0.28, 0.28, 1]} south="#7c8a8c" east="#5f6c6e" top="#98a5a6" />
      <South from={[5.02, 12.44, 1.3]}>
        <rect x="0" y="0" width="0.46" height="0.5" rx="0.08" fill={PAINT.metal} />
        <rect class="eye" data-lit={pointLit.value} x="0.12" y="0.1" width="0.22" height="0.14" />
      </South>
    </g>
  );
}

/** The property office; the hub is the small box on its wall. */
export function Office() {
  return (
    <g>
      <Room from={[16.9, 8.6]} size={[4.6, 2.4, 2]} />
      <South from={[16.9, 11, 2]}>
        <rect x="0" y="1.65" width="4.6" height="0.35" fill={PAINT.stone} />
        <rect x="2.35" y="0.5" width="0.9" height="1.5" fill={PAINT.door} />
        <rect x="2.47" y="0.62" width="0.66" height="0.55" fill="#a7c0b4" />
        <rect x="3.5" y="0.6" width="0.85" height="0.75" fill={PAINT.frame} />
        <rect x="3.56" y="0.66" width="0.73" height="0.63" fill={PAINT.windowLit} />
      </South>
      <TileRoof from={[16.9, 8.6, 2]} size={[4.6, 2.4]} rise={1} />
      <Hub />
    </g>
  );
}

function Hub() {
  return (
    <g>
      <Box from={[17.55, 11, 0.55]} size={[1.15, 0.35, 0.95]} south="#1d6b54" east="#0e4333" top="#2c8267" />
      <South from={[17.55, 11.35, 1.5]}>
        <path d="M.22 .72v-.26a.15.15 0 0 1 .3 0v.26z" fill="#f8f3ea" />
        <path d="M.6 .72v-.38a.15.15 0 0 1 .3 0v.38z" fill="#f0a732" />
        <circle class="hub-light" data-awake={hubAwake.value} cx="0.95" cy="0.18" r="0.07" />
      </South>
    </g>
  );
}

/** The kiosk under its little roof; a slip comes out when a bill is paid. */
export function Kiosk() {
  const now = kioskNow.value;
  return (
    <g>
      <Face of={[[15.3, 13], [16.2, 12.6], [16.2, 12], [15.3, 12.4]]} fill={PAINT.shade} opacity={0.13} />
      <Box from={[14.05, 12.35, 0]} size={[1.1, 0.55, 2]} south="#efe9dd" east="#cfc5b2" top="#dcd3c2" />
      <South from={[14.05, 12.9, 2]}>
        <rect x="0.14" y="0.16" width="0.82" height="1" rx="0.05" fill="#16352b" />
        <rect class="glass" data-state={now.state} x="0.18" y="0.2" width="0.74" height="0.92" rx="0.04" />
        {now.state === "code" && (
          <path d="M.32 .38h.18v.18h-.18zM.6 .38h.18v.18h-.18zM.32 .66h.18v.18h-.18zM.6 .66h.08v.08h-.08zM.7 .76h.08v.08h-.08z" fill="#111" />
        )}
        {now.state === "paid" && <path d="M.35 .66l.15.17 .27-.36" fill="none" stroke="#fff" stroke-width="0.1" />}
        {now.state === "bills" && <path d="M.3 .42h.5M.3 .6h.5M.3 .78h.34" stroke="#16352b" stroke-width="0.07" />}
        <rect x="0.2" y="1.3" width="0.34" height="0.3" rx="0.05" fill={PAINT.metal} />
        <rect x="0.64" y="1.34" width="0.3" height="0.06" fill="#222" />
        <rect class="slip" data-out={now.state === "paid"} x="0.67" y="1.38" width="0.24" height="0.42" fill="#fff" />
      </South>
      <Box
        from={[13.85, 12.1, 2.15]}
        size={[1.5, 1.2, 0.14]}
        south={PAINT.tile}
        east={PAINT.tileDark}
        top={PAINT.tileLight}
      />
      <Box from={[15.1, 12.2, 2]} size={[0.08, 0.08, 0.2]} south={PAINT.metal} east={PAINT.metal} top={PAINT.metal} />
    </g>
  );
}

function Wall({ along, from, to, at }: { along: "x" | "y"; from: number; to: number; at: number }) {
  const h = 1.15;
  return along === "y" ? (
    <g>
      <Face of={[[at, to], [at, from], [at, from, h], [at, to, h]]} fill="#efe4d0" />
      <Face
        of={[
          [at + 0.12, to, h],
          [at + 0.12, from, h],
          [at - 0.1, from, h + 0.22],
          [at - 0.1, to, h + 0.22],
        ]}
        fill={PAINT.tileDark}
      />
    </g>
  ) : (
    <g>
      <Face of={[[from, at], [to, at], [to, at, h], [from, at, h]]} fill={PAINT.wall} />
      <Face
        of={[
          [from, at + 0.12, h],
          [to, at + 0.12, h],
          [to, at - 0.1, h + 0.22],
          [from, at - 0.1, h + 0.22],
        ]}
        fill={PAINT.tile}
      />
    </g>
  );
}

/** The east gate: two pillars, a tiled lintel with the village's name, a barred leaf that swings. */
export function EastGate({ name }: { name: string }) {
  const open = dooring("gate-east");
  return (
    <g>
      <Wall along="y" from={0.8} to={9.2} at={24.3} />
      <Ground from={[24.3, 10.6]}>
        <path class="glow" data-open={open.value} d="M0-.8v1.600l-2.200.7v-3z" fill="url(#spill-east)" />
      </Ground>
      <Box from={[24, 9.1, 0]} size={[0.55, 0.5, 2.7]} south="#f6ecd9" east="#dccdb3" top={PAINT.stone} />
      <g class="door" data-open={open.value} data-place="gate-east">
        <East from={[24.3, 11.7, 2.35]}>
          <rect class="inside" x="0" y="0.25" width="2.1" height="2.1" opacity="0.9" />
          <g class="leaf">
            <path d="M0 .4h2.100M0 2.200h2.100" stroke={PAINT.doorDark} stroke-width="0.12" />
            <path d="M.1 .3v2.050M.45 .3v2.050M.8 .3v2.050M1.150 .3v2.050M1.500 .3v2.050M1.850 .3v2.050M2.050 .3v2.050" stroke={PAINT.door} stroke-width="0.1" />
          </g>
        </East>
      </g>
      <Box from={[24, 11.7, 0]} size={[0.55, 0.5, 2.7]} south="#f6ecd9" east="#dccdb3" top={PAINT.stone} />
      {readerOf("gate-east")?.panel && (
        <East from={[24.55, 12.2, 1.8]}>
          <DoorPanel u={0.08} v={0.1} />
        </East>
      )}
      <Box from={[23.95, 8.9, 2.6]} size={[0.65, 3.5, 1]} south="#f6ecd9" east="#f2e5cc" top={PAINT.stone} />
      <East from={[24.6, 12.4, 3.6]}>
        <text x="1.75" y="0.78" class="paint lintel" text-anchor="middle" font-size="0.52" lang="zh-Hans">
          {name}
        </text>
      </East>
      <Face
        of={[
          [24.8, 12.75, 3.58],
          [24.8, 8.55, 3.58],
          [24.25, 8.85, 4.15],
          [24.25, 12.45, 4.15],
        ]}
        fill={PAINT.tileDark}
      />
      <Face of={[[23.7, 12.75, 3.58], [24.8, 12.75, 3.58], [24.25, 12.45, 4.15]]} fill={PAINT.tile} />
      <East from={[24.55, 9.6, 1.5]}>
        <rect x="0.1" y="0.05" width="0.3" height="0.48" rx="0.06" fill={PAINT.metal} />
        <rect class="eye" data-lit={open.value} x="0.18" y="0.13" width="0.14" height="0.09" />
      </East>
      <Wall along="y" from={12.3} to={14.1} at={24.3} />
      <Wall along="y" from={16.2} to={18.1} at={24.3} />
    </g>
  );
}

/** The west gate: a round moon gate in the white wall along the creek. */
export function WestGate() {
  const open = dooring("gate-west");
  return (
    <g>
      <Wall along="x" from={0.8} to={3.9} at={18.1} />
      <Wall along="x" from={7.5} to={24.3} at={18.1} />
      <Face of={[[3.7, 18.1], [7.6, 18.1], [7.6, 18.1, 2.6], [3.7, 18.1, 2.6]]} fill={PAINT.wall} />
      <Face of={[[3.5, 18.25, 2.6], [7.8, 18.25, 2.6], [7.8, 17.9, 2.95], [3.5, 17.9, 2.95]]} fill={PAINT.tile} />
      <Face of={[[3.5, 18.25, 2.6], [7.8, 18.25, 2.6], [7.8, 18.25, 2.48], [3.5, 18.25, 2.48]]} fill={PAINT.tileDark} />
      <South from={[3.7, 18.1, 2.6]} class="door-plane">
        <g class="door" data-open={open.value} data-place="gate-west">
          <circle cx="1.9" cy="1.45" r="1.16" fill="#cfc3ac" />
          <circle class="inside" cx="1.9" cy="1.45" r="1.02" />
          <path d="M.88 1.450a1.020 1.020 0 0 1 2.040 0" fill="#b8c894" opacity="0.35" />
          <g class="leaf">
            <path d="M1.900 .43a1.020 1.020 0 0 0 0 2.040z" fill={PAINT.door} />
            <path d="M1.900 .43a1.020 1.020 0 0 1 0 2.040z" fill="#457a63" />
            <path d="M1.900 .43v2.040" stroke={PAINT.doorDark} stroke-width="0.05" />
            <circle cx="1.74" cy="1.45" r="0.08" fill={PAINT.brass} />
            <circle cx="2.06" cy="1.45" r="0.08" fill={PAINT.brass} />
          </g>
          <rect x="3.25" y="1.05" width="0.3" height="0.48" rx="0.06" fill={PAINT.metal} />
          <rect class="eye" x="3.33" y="1.13" width="0.14" height="0.09" />
        </g>
      </South>
      <Ground from={[5.6, 18.1]}>
        <path class="glow" data-open={open.value} d="M-.7 0h1.400l.3.85h-2z" fill="url(#spill)" />
      </Ground>
    </g>
  );
}
