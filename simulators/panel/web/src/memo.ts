import type { ComponentType, FunctionComponent } from "preact";
import { createElement } from "preact";
import { useMemo } from "preact/hooks";

/** A component that is drawn again only when a property changes (preact/compat's memo without compat). */
export function memo<P extends Record<string, unknown>>(part: ComponentType<P>): FunctionComponent<P> {
  return function Memo(props: P) {
    return useMemo(() => createElement(part, props), Object.values(props));
  };
}
