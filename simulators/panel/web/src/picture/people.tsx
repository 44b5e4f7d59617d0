/** The residents, three fingers high: simple figures one can tell apart by shape as well as by colour. */
import { at, type Spot } from "./iso";

interface Look {
  coat: string;
  hair: string;
  trousers?: string;
}

/** What people of a role wear. */
export const LOOKS = {
  elder: { coat: "#a8465a", hair: "#d9d6d0", trousers: "#4c4a55" },
  carer: { coat: "#3f7f8c", hair: "#3a2f2a", trousers: "#54606b" },
  resident: { coat: "#c98a3a", hair: "#33302c", trousers: "#4d5a6a" },
  stranger: { coat: "#6a6f75", hair: "#444", trousers: "#3e4247" },
} as const satisfies Readonly<Record<string, Look>>;

/** A standing figure, 40 high, its feet at 0,0. */
export function Figure({ look, stick, arms }: { look: Look; stick?: boolean; arms?: "up" | "phone" | "card" }) {
  return (
    <g>
      <ellipse cx="3" cy="0" rx="9" ry="3.500" fill="#5d4a2a" opacity="0.18" />
      <path d="M-4.500-1v-9h3.600v9zM.9-1v-9h3.600v9z" fill={look.trousers ?? "#54545c"} />
      <path d="M-6.500-10q-1-14 6.500-15t6.500 15q-6.500 2.500-13 0z" fill={look.coat} />
      {arms === "up" && (
        <path d="M-5.500-20l-4-9.500M5.500-20l4-9.500" stroke={look.coat} stroke-width="3.200" stroke-linecap="round" />
      )}
      {arms === "card" && (
        <g>
          <path d="M5-19l6-2" stroke={look.coat} stroke-width="3.200" stroke-linecap="round" />
          <rect x="9" y="-25" width="9" height="6" rx="1" fill="#f3e3b8" stroke="#8a3426" stroke-width="1.200" />
        </g>
      )}
      {arms === "phone" && (
        <g class="hand">
          <path d="M5-19l6-3" stroke={look.coat} stroke-width="3.200" stroke-linecap="round" />
          <rect x="9.500" y="-28" width="4.600" height="8" rx="1" fill="#26302e" />
          <rect x="10.300" y="-27" width="3" height="5.600" fill="#bfe3d2" />
        </g>
      )}
      <circle cx="0" cy="-30.500" r="5.800" fill="#f3d3b3" />
      <path d="M-6-30.500a6 6.200 0 0 1 12 0q-2.500-3.500-6-3.500t-6 3.500z" fill={look.hair} />
      {stick && <path d="M8.500 0v-15q0-2 2-2" fill="none" stroke="#7a5533" stroke-width="1.600" stroke-linecap="round" />}
    </g>
  );
}

export function Standing({ spot, ...figure }: { spot: Spot } & Parameters<typeof Figure>[0]) {
  const [x, y] = at(spot);
  return (
    <g transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
      <Figure {...figure} />
    </g>
  );
}

/** Neighbours at their eight brocades on the square. */
export function Exercise() {
  const looks: readonly [Spot, Look][] = [
    [[9.2, 10.2], { coat: "#b8574a", hair: "#dcd8d0" }],
    [[10.5, 9.8], { coat: "#4f7b5c", hair: "#8d8983" }],
    [[9.8, 11.7], { coat: "#56759b", hair: "#e6e2da" }],
    [[11.4, 11.1], { coat: "#c99a45", hair: "#4a423b" }],
  ];
  return (
    <g class="exercise">
      {looks.map(([spot, look]) => (
        <Standing key={look.coat} spot={spot} look={look} arms="up" />
      ))}
    </g>
  );
}
