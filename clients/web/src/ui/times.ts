/** Times as people read them, in the browser's language. */
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const longWeekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const dayMonth = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const numeric = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "2-digit", year: "2-digit" });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const longDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

const DAY_MS = 86_400_000;

/** The day's first moment, in local time, milliseconds since the epoch. */
export function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** How many days ago that day was. */
function daysAgo(day: number): number {
  return Math.round((dayOf(Date.now()) - day) / DAY_MS);
}

const sameYear = (at: number) => new Date(at).getFullYear() === new Date().getFullYear();

/** `14:03` */
export function timeOf(at: number): string {
  return clock.format(at);
}

/** `Thursday, 3 July 2025 at 14:03` */
export function momentOf(at: number): string {
  return full.format(at);
}

/** For lists: `14:03`, `Mon`, `3 Jul`, `03/07/24`. */
export function shortTimeOf(at: number): string {
  const ago = daysAgo(dayOf(at));
  if (ago <= 0) return clock.format(at);
  if (ago < 7) return weekday.format(at);
  return sameYear(at) ? dayMonth.format(at) : numeric.format(at);
}

/** A day's name: `Today`, `Yesterday`, `Monday`, `Thursday, 3 July`, `3 July 2024`. */
export function dayName(day: number): string {
  const ago = daysAgo(day);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  if (ago > 1 && ago < 7) return longWeekday.format(day);
  return sameYear(day) ? longDay.format(day) : longDate.format(day);
}
