import { type Client, closeCodes, createClient } from "threadline";
import { sharedWebSocket } from "threadline/tabs";
import { Directory } from "../people/directory";
import { developmentIdentity, NoDevelopmentTokens, Refused } from "./development";
import { edgeUrl } from "./edge-url";
import { type Identity, identityOf, keepIdentity } from "./identity";
import type { Person } from "./people";

/** A token with less time left is replaced rather than used again. */
const TOKEN_LEFT_MS = 120_000;

/** A signed-in user: their client, and the token it uses. */
export class Session {
  readonly client: Client;
  readonly directory: Directory;
  #identity: Identity;
  #ended = false;
  /** Whether the token at hand is not to be given again. */
  #stale = false;
  /** Whether a refusal was answered with a new token already, since the last welcome. */
  #triedAnew = false;
  #listeners = new Set<() => void>();

  constructor(identity: Identity) {
    this.#identity = identity;
    const { user } = identity;
    this.client = createClient({
      url: edgeUrl(),
      getToken: () => this.#token(),
      ...(user ? { user } : {}),
      webSocket: sharedWebSocket({ user: user || identity.token }),
    });
    this.directory = new Directory(this.client, () => this.name);
    this.client.connection.subscribe(() => this.#onConnection());
  }

  static async ofPerson(person: Person): Promise<Session> {
    const identity = await developmentIdentity(person);
    keepIdentity(identity);
    return new Session(identity);
  }

  static ofToken(token: string): Session {
    const identity = identityOf(token.trim());
    keepIdentity(identity);
    return new Session(identity);
  }

  /** The user's own display name. */
  get name(): string {
    return this.#identity.name;
  }

  /** Whether the server is one for development. */
  get development(): boolean {
    return this.#identity.renewable;
  }

  /** Whether the sign-in does not count any more and cannot be renewed. */
  ended = (): boolean => this.#ended;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Ends it; what waits to be sent stays for the next time. */
  close(): void {
    this.client.close();
  }

  async #token(): Promise<string> {
    const { token, expiresAt, renewable } = this.#identity;
    const left = expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - Date.now();
    if (left > (renewable ? TOKEN_LEFT_MS : 0) && !this.#stale) return token;
    if (!renewable) {
      this.#end();
      throw new Error("the token has ended");
    }
    try {
      this.#identity = await developmentIdentity(this.#identity);
    } catch (thrown) {
      if (thrown instanceof NoDevelopmentTokens || thrown instanceof Refused) this.#end();
      throw thrown;
    }
    this.#stale = false;
    keepIdentity(this.#identity);
    return this.#identity.token;
  }

  #onConnection(): void {
    const { status, code } = this.client.connection.get();
    if (status === "connected") this.#triedAnew = false;
    if (status !== "disconnected" || (code !== closeCodes.badToken && code !== closeCodes.forbidden)) return;
    // The server may have another secret since it was started again.
    if (this.#identity.renewable && !this.#triedAnew) {
      this.#triedAnew = this.#stale = true;
      this.client.connect();
    } else {
      this.#end();
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const listener of [...this.#listeners]) listener();
    // Not at once: this is called by the connection itself.
    queueMicrotask(() => this.client.disconnect());
  }
}
