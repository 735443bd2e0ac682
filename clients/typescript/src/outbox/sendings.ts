import type { Written } from "../api/types.js";
import { local, type ThreadlineError } from "../errors.js";

/** Something that was asked for. */
export interface Sending {
  /** The op's id: that of the message, when it is posted. */
  readonly id: string;
  /** Fulfilled once it is durable; rejected once it was refused for good. Nobody has to listen. */
  readonly sent: Promise<Written>;
}

interface Promised {
  readonly sent: Promise<Written>;
  resolve(written: Written): void;
  reject(error: ThreadlineError): void;
}

/** What was promised to those who asked for ops that are not settled yet. */
export class Sendings {
  #promised = new Map<string, Promised>();

  /** What is told of an op to those who ask for it. */
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

  /** What was refused before it had a place anywhere. */
  rejected(id: string, error: ThreadlineError): Sending {
    const sending = this.of(id);
    this.reject(id, error);
    return sending;
  }

  /** It is known from here on by another id. */
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
