/** "Are you still there?" over the whole screen, before the visit is forgotten. */
import { say } from "@linli/shared/i18n";
import { useEffect, useRef } from "preact/hooks";

import { here } from "../idle";
import { announce } from "../voice";
import { w } from "../words";

export function Still({ seconds }: { seconds: number }) {
  const ref = useRef<HTMLDialogElement>(null);
  const sentence = `${say(w.stillTitle)}${say(w.stillLine)}`;
  useEffect(() => {
    ref.current?.showModal();
    announce(sentence);
    return () => announce("");
  }, []);
  return (
    <dialog
      class="still"
      ref={ref}
      aria-labelledby="still-title"
      onCancel={(event) => {
        event.preventDefault(); // Escape answers the question like the key does
        here();
      }}
    >
      <div>
        <h1 id="still-title">{say(w.stillTitle)}</h1>
        <p class="lead">{say(w.stillLine)}</p>
        <button type="button" class="button" onClick={here}>
          {say(w.stillButton)}
        </button>
        <p class="count">{say(w.stillCount, { seconds })}</p>
      </div>
    </dialog>
  );
}
