import type { ThreadlineError } from "./errors.js";

const BASE_MS = 500;
const CAP_MS = 30_000;

/**
 * Full jitter: anything from nothing up to a bound that doubles with each attempt (0, 1, …), milliseconds, after what
 * the error says has to be waited in any case.
 */
export function backoff(attempt: number, random: () => number, error?: ThreadlineError): number {
  return (error?.retryAfterMs ?? 0) + random() * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
}
