import type { Written } from "../api/types.js";
import { local, type ThreadlineError } from "../errors.js";

/** An op as its caller sees it. */
export interface Sending {
  /** The op's id; for a send, also that of the message. */
  readonly id: string;
  /**
   * Fulfilled once the op is durable; rejected with a {@link ThreadlineError} once it was refused for good or
   * discarded. You need not handle the rejection.
   */
  readonly sent: Promise<Written>;
}

interface Promised {
  readonly sent: Promise<Written>;
  resolve(written: Written): void;
  reject(error: ThreadlineError): void;
}

/** The promises of ops that are not settled yet. */
export class Sendings {
  #promised = new Map<string, Promised>();

  /** Returns the sending of an op. */
  of(id: string): Sending {
    let promised = this.#promised.get(id);
    if (!promised) {
      let settle!: Omit<Promised, "sent">;
      const sent = new Promise<Written>((resolve, reject) => {
        settle = { resolve, reject };
      });
      sent.catch(() => {});
      promised = { sent, ...settle };
      this.#promised.set(id, promised);
    }
    return { id, sent: promised.sent };
  }

  /** Returns the sending of an op that was refused at once. */
  rejected(id: string, error: ThreadlineError): Sending {
    const sending = this.of(id);
    this.reject(id, error);
    return sending;
  }

  /** Moves the promise of an op to its new id. */
  rename(id: string, to: string): void {
    const promised = this.#take(id);
    if (promised) this.#promised.set(to, promised);
  }

  resolve(id: string, written: Written): void {
    this.#take(id)?.resolve(written);
  }

  reject(id: string, error: ThreadlineError): void {
    this.#take(id)?.reject(error);
  }

  close(): void {
    for (const id of [...this.#promised.keys()]) this.reject(id, local("closed", "the client was closed"));
  }

  #take(id: string): Promised | undefined {
    const promised = this.#promised.get(id);
    this.#promised.delete(id);
    return promised;
  }
}
