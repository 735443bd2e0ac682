import { local } from "../errors.js";

export type GetToken = () => string | Promise<string>;

/** The token in use. It is asked for anew when the server wants one, and once for all who wait. */
export class Tokens {
  #token: string | undefined;
  #asked: Promise<string> | undefined;
  constructor(private readonly getToken: GetToken) {}

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
    const token = await this.getToken();
    if (typeof token !== "string" || token === "") throw local("no_token", "getToken gave no token");
    this.#token = token;
    return token;
  }
}
