import { type Clock, Timer } from "./clock.js";

/** A value that changes, as `useSyncExternalStore` wants it: the same value until something has changed. */
export interface Store<T> {
  get(): T;
  /** Calls back after changes; returns what ends that. */
  subscribe(listener: () => void): () => void;
}

/** Listeners are told at most this often. */
const FRAME_MS = 16;

/** Tells listeners of what has changed: at once after quiet, once a frame in a storm. */
export class Teller {
  #due = new Set<View<unknown>>();
  #told = Number.NEGATIVE_INFINITY;
  readonly #timer: Timer;
  constructor(private readonly clock: Clock) {
    this.#timer = new Timer(clock);
  }

  tell(view: View<unknown>): void {
    const scheduled = this.#due.size > 0;
    this.#due.add(view);
    if (scheduled) return;
    const wait = this.#told + FRAME_MS - this.clock.now();
    if (wait <= 0) queueMicrotask(() => this.#flush());
    else this.#timer.set(() => this.#flush(), wait);
  }

  #flush(): void {
    this.#told = this.clock.now();
    const due = this.#due;
    this.#due = new Set();
    for (const view of due) view.told();
  }
}

/** A store whose value is computed when it is asked for and something has changed. */
export class View<T> implements Store<T> {
  /** Undefined from a change until it is asked for: nothing is kept for those who do not ask. */
  #value: T | undefined;
  #listeners = new Set<() => void>();
  constructor(
    private readonly teller: Teller,
    private readonly compute: () => T,
    private readonly onFirstListener?: () => void,
    private readonly onNoListener?: () => void,
  ) {}

  get = (): T => (this.#value ??= this.compute());

  subscribe = (listener: () => void): (() => void) => {
    // A wrapper of its own, so that the same function can subscribe twice.
    const own = () => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.onFirstListener?.();
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.onNoListener?.();
    };
  };

  get active(): boolean {
    return this.#listeners.size > 0;
  }

  /** Something that the value is computed from has changed. */
  changed(): void {
    this.#value = undefined;
    if (this.active) this.teller.tell(this as View<unknown>);
  }

  told(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
