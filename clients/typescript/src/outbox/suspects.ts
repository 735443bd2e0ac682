/** How an op's request ended without an answer. */
export type Ending = "disconnected" | "ends_connection";

export function isEnding(code: string): code is Ending {
  return Object.hasOwn(SCORES, code);
}

/** What each ending counts: a server that rejects the frame says more than a network that drops the connection. */
const SCORES: Record<Ending, number> = { disconnected: 1, ends_connection: 3 };
/** From this score on, an op is sent only while nothing else is under way, so that no other op is blamed for it. */
const ALONE_SCORE = 2;
/** At this score, an op has failed: two connections that the server ended, or six that were lost. */
const FAILED_SCORE = 6;

/**
 * Counts how often each op was under way when its connection ended. An op that ends every connection would otherwise be
 * sent again for ever and keep all others waiting.
 */
export class Suspects {
  #scores = new Map<string, number>();

  /** Counts an ending; returns whether the op has failed by it. */
  blame(id: string, ending: Ending): boolean {
    const score = this.score(id) + SCORES[ending];
    this.#scores.set(id, score);
    return score >= FAILED_SCORE;
  }

  /** Forgets an op that was answered, or is tried again on the user's word. */
  clear(id: string): void {
    this.#scores.delete(id);
  }

  score(id: string): number {
    return this.#scores.get(id) ?? 0;
  }

  /** Whether the op is sent only while nothing else is under way. */
  isAlone(id: string): boolean {
    return this.score(id) >= ALONE_SCORE;
  }
}
