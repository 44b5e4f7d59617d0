/** A phone code on screen and on paper: large, with its end in sight. */

import type { PersonShown, PhoneCode } from "@linli/shared/api.gen";
import { Button, Dialog, Name, Notice } from "@linli/shared/bits";
import { clockTime, say } from "@linli/shared/i18n";
import { QrCode } from "@linli/shared/qr";
import { useEffect, useState } from "preact/hooks";

import { hubNow, site } from "./wall";
import { words } from "./words";

function leftMs(code: PhoneCode): number {
  return Date.parse(code.expires_at) - hubNow().getTime();
}

/** Milliseconds until the code ends, by the hub's clock, once a second. */
export function useLeftMs(code: PhoneCode): number {
  const [left, set] = useState(leftMs(code));
  useEffect(() => {
    set(leftMs(code));
    const timer = setInterval(() => set(leftMs(code)), 1_000);
    return () => clearInterval(timer);
  }, [code]);
  return left;
}

export function minutesAndSeconds(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

interface Props {
  person: PersonShown;
  code: PhoneCode;
  onAgain: (person: PersonShown) => void;
  onClose: () => void;
}

function Over({ person, onAgain }: Pick<Props, "person" | "onAgain">) {
  return (
    <>
      <Notice tone="mind" spoken>
        {say(words.codeOver)}
      </Notice>
      <Button look="main" icon="key" onClick={() => onAgain(person)}>
        {say(words.issue)}
      </Button>
    </>
  );
}

export function CodeSlip({ person, code, onAgain, onClose }: Props) {
  const left_ms = useLeftMs(code);
  const address = `${location.host}/phone/`;
  return (
    <Dialog title={say(words.codeTitle)} onClose={onClose}>
      <p class="code-for">
        <Name>{say(words.codeFor, { name: person.name, house: person.house })}</Name>
      </p>
      {left_ms <= 0 ? (
        <Over person={person} onAgain={onAgain} />
      ) : (
        <>
          <p class="code figures">{code.code.replace(/(\d{3})(?=\d)/, "$1 ")}</p>
          <p class="code-left figures" role="timer">
            {say(words.codeLeft, { left: minutesAndSeconds(left_ms) })}
          </p>
          <QrCode text={`${location.origin}/phone/#code=${code.code}`} label={say(words.codePicture)} />
          <p>{say(words.codeLine, { address })}</p>
          <p class="paper-only">
            {say(words.codeUntil, { at: clockTime(code.expires_at, site.value?.time_zone) })}
          </p>
          <Button icon="printer" onClick={() => print()}>
            {say(words.print)}
          </Button>
        </>
      )}
    </Dialog>
  );
}
