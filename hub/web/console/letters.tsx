/** Letters to households: asked for by building, handed over as a PDF that is kept nowhere. */

import { Button, Card, Field, Notice } from "@linli/shared/bits";
import { language, say, type Words } from "@linli/shared/i18n";
import { signal } from "@preact/signals";

import { whyNot } from "./attempt";
import { words } from "./onboarding_words";
import { save, staffFile } from "./staff";

const building = signal("");
const state = signal<"idle" | "busy" | "done">("idle");
const wrong = signal<Words | null>(null);

async function print(event: Event): Promise<void> {
  event.preventDefault();
  if (state.value === "busy") return;
  [wrong.value, state.value] = [null, "busy"];
  try {
    const wanted = { building: building.value.trim(), language: language.value };
    save(await staffFile("/api/v1/letters", wanted), "linli-letters.pdf");
    state.value = "done";
  } catch (error) {
    wrong.value = whyNot(error);
    state.value = "idle";
  }
}

export function Letters() {
  return (
    <Card data-letters>
      <h2>{say(words.letters)}</h2>
      <p class="soft">{say(words.lettersLine)}</p>
      <form class="search" onSubmit={print}>
        <Field
          label={say(words.whichBuilding)}
          input={{
            name: "building",
            maxLength: 32,
            autocomplete: "off",
            value: building.value,
            onInput: (event) => {
              building.value = event.currentTarget.value;
            },
          }}
        />
        <Button icon="printer" type="submit" disabled={state.value === "busy"}>
          {say(state.value === "busy" ? words.printing : words.print)}
        </Button>
      </form>
      {wrong.value && (
        <Notice tone="mind" spoken>
          {say(wrong.value)}
        </Notice>
      )}
      {state.value === "done" && (
        <Notice tone="good" spoken>
          {say(words.printed)}
        </Notice>
      )}
    </Card>
  );
}
