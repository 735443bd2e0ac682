import type { ClientFrame, ServerFrame } from "../api/frames.js";
import { type Clock, Timer } from "../clock.js";
import { local, ThreadlineError } from "../errors.js";

interface Waiting {
  resolve(result: unknown): void;
  reject(error: ThreadlineError): void;
  timer: Timer;
}

/** The server answers within 5 s; an answer that takes longer is lost. */
const ANSWER_MS = 10_000;

/** Requests on the socket that wait for their answers. */
export class Requests {
  #next = 1;
  #waiting = new Map<number, Waiting>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sends a frame with a new id and returns its answer. */
  ask<T>(frame: ClientFrame, send: (text: string) => void): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      const timer = new Timer(this.#clock);
      timer.set(() => this.#take(id)?.reject(local("timeout", "no answer in time")), ANSWER_MS);
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject, timer });
      send(JSON.stringify({ id, ...frame }));
    });
  }

  /** Settles the request that this frame answers. */
  answer(frame: ServerFrame & { type: "ok" | "error" }): void {
    const waiting = frame.id === undefined ? undefined : this.#take(frame.id);
    if (frame.type === "ok") waiting?.resolve(frame.result);
    else waiting?.reject(ThreadlineError.of(frame.error));
  }

  /** Fails all waiting requests. Returns whether there were any. */
  fail(error: ThreadlineError): boolean {
    const ids = [...this.#waiting.keys()];
    for (const id of ids) this.#take(id)?.reject(error);
    return ids.length > 0;
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.timer.clear();
    return waiting;
  }
}
