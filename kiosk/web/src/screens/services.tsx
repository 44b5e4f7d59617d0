/** What can be done here beside paying: one large tile for each. */
import { Button } from "@linli/shared/bits";
import { say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";

import { e } from "../errand-words";
import type { Session } from "../local";
import { agentLost, busy, go, newPhoneCode, online } from "../visit";
import { w } from "../words";
import { Screen } from "./frame";

interface TileProps {
  icon: IconName;
  title: Words;
  line: Words;
  off?: boolean;
  onClick: () => void;
}

/** A large key with what it does below its name. */
export function Tile({ icon, title, line, off, onClick }: TileProps) {
  return (
    <button type="button" class="button tile" disabled={off} onClick={onClick}>
      <Icon name={icon} />
      <span>
        <b>{say(title)}</b>
        <span>{say(line)}</span>
      </span>
      <Icon name="chevron" />
    </button>
  );
}

export function Services({ session }: { session: Session }) {
  const away = !online.value || agentLost.value || busy.value;
  const proven = session.by === "card";
  return (
    <Screen
      name="services"
      title={say(e.servicesTitle)}
      sentence={say(e.servicesTitle)}
      keys={
        <Button icon="back" onClick={() => go("bills")}>
          {say(w.payToBills)}
        </Button>
      }
    >
      <div class="tiles">
        <Tile icon="card" title={e.lost} line={e.lostLine} off={away} onClick={() => go("lost")} />
        <Tile
          icon="key"
          title={e.guest}
          line={proven ? e.guestLine : e.cardFirst}
          off={away || !proven}
          onClick={() => go("guest")}
        />
        <Tile
          icon="phone"
          title={e.phone}
          line={proven ? e.phoneLine : e.cardFirst}
          off={away || !proven}
          onClick={() => void newPhoneCode()}
        />
      </div>
    </Screen>
  );
}
