/** A card holder brings in a new phone: six digits, once. */
import { Button } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { Icon } from "@linli/shared/icons";

import { go, phoneCode } from "../visit";
import { w } from "../words";
import { Screen } from "./frame";

export function PhoneCode() {
  const made = phoneCode.value;
  if (made === null) return null;
  const half = Math.ceil(made.code.length / 2);
  return (
    <Screen
      name="phone"
      title={say(w.phoneTitle)}
      sentence={`${say(w.phoneLine)} ${[...made.code].join(" ")}`}
      keys={
        <Button look="main" icon="back" onClick={() => go("bills")}>
          {say(w.payToBills)}
        </Button>
      }
    >
      <p class="lead">{say(w.phoneLine)}</p>
      <p class="six figures">
        <span>{made.code.slice(0, half)}</span>
        <span>{made.code.slice(half)}</span>
      </p>
      <p class="lead">{say(w.phoneValid, { minutes: Math.floor(made.valid_s / 60) })}</p>
      <p class="mind">
        <Icon name="shield" />
        <span>{say(w.phoneWarn)}</span>
      </p>
    </Screen>
  );
}
