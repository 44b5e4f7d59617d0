/** A QR code as one SVG path; the encoder is loaded when the first one is shown. */

import { useEffect, useState } from "preact/hooks";

import { say } from "./i18n";
import { parts } from "./parts";

/** Modules of quiet ground around the code (ISO/IEC 18004 asks for four). */
const QUIET = 4;

/** The dark modules as one path of unit squares, row by row. */
function pathOf(rows: readonly (readonly boolean[])[]): string {
  return rows
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
}

/** The text as a QR code that any phone camera reads. */
export function QrCode({ text, label }: { text: string; label?: string }) {
  const [drawn, draw] = useState<{ path: string; side: number } | null>(null);
  useEffect(() => {
    let wanted = true;
    import("qr").then(({ default: encode }) => {
      const rows = encode(text, "raw", { ecc: "medium", border: QUIET });
      if (wanted) draw({ path: pathOf(rows), side: rows.length });
    });
    return () => {
      wanted = false;
    };
  }, [text]);
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label ?? say(parts.picture)}
      aria-busy={drawn === null}
      viewBox={`0 0 ${drawn?.side ?? 1} ${drawn?.side ?? 1}`}
      shape-rendering="crispEdges"
    >
      {drawn && <rect width={drawn.side} height={drawn.side} fill="#fff" />}
      {drawn && <path d={drawn.path} fill="#000" />}
    </svg>
  );
}
