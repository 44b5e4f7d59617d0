/** The product's few sounds, made of plain notes: two rising = come in, one low = please wait, one calm = noted. */

export type Chime = "welcome" | "pause" | "noted";

/** Notes as [frequency in Hz, start in s]; a pentatonic pair, soft enough for a stairwell at night. */
const NOTES: Readonly<Record<Chime, readonly (readonly [hz: number, at_s: number])[]>> = {
  welcome: [
    [587.33, 0],
    [880, 0.16],
  ],
  pause: [[220, 0]],
  noted: [[440, 0]],
};
const LENGTH_S = 0.32;
const LOUDNESS = 0.22;

let context: AudioContext | null = null;

/** Make sound possible: browsers allow it only from a touch on, so call this from one. */
export function primeChimes(): void {
  if (!("AudioContext" in globalThis)) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
}

/** Sound a chime where the browser allows it; silence is never an error. */
export function chime(which: Chime): void {
  if (context?.state !== "running") return;
  for (const [hz, at_s] of NOTES[which]) {
    const start_s = context.currentTime + at_s;
    const tone = new OscillatorNode(context, { type: "sine", frequency: hz });
    const level = new GainNode(context, { gain: 0 });
    level.gain.setValueAtTime(0, start_s);
    level.gain.linearRampToValueAtTime(LOUDNESS, start_s + 0.02);
    level.gain.exponentialRampToValueAtTime(0.001, start_s + LENGTH_S);
    tone.connect(level).connect(context.destination);
    tone.start(start_s);
    tone.stop(start_s + LENGTH_S);
  }
}
