/** The motion sensor behind its permission, and what to do at a shake. */

import { signal } from "@preact/signals";

import { type Axes, ShakeDetector } from "./detector";

/** `none`: no sensor seen yet; `ask`: a touch must allow it; `works`: readings arrive. */
export const motion = signal<"none" | "ask" | "denied" | "works">("none");

interface AskingMotionEvent {
  requestPermission?: () => Promise<PermissionState>;
}

function axesOf(reading: DeviceMotionEventAcceleration | null): Axes | null {
  if (reading === null) return null;
  const { x, y, z } = reading;
  return x === null || y === null || z === null ? null : [x, y, z];
}

/** Call back at each shake while the page is in sight, once the sensor is allowed. */
export function watchShakes(onShake: () => void): void {
  const detector = new ShakeDetector();
  addEventListener("devicemotion", (event) => {
    if (document.hidden) return;
    const free = axesOf(event.acceleration);
    const held = axesOf(event.accelerationIncludingGravity);
    if (free === null && held === null) return; // a machine without the sensor sends one empty event
    motion.value = "works";
    const shaken =
      free !== null
        ? detector.feed(free, event.timeStamp)
        : held !== null && detector.feedWithGravity(held, event.timeStamp);
    if (shaken) onShake();
  });
}

/** Ask to use the sensor; iOS answers without a touch only where it was allowed before. */
export async function allowMotion(touched: boolean): Promise<void> {
  if (!("DeviceMotionEvent" in globalThis)) return;
  const { requestPermission } = DeviceMotionEvent as unknown as AskingMotionEvent;
  if (requestPermission === undefined) return;
  try {
    const answer = await requestPermission.call(DeviceMotionEvent);
    if (motion.value === "works") return;
    motion.value = answer === "granted" ? "none" : "denied";
  } catch {
    motion.value = touched ? "denied" : "ask";
  }
}
