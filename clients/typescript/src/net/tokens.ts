import { type Clock, Timer } from "../clock.js";
import { local } from "../errors.js";

/**
 * Returns a valid token for the user, now or soon. Called for every connection and whenever a token expires; calls that come
 * together share one. A throw, or no token within 20 s, counts as a failed attempt and is retried with backoff.
 *
 * @example const getToken = async () => (await (await fetch("/my-backend/chat-token")).json()).token;
 */
export type GetToken = () => string | Promise<string>;

/** `getToken` has failed after this time. */
const TOKEN_MS = 20_000;

/** Holds the token in use. Asks for a new one once for all callers that wait. */
export class Tokens {
  #token: string | undefined;
  #asked: Promise<string> | undefined;
  readonly #getToken: GetToken;
  readonly #clock: Clock;

  constructor(getToken: GetToken, clock: Clock) {
    this.#getToken = getToken;
    this.#clock = clock;
  }

  /** Returns the present token, or asks for one. */
  async current(): Promise<string> {
    return this.#token ?? this.fresh();
  }

  /** Asks for a new token. */
  fresh(): Promise<string> {
    this.#asked ??= this.#ask().finally(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }

  /** Drops a token that the server refuses. */
  refused(token: string): void {
    if (this.#token === token) this.#token = undefined;
  }

  async #ask(): Promise<string> {
    const timer = new Timer(this.#clock);
    const late = new Promise<undefined>((resolve) => timer.set(() => resolve(undefined), TOKEN_MS));
    try {
      const token = await Promise.race([this.#getToken(), late]);
      if (typeof token !== "string" || token === "") throw local("no_token", "getToken gave no token");
      this.#token = token;
      return token;
    } finally {
      timer.clear();
    }
  }
}
