/** What a shake is, in numbers; knows no sensor and no clock. */

/** Faster than any walking (6 m/s² was measured not to fire), slower than a throw. */
const STRONG_MS2 = 12;
/** To and fro twice within a second is meant. */
const MORE_TURNS_THAN = 3;
const WINDOW_MS = 1_000;
/** After a shake the arm may come to rest without opening a second time. */
const REST_MS = 3_000;
/** Share of the old value in the running estimate of gravity, at 60 readings a second. */
const GRAVITY_MEMORY = 0.9;

export type Axes = readonly [x: number, y: number, z: number];

/** Tells a shake from walking; fed with readings, it knows no sensor and no clock. */
export class ShakeDetector {
  private gravity: Axes | null = null;
  private signs: [number, number, number] = [0, 0, 0];
  private turns: [number[], number[], number[]] = [[], [], []];
  private restUntil_ms = Number.NEGATIVE_INFINITY;

  /** A reading without gravity. Answers whether it completes a shake. */
  feed(acceleration: Axes, at_ms: number): boolean {
    let shaken = false;
    for (const axis of [0, 1, 2] as const) {
      const value = acceleration[axis];
      if (Math.abs(value) < STRONG_MS2) continue;
      const sign = Math.sign(value);
      const turns = this.turns[axis].filter((each) => at_ms - each < WINDOW_MS);
      if (this.signs[axis] === -sign) turns.push(at_ms);
      this.signs[axis] = sign;
      this.turns[axis] = turns;
      shaken ||= turns.length > MORE_TURNS_THAN;
    }
    if (!shaken || at_ms < this.restUntil_ms) return false;
    this.restUntil_ms = at_ms + REST_MS;
    this.turns = [[], [], []];
    return true;
  }

  /** A reading that still holds gravity: what changes slowly is gravity, the rest is the hand. */
  feedWithGravity(reading: Axes, at_ms: number): boolean {
    const old = this.gravity ?? reading;
    const mix = (axis: 0 | 1 | 2) => old[axis] * GRAVITY_MEMORY + reading[axis] * (1 - GRAVITY_MEMORY);
    const gravity: Axes = [mix(0), mix(1), mix(2)];
    this.gravity = gravity;
    return this.feed(
      [reading[0] - gravity[0], reading[1] - gravity[1], reading[2] - gravity[2]],
      at_ms,
    );
  }
}
