/** This page's own picture before the town's camera: a webcam, or a photo that is held up and waved. */
import { signal } from "@preact/signals";

import { town as wire } from "./town";

/** As large as the town's camera; more says nothing new of a face at a door. */
export const WIDTH_PX = 640;
export const HEIGHT_PX = 480;
/** The hub fetches four pictures a second; a little more often there is always a new one. */
const EACH_MS = 200;
const QUALITY = 0.85;
/** A photo in a hand fills this share of the picture's height. */
const PHOTO_SHARE = 0.82;
const BORDER_PX = 10;

/** What is shown of it here: mirrored where it is oneself. */
export const canvas = signal<HTMLCanvasElement | null>(null);
export const mirrored = signal(false);

type Draw = (pen: CanvasRenderingContext2D, at_s: number) => void;

let running = 0;
let stream: MediaStream | null = null;
let video: HTMLVideoElement | null = null;

function letGo(): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
  [stream, video] = [null, null];
}

/** Nothing of this page is sent any more, and its camera is off. */
export function stop(): void {
  running += 1;
  letGo();
  [canvas.value, mirrored.value] = [null, false];
}

/** The middle of a picture, as large as it fills a box. */
function cover(pen: CanvasRenderingContext2D, from: CanvasImageSource, width: number, height: number): void {
  const scale = Math.max(WIDTH_PX / width, HEIGHT_PX / height);
  const [wide, high] = [width * scale, height * scale];
  pen.drawImage(from, (WIDTH_PX - wide) / 2, (HEIGHT_PX - high) / 2, wide, high);
}

function ground(pen: CanvasRenderingContext2D): void {
  pen.fillStyle = "#b2aca0";
  pen.fillRect(0, 0, WIDTH_PX, HEIGHT_PX);
}

/** A print in a hand: it sways and tilts, and the face on it always looks the same way. */
function held(from: CanvasImageSource, width: number, height: number): Draw {
  const scale = Math.min((HEIGHT_PX * PHOTO_SHARE) / height, (WIDTH_PX * PHOTO_SHARE) / width);
  const [wide, high] = [width * scale, height * scale];
  return (pen, at_s) => {
    ground(pen);
    pen.save();
    pen.translate(WIDTH_PX / 2 + 9 * Math.sin(at_s * 1.1), HEIGHT_PX / 2 + 6 * Math.sin(at_s * 1.9));
    pen.rotate(0.06 * Math.sin(at_s * 1.7));
    pen.fillStyle = "#f6f4ee";
    pen.fillRect(-wide / 2 - BORDER_PX, -high / 2 - BORDER_PX, wide + 2 * BORDER_PX, high + 2 * BORDER_PX);
    pen.drawImage(from, -wide / 2, -high / 2, wide, high);
    pen.restore();
  };
}

function asJpeg(from: HTMLCanvasElement): Promise<Blob | null> {
  return new Promise((done) => {
    from.toBlob(done, "image/jpeg", QUALITY);
  });
}

/** Draw and send until something else stands there. */
async function run(draw: Draw, key: string): Promise<void> {
  running += 1;
  const mine = running;
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [WIDTH_PX, HEIGHT_PX];
  const pen = sheet.getContext("2d");
  if (pen === null) return;
  canvas.value = sheet;
  while (running === mine) {
    const began_ms = performance.now();
    draw(pen, began_ms / 1_000);
    const picture = await asJpeg(sheet);
    if (picture !== null && running === mine && !(await wire.faceFrame(key, picture))) {
      stop(); // somebody else has stepped up
      return;
    }
    await new Promise((next) => setTimeout(next, Math.max(20, EACH_MS - (performance.now() - began_ms))));
  }
}

/** Open this browser's camera; false where there is none or nobody may. */
export async function openCamera(): Promise<boolean> {
  stop();
  const wanted = { video: { width: { ideal: WIDTH_PX }, facingMode: "user" }, audio: false };
  try {
    const found = await navigator.mediaDevices?.getUserMedia(wanted);
    if (found === undefined) return false;
    stream = found;
    video = document.createElement("video");
    Object.assign(video, { muted: true, playsInline: true, srcObject: found });
    await video.play();
    return true;
  } catch {
    letGo();
    return false;
  }
}

/** What the opened camera sees; held still, its last picture becomes a print. */
export function showCamera(key: string, still: boolean): void {
  const from = video;
  if (from === null) return;
  mirrored.value = !still;
  if (!still) {
    void run((pen) => cover(pen, from, from.videoWidth, from.videoHeight), key);
    return;
  }
  const print = document.createElement("canvas");
  [print.width, print.height] = [WIDTH_PX, HEIGHT_PX];
  const pen = print.getContext("2d");
  if (pen === null) return;
  cover(pen, from, from.videoWidth, from.videoHeight);
  void run(held(print, WIDTH_PX, HEIGHT_PX), key);
}

/** Read a photo; null where the file is no picture. */
export async function readPhoto(file: File): Promise<ImageBitmap | null> {
  return createImageBitmap(file).catch(() => null);
}

/** Hold a photo before the camera. */
export function showPhoto(key: string, photo: ImageBitmap): void {
  letGo();
  mirrored.value = false;
  void run(held(photo, photo.width, photo.height), key);
}
