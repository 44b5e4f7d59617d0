/** The line at the top: whose page this is, and the way to the settings. */

import { Button, Skeleton } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";

import { site } from "./phone";
import { words } from "./words";

/** The sign of the product: two neighbouring doors, a light on in one. */
export function Sign() {
  return (
    <svg class="sign" viewBox="0 0 64 64" width="32" height="32" aria-hidden="true">
      <rect width="64" height="64" rx="14" />
      <path class="left" d="M14 49V30a8 8 0 0 1 16 0v19z" />
      <path class="right" d="M34 49V23a8 8 0 0 1 16 0v26z" />
    </svg>
  );
}

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
