import type { ClientFrame, ServerFrame } from "../api/frames.js";
import { type Clock, Timer } from "../clock.js";
import { local, ThreadlineError } from "../errors.js";

interface Waiting {
  resolve(result: unknown): void;
  reject(error: ThreadlineError): void;
  timer: Timer;
}

/** The server answers within 5 s or says that it cannot; more is a lost answer. */
const ANSWER_MS = 10_000;

/** Requests on the socket whose answers are still to come. */
export class Requests {
  #next = 1;
  #waiting = new Map<number, Waiting>();
  constructor(private readonly clock: Clock) {}

  /** Sends a frame with an id of its own; the promise is its answer. */
  ask<T>(frame: ClientFrame, send: (text: string) => void): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      const timer = new Timer(this.clock);
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

  /** No answer will come any more. Returns whether any request waited for one. */
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
