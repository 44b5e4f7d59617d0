/** Somebody rings: the door, and two large buttons. */

import { Button, Notice, Phrase } from "@linli/shared/bits";
import type { CallShown } from "@linli/shared/api.gen";
import { say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";

import { answer, left_s, missed } from "./ring";
import { visitWords } from "./visit-words";

export function Ringing({ call }: { call: CallShown }) {
  return (
    <main class="told ring">
      <div class="middle" role="alert">
        <span class="disc">
          <Icon name="bell" />
        </span>
        <h1>
          <Phrase>{say(visitWords.ringing)}</Phrase>
        </h1>
        {call.door_name && <p class="lead">{say(call.door_name)}</p>}
        <p class="soft">
          <Phrase>{say(visitWords.lookFirst)}</Phrase>
        </p>
      </div>
      <p class="soft figures left" role="timer">
        {say(visitWords.secondsLeft, { n: left_s.value })}
      </p>
      <div class="foot">
        <Button look="main" wide icon="doorOpen" onClick={() => answer(call, "open")}>
          {say(visitWords.letIn)}
        </Button>
        <Button wide icon="close" onClick={() => answer(call, "not_now")}>
          {say(visitWords.notNow)}
        </Button>
      </div>
    </main>
  );
}

/** The call ended before this phone could answer. */
export function Missed() {
  if (missed.value === null) return null;
  return (
    <div class="missed">
      <Notice tone="calm" icon="bell" spoken>
        {say(missed.value === "taken" ? visitWords.taken : visitWords.tooLate)}
      </Notice>
    </div>
  );
}
