/** One photo, from the browser's camera or from a file; it leaves once and is kept nowhere. */

import { Button, Notice } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { faceWords as words } from "./facewords";

/** Wide enough for a face at arm's length; larger says nothing more. */
const WIDTH_PX = 1_280;
const QUALITY = 0.92;

const open = signal(false);
const failed = signal(false);

interface CameraProps {
  busy: boolean;
  onPhoto: (bytes: Uint8Array<ArrayBuffer>) => void;
}

function Finder({ busy, onPhoto }: CameraProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    let stream: MediaStream | null = null;
    let gone = false;
    const wanted = { video: { width: { ideal: WIDTH_PX }, facingMode: "user" }, audio: false };
    Promise.resolve(navigator.mediaDevices?.getUserMedia(wanted) ?? Promise.reject(new Error("none")))
      .then((found) => {
        stream = found;
        if (gone || !video.current) for (const track of found.getTracks()) track.stop();
        else video.current.srcObject = found;
      })
      .catch(() => {
        [failed.value, open.value] = [true, false];
      });
    return () => {
      gone = true;
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, []);

  function shoot(): void {
    const shown = video.current;
    if (!shown?.videoWidth) return;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [shown.videoWidth, shown.videoHeight];
    canvas.getContext("2d")?.drawImage(shown, 0, 0);
    canvas.toBlob(
      (blob) => {
        blob?.arrayBuffer().then((raw) => onPhoto(new Uint8Array(raw)));
      },
      "image/jpeg",
      QUALITY,
    );
  }

  return (
    <div class="face-finder">
      <video ref={video} autoplay muted playsinline />
      <div class="choices">
        <Button
          onClick={() => {
            open.value = false;
          }}
        >
          {say(words.stopCamera)}
        </Button>
        <Button look="main" disabled={busy} onClick={shoot}>
          {say(busy ? words.looking : words.shoot)}
        </Button>
      </div>
    </div>
  );
}

export function Camera({ busy, onPhoto }: CameraProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(
    () => () => {
      [open.value, failed.value] = [false, false];
    },
    [],
  );
  return (
    <div class="face-camera">
      {failed.value && (
        <Notice tone="mind" spoken>
          {say(words.noCamera)}
        </Notice>
      )}
      {open.value && <Finder busy={busy} onPhoto={onPhoto} />}
      <input
        ref={input}
        class="unseen"
        type="file"
        tabIndex={-1}
        aria-label={say(words.choosePhoto)}
        accept="image/jpeg,image/png,image/webp"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          file?.arrayBuffer().then((raw) => onPhoto(new Uint8Array(raw)));
        }}
      />
      <div class="choices">
        {!open.value && (
          <Button
            look="main"
            disabled={busy}
            onClick={() => {
              [open.value, failed.value] = [true, false];
            }}
          >
            {say(words.camera)}
          </Button>
        )}
        <Button disabled={busy} onClick={() => input.current?.click()}>
          {say(busy ? words.looking : words.choosePhoto)}
        </Button>
      </div>
    </div>
  );
}
