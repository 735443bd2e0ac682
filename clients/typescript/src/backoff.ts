const BASE_MS = 500;
const CAP_MS = 30_000;

/** Full jitter: anything from nothing up to a bound that doubles with each attempt (0, 1, …), milliseconds. */
export function backoff(attempt: number, random: () => number): number {
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
}
