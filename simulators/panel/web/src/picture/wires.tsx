/** The town's wire: from every door to the joint, over the switch to the hub; cut, it hangs in two ends. */
import { useEffect, useRef } from "preact/hooks";

import { flying, type Letter, LETTER_MS, net } from "../state";
import type { Place } from "../town";
import { PAINT } from "./colours";
import { at, Box, type Spot } from "./iso";
import { HUB, JOINT, SWITCH, TRUNK, WIRES } from "./places";

/** A cable through spots: straight up a wall, sagging between masts. */
export function cable(spots: readonly Spot[], sag = 10): string {
  const [first, ...rest] = spots.map(at);
  if (first === undefined) return "";
  let before = first;
  let path = `M${first[0].toFixed(1)} ${first[1].toFixed(1)}`;
  for (const [x, y] of rest) {
    const upright = Math.abs(x - before[0]) < 1;
    const [mx, my] = [(before[0] + x) / 2, (before[1] + y) / 2 + (upright ? 0 : sag)];
    path += `Q${mx.toFixed(1)} ${my.toFixed(1)} ${x.toFixed(1)} ${y.toFixed(1)}`;
    before = [x, y];
  }
  return path;
}

function Pole({ spot: [x, y], height }: { spot: Spot; height: number }) {
  return (
    <Box from={[x - 0.07, y - 0.07, 0]} size={[0.14, 0.14, height]} south="#a98457" east="#83623c" top="#c29c6b" />
  );
}

export function Poles() {
  return (
    <g>
      <Pole spot={[JOINT[0], JOINT[1]]} height={5} />
      <Pole spot={[22.4, 7.4]} height={4.5} />
      <Pole spot={[8.4, 13.6]} height={4.2} />
      <Pole spot={[SWITCH[0], SWITCH[1]]} height={3.6} />
    </g>
  );
}

/** The two halves of the trunk left and right of the switch, joined or fallen. */
function Trunk({ cut }: { cut: boolean }) {
  const [sx, sy] = at(SWITCH);
  const [from, , over, to] = TRUNK as readonly [Spot, Spot, Spot, Spot];
  const [ox, oy] = at(over);
  const [tx, ty] = at(to);
  const [fx, fy] = at(from);
  const end = `Q${((ox + tx) / 2).toFixed(1)} ${((oy + ty) / 2 + 8).toFixed(1)} ${tx.toFixed(1)} ${ty.toFixed(1)}`;
  if (!cut) {
    return (
      <path
        class="cable trunk"
        d={`M${fx} ${fy}Q${(fx + sx) / 2} ${(fy + sy) / 2 + 12} ${sx} ${sy}Q${(sx + ox) / 2} ${(sy + oy) / 2 + 10} ${ox} ${oy}${end}`}
      />
    );
  }
  return (
    <g class="fallen">
      <path class="cable trunk" d={`M${fx} ${fy}Q${fx + 18} ${fy + 40} ${fx + 26} ${fy + 88}`} />
      <path class="cable trunk" d={`M${ox - 22} ${oy + 84}Q${ox - 16} ${oy + 36} ${ox} ${oy}${end}`} />
      <path class="frayed" d={`M${fx + 26} ${fy + 88}l-5 8m5-8l1 10m-1-10l7 6M${ox - 22} ${oy + 84}l-6 7m6-7l0 10m0-10l6 8`} />
    </g>
  );
}

export function Wires() {
  return (
    <g>
      {Object.entries(WIRES).map(([place, spots]) => (
        <path key={place} class="cable" d={cable(spots)} />
      ))}
      <Trunk cut={net.value.cut} />
    </g>
  );
}

/** A letter on its way from a door to the hub. */
function Flight({ letter }: { letter: Letter }) {
  const group = useRef<SVGGElement>(null);
  const track = useRef<SVGPathElement>(null);
  const way = cable([...(WIRES[letter.place as Exclude<Place, "kiosk">] ?? []), ...TRUNK.slice(1)], 6);
  useEffect(() => {
    const [path, drawn] = [track.current, group.current];
    if (path === null || drawn === null || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const length = path.getTotalLength();
    const steps = Array.from({ length: 25 }, (_, step) => {
      const { x, y } = path.getPointAtLength((length * step) / 24);
      return { transform: `translate(${x}px, ${y}px)` };
    });
    const flight = drawn.animate(steps, { duration: LETTER_MS, easing: "ease-in-out", fill: "both" });
    return () => flight.cancel();
  }, []);
  return (
    <g class="letter">
      <path ref={track} d={way} fill="none" />
      <g ref={group} transform={`translate(${at(HUB).join(" ")})`}>
        <Envelope />
      </g>
    </g>
  );
}

export function Envelope() {
  return (
    <g>
      <rect x="-11" y="-16" width="22" height="15" rx="2" fill="#fffdf6" stroke="#b0672f" stroke-width="1.600" />
      <path d="M-11-15l11 8.500 11-8.500" fill="none" stroke="#b0672f" stroke-width="1.600" />
    </g>
  );
}

export function Letters() {
  return (
    <g>
      {flying.value.map((letter) => (
        <Flight key={letter.id} letter={letter} />
      ))}
    </g>
  );
}

/** The switch box on its pole. */
export function SwitchBox() {
  const [x, y, z = 0] = SWITCH;
  return (
    <Box
      from={[x - 0.28, y - 0.28, z - 0.55]}
      size={[0.56, 0.56, 0.62]}
      south={net.value.cut ? "#b4552d" : "#d9a23f"}
      east={net.value.cut ? "#8f3f1e" : "#b07f28"}
      top={PAINT.brass}
    />
  );
}
