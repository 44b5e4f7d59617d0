/** The cameras of the doors: a camera that nobody looks at is never passed over in silence. */

import type { CameraShown } from "@linli/shared/api.gen";
import { Card, StatusLine, type Tone } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { reasonWords } from "@linli/shared/reasons";

import { cameraWords as words } from "./camera_words";

const TONES: Readonly<Record<CameraShown["state"], Tone>> = {
  door_unknown: "grave",
  unused: "calm",
  starting: "wait",
  looking: "good",
  silent: "mind",
  over: "calm",
};

function standing(camera: CameraShown): string {
  if (camera.state === "silent" && camera.reason) return say(reasonWords(camera.reason));
  return say(words[camera.state], { door: camera.door });
}

export function Cameras({ cameras }: { cameras: readonly CameraShown[] }) {
  return (
    <Card data-face-cameras>
      <h2>{say(words.title)}</h2>
      <p class="soft small">{say(cameras.length > 0 ? words.line : words.none)}</p>
      <ul class="face-doors">
        {cameras.map((camera) => (
          <li key={camera.name} data-camera={camera.name} data-state={camera.state}>
            <strong>{camera.door_name ? say(camera.door_name) : camera.door}</strong>
            <p class="soft small">{camera.name}</p>
            <StatusLine tone={TONES[camera.state]}>{standing(camera)}</StatusLine>
          </li>
        ))}
      </ul>
    </Card>
  );
}
