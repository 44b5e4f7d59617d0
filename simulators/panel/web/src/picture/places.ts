/** Where people touch the model: doors, readers, signs. One list, so that drawing and plates agree. */
import type { Place } from "../town";
import { at, type Spot, VIEW } from "./iso";

interface Stand {
  /** Before the reader, where a card is held and a person stands. */
  reader: Spot;
  /** The house plate's middle. */
  plate: Spot;
  /** Where a person stands who comes to this door. */
  feet: Spot;
  /** The key over a panel's bell, where a door has one. */
  bell?: Spot;
  /** The key over its keypad, the same. */
  keypad?: Spot;
}

export const STANDS: Readonly<Record<Place, Stand>> = {
  "b1-u1": { reader: [4.3, 5.6, 1.0], plate: [3.4, 5.6, 2.55], feet: [4.4, 6.5] },
  "b1-u2": {
    reader: [8.3, 5.6, 1.0],
    plate: [7.4, 5.6, 2.55],
    feet: [8.4, 6.5],
    bell: [6.0, 5.6, 0.1],
    keypad: [9.3, 5.6, 0.4],
  },
  "b2-u1": { reader: [15.8, 5.6, 1.0], plate: [14.9, 5.6, 2.55], feet: [15.9, 6.5] },
  "b2-u2": { reader: [19.8, 5.6, 1.0], plate: [18.9, 5.6, 2.55], feet: [19.9, 6.5] },
  "gate-east": { reader: [24.3, 9.1, 1.0], plate: [24.3, 10.5, 4.75], feet: [23.2, 10.4], bell: [24.6, 12.1, 0.15] },
  "gate-west": { reader: [7.1, 18.1, 1.0], plate: [5.6, 18.1, 3.5], feet: [5.6, 17.2] },
  hall: { reader: [5.2, 12, 1.0], plate: [3.7, 12, 2.5], feet: [5.2, 12.8] },
  kiosk: { reader: [14.9, 12.9, 0.9], plate: [15.6, 12.6, 2.5], feet: [14.4, 13.8] },
};

/** The hub's box on the property office, and the switch in the wire that leads to it. */
export const HUB: Spot = [18.3, 11, 1.7];
export const HUB_SIGN: Spot = [19.2, 11, 3.1];
export const SWITCH: Spot = [13.9, 8.1, 4.05];
export const JOINT: Spot = [11, 7.6, 4.9];

/** The wire of each door's letters to the joint, from the wall down to the post. */
export const WIRES: Readonly<Record<Exclude<Place, "kiosk">, readonly Spot[]>> = {
  "b1-u1": [[4.45, 5.6, 1.3], [4.45, 5.6, 4.1], JOINT],
  "b1-u2": [[8.45, 5.6, 1.3], [8.45, 5.6, 4.1], JOINT],
  "b2-u1": [[15.95, 5.6, 1.3], [15.95, 5.6, 4.1], JOINT],
  "b2-u2": [[19.95, 5.6, 1.3], [19.95, 5.6, 4.1], [15.95, 5.6, 4.1], JOINT],
  "gate-east": [[24.2, 8.6, 2.6], [22.4, 7.4, 4.4], JOINT],
  "gate-west": [[7.4, 18, 2.6], [8.4, 13.6, 4.1], JOINT],
  hall: [[4.6, 10.4, 3.4], JOINT],
};
/** From the joint to the hub, over the switch. */
export const TRUNK: readonly Spot[] = [JOINT, SWITCH, [17.2, 8.6, 4.2], [18.3, 11, 2.4]];

/** A spot as percentages of the picture, for what is laid over it. */
export function percent(spot: Spot): { left: string; top: string } {
  const [x, y] = at(spot);
  return { left: `${((x / VIEW.width) * 100).toFixed(2)}%`, top: `${((y / VIEW.height) * 100).toFixed(2)}%` };
}
