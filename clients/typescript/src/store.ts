import { type Clock, Timer } from "./clock.js";

/** A value that changes, as `useSyncExternalStore` wants it: the same object until something has changed. */
export interface Store<T> {
  get(): T;
  /** Calls `listener` after every change, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

/** Listeners are notified at most this often. */
const FRAME_MS = 16;

/** Notifies listeners of changes: at once after a quiet moment, once a frame while there are many. */
export class Notifier {
  #changed = new Set<ComputedStore<unknown>>();
  #notifiedAt = Number.NEGATIVE_INFINITY;
  readonly #clock: Clock;
  readonly #timer: Timer;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = new Timer(clock);
  }

  /** Notifies the listeners of a store soon. */
  notify(store: ComputedStore<unknown>): void {
    const isScheduled = this.#changed.size > 0;
    this.#changed.add(store);
    if (isScheduled) return;
    const wait = this.#notifiedAt + FRAME_MS - this.#clock.now();
    if (wait <= 0) queueMicrotask(() => this.#flush());
    else this.#timer.set(() => this.#flush(), wait);
  }

  #flush(): void {
    this.#notifiedAt = this.#clock.now();
    const changed = this.#changed;
    this.#changed = new Set();
    for (const store of changed) store.notifyListeners();
  }
}

/** When a store gains its first listener, and when it loses its last. */
export interface ListenerHooks {
  onFirst?(): void;
  onNone?(): void;
}

/** A store whose value is computed when it is read after a change. */
export class ComputedStore<T> implements Store<T> {
  /** Undefined from a change until the next read: nothing is kept for a store that nobody reads. */
  #value: T | undefined;
  #listeners = new Set<() => void>();
  readonly #notifier: Notifier;
  readonly #compute: () => T;
  readonly #hooks: ListenerHooks;

  constructor(notifier: Notifier, compute: () => T, hooks: ListenerHooks = {}) {
    this.#notifier = notifier;
    this.#compute = compute;
    this.#hooks = hooks;
  }

  get = (): T => {
    this.#value ??= this.#compute();
    return this.#value;
  };

  subscribe = (listener: () => void): (() => void) => {
    // A wrapper of its own, so that the same function can subscribe twice.
    const own = () => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#hooks.onFirst?.();
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#hooks.onNone?.();
    };
  };

  get active(): boolean {
    return this.#listeners.size > 0;
  }

  /** To be called when what the value is computed from has changed. */
  changed(): void {
    this.#value = undefined;
    if (this.active) this.#notifier.notify(this as ComputedStore<unknown>);
  }

  notifyListeners(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
