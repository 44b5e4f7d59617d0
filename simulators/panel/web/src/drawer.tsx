/** A drawer beside the town: its title gets the focus, Escape and the cross close it. */
import { Button } from "@linli/shared/bits";
import { say } from "@linli/shared/i18n";
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { w } from "./words";

interface Props {
  /** Its title is called `${name}-title`; what stands in it may be labelled by that. */
  name: string;
  title: string;
  what: string;
  open: Signal<boolean>;
  /** Something before it takes Escape for itself. */
  holds?: boolean;
  /** Beside the title, and before the cross. */
  between?: ComponentChildren;
  ways?: ComponentChildren;
  children: ComponentChildren;
}

export function Drawer({ name, title, what, open, holds = false, between, ways, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const close = () => {
    open.value = false;
  };
  return (
    <section
      class="drawer"
      aria-labelledby={`${name}-title`}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !holds) close();
      }}
    >
      <header>
        <div>
          <h2 id={`${name}-title`} ref={heading} tabIndex={-1}>
            {title}
          </h2>
          <p class="soft small">{what}</p>
        </div>
        {between}
        <div class="ways">
          {ways}
          <Button icon="close" label={say(w.close)} onClick={close} />
        </div>
      </header>
      {children}
    </section>
  );
}
