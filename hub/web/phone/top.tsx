/** The line at the top: whose page this is, and the way to the settings. */

import { Button, Skeleton } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { Sign } from "@linli/shared/icons";

import { site } from "./phone";
import { words } from "./words";

export function Top({ onSettings }: { onSettings: () => void }) {
  return (
    <header class="top">
      <Sign />
      <span class="where">{say(site.value?.name ?? words.product)}</span>
      <Button look="plain" icon="gear" opens="dialog" onClick={onSettings}>
        {say(words.settings)}
      </Button>
    </header>
  );
}

export function Starting() {
  return (
    <main class="page">
      <h1 class="unseen">{say(words.starting)}</h1>
      <Skeleton rows={4} />
    </main>
  );
}
