import { type Clock, Timer } from "../clock.js";
import { local } from "../errors.js";

export type GetToken = () => string | Promise<string>;

/** A token that is not there by then is asked for anew. */
const TOKEN_MS = 20_000;

/** The token in use. It is asked for anew when the server wants one, and once for all who wait. */
export class Tokens {
  #token: string | undefined;
  #asked: Promise<string> | undefined;
  constructor(
    private readonly getToken: GetToken,
    private readonly clock: Clock,
  ) {}

  /** The token at hand, or a new one. */
  async current(): Promise<string> {
    return this.#token ?? this.fresh();
  }

  /** A new token. */
  fresh(): Promise<string> {
    this.#asked ??= this.#ask().finally(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }

  /** This token is not to be used again. */
  refused(token: string): void {
    if (this.#token === token) this.#token = undefined;
  }

  async #ask(): Promise<string> {
    const timer = new Timer(this.clock);
    const late = new Promise<undefined>((resolve) => timer.set(() => resolve(undefined), TOKEN_MS));
    try {
      const token = await Promise.race([this.getToken(), late]);
      if (typeof token !== "string" || token === "") throw local("no_token", "getToken gave no token");
      this.#token = token;
      return token;
    } finally {
      timer.clear();
    }
  }
}
