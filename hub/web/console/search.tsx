/** Asking for somebody: one line of words and a button, the same on every page that looks people up. */

import { Button, Field } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { words } from "./words";

interface SearchProps {
  /** What may be typed, already in the reader's language. */
  label: string;
  name?: string;
  query: Signal<string>;
  /** The field takes the keyboard as soon as it stands there. */
  atOnce?: boolean;
  onSearch: () => void;
}

export function SearchForm({ label, name = "query", query, atOnce = false, onSearch }: SearchProps) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (atOnce) form.current?.querySelector("input")?.focus();
  }, []);
  return (
    <form
      ref={form}
      class="search"
      role="search"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        onSearch();
      }}
    >
      <Field
        label={label}
        input={{
          type: "search",
          name,
          autocomplete: "off",
          maxLength: 40,
          value: query.value,
          onInput: (event) => {
            query.value = event.currentTarget.value;
          },
        }}
      />
      <Button look="main" icon="search" type="submit">
        {say(words.searchButton)}
      </Button>
    </form>
  );
}
