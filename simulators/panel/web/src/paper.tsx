/** What the kiosk printed: a small slip beside it, and the same slip large enough to be read. */
import { Dialog } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import { computed, signal } from "@preact/signals";

import type { Spot } from "./picture/iso";
import { percent } from "./picture/places";
import { parts } from "./state";
import { slipPicture } from "./town";
import { t } from "./words-things";

const BESIDE_PRINTER: Spot = [12.6, 13.9, 1.5];

const slipOpen = signal(false);

const slip = computed(() => {
  const printer = parts.value.find((part) => part.kind === "printer");
  if (printer?.kind !== "printer" || printer.shown.slips === 0) return null;
  return { ...printer.shown, source: slipPicture(printer.shown.slips) };
});

/** Over the picture: the newest slip, small; pressing it shows it large. */
export function SlipKey() {
  const now = slip.value;
  if (now === null) return null;
  return (
    <button
      key={now.slips}
      type="button"
      class="slip-key"
      style={percent(BESIDE_PRINTER)}
      aria-label={say(t.slipVerb)}
      onClick={() => {
        slipOpen.value = true;
      }}
    >
      <img src={now.source} alt="" />
    </button>
  );
}

export function Slip() {
  const now = slip.value;
  if (now === null || !slipOpen.value) return null;
  return (
    <Dialog
      title={say(t.slipTitle)}
      onClose={() => {
        slipOpen.value = false;
      }}
    >
      <div class="paper">
        <p class="soft small">{say(t.slipWhat, { n: now.slips })}</p>
        <img src={now.source} alt={now.text} lang="zh-Hans" />
      </div>
    </Dialog>
  );
}
