import type { ReactNode } from "react";

const shapes = {
  add: <path d="M12 5v14M5 12h14" />,
  archive: <path d="M4 8v11a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1V8M3 4h18v4H3zM10 12h4" />,
  back: <path d="m15 5-7 7 7 7" />,
  check: <path d="m5 12.5 4.5 4.5L19 7" />,
  clock: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.5V12l3 2" />
    </>
  ),
  close: <path d="m6 6 12 12M18 6 6 18" />,
  compose: (
    <path d="M12 5H6a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2v-6M18.4 3.6a2 2 0 0 1 2.8 2.8L13 14.6 9 15.5l.9-4z" />
  ),
  copy: (
    <path d="M9 9h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1zM16 9V4a1 1 0 0 0-1-1H5a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1h3" />
  ),
  down: <path d="M12 5v13M6 12.5l6 6 6-6" />,
  edit: <path d="M15.5 5.2 18.8 8.5M4 20l.9-4.2L16.4 4.3a1.8 1.8 0 0 1 2.6 0l.7.7a1.8 1.8 0 0 1 0 2.6L8.2 19.1z" />,
  failed: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.5v5.5M12 16.2v.1" />
    </>
  ),
  group: (
    <>
      <circle cx="9" cy="8.5" r="3.5" />
      <path d="M2.5 20c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5M16 5.3a3.5 3.5 0 0 1 0 6.4M18 14.9c2 .8 3.2 2.6 3.6 5.1" />
    </>
  ),
  leave: <path d="M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M10 16l-4-4 4-4M6.5 12H15" />,
  more: (
    <g fill="currentColor" stroke="none">
      <circle cx="5.5" cy="12" r="1.8" />
      <circle cx="12" cy="12" r="1.8" />
      <circle cx="18.5" cy="12" r="1.8" />
    </g>
  ),
  offline: (
    <path d="M3 3l18 18M5 12.5a10 10 0 0 1 4-2.4M8.5 16a5 5 0 0 1 5.8-.8M2 9a15 15 0 0 1 4.5-2.8M10.5 5.1A15 15 0 0 1 22 9M15.5 10.6a10 10 0 0 1 3.5 1.9M12 19.5v.1" />
  ),
  person: (
    <>
      <circle cx="12" cy="8" r="4" />
      <path d="M4.5 20.5c.8-4 3.7-6 7.5-6s6.7 2 7.5 6" />
    </>
  ),
  read: <path d="m2.5 12.5 4.5 4.5L16 7M11.5 16.3l.7.7L21.5 7" />,
  reply: <path d="M10 6 4 12l6 6M4.5 12H15a5 5 0 0 1 5 5v2" />,
  search: (
    <>
      <circle cx="11" cy="11" r="6.5" />
      <path d="m16 16 4.5 4.5" />
    </>
  ),
  send: <path d="M4.5 12h8M4.8 4.7 20 12 4.8 19.3l2-7.3z" />,
  up: <path d="M12 19V6M6 11.5l6-6 6 6" />,
  trash: (
    <path d="M4.5 7h15M10 11v6M14 11v6M6 7l.9 12a1.5 1.5 0 0 0 1.5 1.4h7.2a1.5 1.5 0 0 0 1.5-1.4L18 7M9 7V4.5a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1V7" />
  ),
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof shapes | "logo";

/** A picture of 24 units a side, in the colour of the text beside it. What it means is said by a label elsewhere, or `label`. */
export function Icon({ name, size = 20, label }: { name: IconName; size?: number; label?: string }) {
  const named = label ? { role: "img", "aria-label": label } : { "aria-hidden": true };
  if (name === "logo") {
    return (
      // biome-ignore lint/a11y/noSvgWithoutTitle: its label, or that it has none, is among its properties
      <svg width={size} height={size} viewBox="0 0 32 32" fill="none" {...named}>
        <rect width="32" height="32" rx="9" fill="var(--accent)" />
        <path d="M8.5 11h15M8.5 16h9.5M8.5 21h12.5" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
      </svg>
    );
  }
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: likewise
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      {...named}
    >
      {shapes[name]}
    </svg>
  );
}
