/** Line icons drawn for Linli on a 24 grid; inline, because kiosks have no emoji font. */

import type { JSX } from "preact";

const ICONS = {
  alert: <path d="M12 5.5v8M12 18v.4" />,
  back: <path d="M14.5 5.5 8 12l6.5 6.5" />,
  bell: <path d="M12 3.5a5.5 5.5 0 0 0-5.5 5.5c0 5-2 6.5-2.5 7.5h16c-.5-1-2.5-2.5-2.5-7.5A5.5 5.5 0 0 0 12 3.5zM10 19.5c.8 1.2 3.2 1.2 4 0" />,
  bill: <path d="M6 3.5h12v17l-2.4-1.6-2 1.6-1.6-1.6-1.6 1.6-2-1.6L6 20.5zM9 8.5h6M9 12.5h6" />,
  bolt: <path d="M13.5 3 6 13.5h5L10.5 21 18 10.5h-5z" />,
  building: (
    <path d="M5 20.5v-17h9v17M14 9.5h5v11M3.5 20.5h17M8 7.5h3M8 11.5h3M8 15.5h3M16.5 13v.1M16.5 16.5v.1" />
  ),
  card: <path d="M3.5 6h17v12h-17zM3.5 10h17M7 14.5h4" />,
  check: <path d="M4.5 12.5 10 18 19.5 7" />,
  chevron: <path d="M9.5 5.5 16 12l-6.5 6.5" />,
  clock: <path d="M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2" />,
  close: <path d="M6 6l12 12M18 6 6 18" />,
  door: <path d="M6 20.5v-17h12v17M3.5 20.5h17M14.6 11.6v1.3" />,
  doorOpen: <path d="M6 20.5v-17h12v17M3.5 20.5h17M6 3.5l7.5 3.2v16L6 20.5M10.8 13.4v1.3" />,
  copy: <path d="M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4" />,
  dots: <path d="M5.5 12v.1M12 12v.1M18.5 12v.1" />,
  down: <path d="M5.5 9.5 12 16l6.5-6.5" />,
  drop: <path d="M12 3.5c3.6 4.3 6 7.3 6 10.5a6 6 0 0 1-12 0c0-3.2 2.4-6.2 6-10.5z" />,
  eye: (
    <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.3a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4z" />
  ),
  fire: (
    <path d="M12 3c.8 3.6 5.5 5.6 5.5 10.8A5.5 5.5 0 0 1 12 20.5a5.5 5.5 0 0 1-5.5-6.2c.2-2 1.4-3 1.9-4.8 1.2.7 1.8 1.6 2 2.7C11.8 9.9 12.5 6.5 12 3z" />
  ),
  gear: (
    <path d="M4 7h8M18 7h2M4 17h2M12 17h8M15 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM9 14.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z" />
  ),
  globe: (
    <path d="M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM3.5 12h17M12 3.5c2.5 2.4 3.6 5.3 3.6 8.5s-1.1 6.1-3.6 8.5c-2.5-2.4-3.6-5.3-3.6-8.5s1.1-6.1 3.6-8.5z" />
  ),
  hourglass: <path d="M6.5 3.5h11M6.5 20.5h11M8 3.5c0 5 8 5.5 8 8.5s-8 3.5-8 8.5M16 3.5c0 5-8 5.5-8 8.5s8 3.5 8 8.5" />,
  info: <path d="M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5.5M12 7.5v.2" />,
  key: <path d="M8 11.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM11.3 12.7 19.5 4.5M16 8l3 3M13.3 10.7l1.7 1.7" />,
  keypad: <path d="M6 5v.1M12 5v.1M18 5v.1M6 11v.1M12 11v.1M18 11v.1M6 17v.1M12 17v.1M18 17v.1" />,
  kiosk: <path d="M5 3.5h14v11H5zM12 14.5v6M8 20.5h8" />,
  list: <path d="M8.5 6.5h12M8.5 12h12M8.5 17.5h12M4 6.5v.1M4 12v.1M4 17.5v.1" />,
  lock: <path d="M5.5 10.5h13v10h-13zM8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.5v2" />,
  megaphone: <path d="M4 10v4h3l9 4.5v-13L7 10zM8 14.5l1.5 5.5h2.5l-1.2-4.2M19 9.5c1 1.5 1 3.5 0 5" />,
  offline: <path d="M4 4l16 16M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 5-2.7M19 12a10 10 0 0 0-4.5-2.6M2.5 8.5a14 14 0 0 1 4-2.7M21.5 8.5A14 14 0 0 0 11 4.7M12 19v.1" />,
  online: <path d="M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 14 0M2 8.5a14.5 14.5 0 0 1 20 0M12 19v.1" />,
  pause: <path d="M8.5 5v14M15.5 5v14" />,
  people: (
    <path d="M9 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 20c0-3.5 2.9-5.5 6.5-5.5s6.5 2 6.5 5.5M16 5a3.3 3.3 0 0 1 0 6.3M18 15c2 .7 3.5 2.3 3.5 5" />
  ),
  person: (
    <path d="M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.5c0-3.9 3.4-5.9 7.5-5.9s7.5 2 7.5 5.9" />
  ),
  phone: <path d="M7 2.5h10v19H7zM10.5 18.5h3" />,
  plug: <path d="M9 3v5M15 3v5M6.5 8h11v3a5.5 5.5 0 0 1-11 0zM12 16.5V21" />,
  plus: <path d="M12 5v14M5 12h14" />,
  plusSquare: <path d="M4.5 4.5h15v15h-15zM12 8.5v7M8.5 12h7" />,
  pos: <path d="M6.5 2.5h11v19h-11zM9.5 6h5v4h-5zM9.5 13.5v.1M12 13.5v.1M14.5 13.5v.1M9.5 17v.1M12 17v.1M14.5 17v.1" />,
  printer: <path d="M7 8.5v-5h10v5M7 17.5H4v-9h16v9h-3M7 14h10v6.5H7z" />,
  question: <path d="M8 8.7C8 6.3 9.7 5 12 5s4 1.3 4 3.5c0 2.8-4 3.2-4 6M12 18.5v.2" />,
  refresh: <path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 3.5v4.5H15" />,
  search: <path d="M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20.5 20.5" />,
  shake: <path d="M8.5 3.5h7v17h-7zM5.5 7.5v9M18.5 7.5v9M2.5 10v4M21.5 10v4" />,
  share: <path d="M12 15V3.5M8 7l4-4 4 4M7 10.5H5v10h14v-10h-2" />,
  shield: <path d="M12 3l7.5 2.7v5.8c0 4.5-3 7.8-7.5 9.5-4.5-1.7-7.5-5-7.5-9.5V5.7z" />,
  signOut: <path d="M13 3.5H5v17h8M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5" />,
  speaker: <path d="M4 9.5v5h3.5L13 19V5L7.5 9.5zM16.5 9c1.3 1.7 1.3 4.3 0 6M19 6.5c2.7 3.2 2.7 7.8 0 11" />,
  textSize: <path d="M2.5 18.5l5-13 5 13M4.2 14.5h6.6M14.5 18.5l3.3-8.5 3.2 8.5M15.5 16h4.5" />,
  trash: <path d="M4.5 6.5h15M9.5 6.5v-3h5v3M6.5 6.5l1 14h9l1-14M10.5 10.5v6M13.5 10.5v6" />,
  unlock: <path d="M5.5 10.5h13v10h-13zM8 10.5V8a4 4 0 0 1 7.7-1.5M12 14.5v2" />,
  wrench: <path d="M14.5 9.5a4.8 4.8 0 0 1 6-5.5l-3 3 .5 2 2 .5 3-3" />,
} as const satisfies Readonly<Record<string, JSX.Element>>;

export type IconName = keyof typeof ICONS;

/** A line icon as large as the text beside it; decoration unless it is given a label. */
export function Icon({ name, label }: { name: IconName; label?: string }) {
  const spoken = label === undefined ? { "aria-hidden": true } : { role: "img" as const, "aria-label": label };
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" {...spoken}>
      {ICONS[name]}
    </svg>
  );
}

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
