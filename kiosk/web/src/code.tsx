/** The agent's QR, drawn anew from its paths: nothing else of a foreign document reaches the page. */
import { useMemo } from "preact/hooks";

interface Drawn {
  viewBox: string;
  paths: { d: string; transform: string | null; stroked: boolean }[];
}

const EMPTY: Drawn = { viewBox: "0 0 1 1", paths: [] };
/** Modules of quiet ground that a phone's camera needs around the code (ISO/IEC 18004). */
const QUIET = 4;

function read(svg: string): Drawn {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  const viewBox = root.getAttribute("viewBox");
  if (root.localName !== "svg" || viewBox === null) return EMPTY;
  const paths = [...root.querySelectorAll("path")].map((path) => ({
    d: path.getAttribute("d") ?? "",
    transform: path.getAttribute("transform"),
    stroked: path.hasAttribute("stroke"),
  }));
  return { viewBox, paths };
}

export function Code({ svg, label }: { svg: string; label: string }) {
  const { viewBox, paths } = useMemo(() => read(svg), [svg]);
  const [x = 0, y = 0, width = 1, height = 1] = viewBox.split(/[\s,]+/).map(Number);
  // segno's own border is 4 modules; a code without one would fill the box edge to edge
  const border = paths[0]?.d.startsWith("M0") ? QUIET : 0;
  return (
    <svg
      class="code"
      role="img"
      aria-label={label}
      viewBox={`${x - border} ${y - border} ${width + 2 * border} ${height + 2 * border}`}
      shape-rendering="crispEdges"
    >
      {paths.map(({ d, transform, stroked }) => (
        <path
          key={d}
          d={d}
          transform={transform ?? undefined}
          fill={stroked ? "none" : "#000"}
          stroke={stroked ? "#000" : "none"}
        />
      ))}
    </svg>
  );
}
