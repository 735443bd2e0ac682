/** Events kept while one before them is missing. What comes beyond is fetched later. */
const WAITING_MAX = 512;

/** Brings numbered events into their order: each once, none left out. */
export class Sequencer<E extends { readonly seq: number }> {
  #waiting = new Map<number, E>();
  #highest: number;
  /** @param last the seq up to which everything is known */
  last: number;

  constructor(last: number) {
    this.last = last;
    this.#highest = last;
  }

  /** Takes an event in; returns those whose turn it is. */
  accept(event: E): E[] {
    if (event.seq <= this.last) return [];
    this.#highest = Math.max(this.#highest, event.seq);
    if (event.seq === this.last + 1) {
      this.last = event.seq;
      return [event, ...this.#follow()];
    }
    if (this.#waiting.size < WAITING_MAX) this.#waiting.set(event.seq, event);
    return [];
  }

  /** There is an event with this seq, wherever it is. */
  heardOf(seq: number): void {
    this.#highest = Math.max(this.#highest, seq);
  }

  /** Everything up to this seq is known from elsewhere; returns the events whose turn it is then. */
  skipTo(seq: number): E[] {
    if (seq <= this.last) return [];
    this.last = seq;
    this.#highest = Math.max(this.#highest, seq);
    for (const waiting of this.#waiting.keys()) if (waiting <= seq) this.#waiting.delete(waiting);
    return this.#follow();
  }

  /** How many events lie up to the highest one that is known to exist; 0 when nothing is missing. */
  get gap(): number {
    return this.#highest - this.last;
  }

  #follow(): E[] {
    const run: E[] = [];
    for (let next = this.#waiting.get(this.last + 1); next; next = this.#waiting.get(this.last + 1)) {
      this.#waiting.delete(next.seq);
      this.last = next.seq;
      run.push(next);
    }
    return run;
  }
}
