/** What tests need of the server besides the page, as one user. */
export class Api {
  readonly #edge: string;
  readonly #token: string;
  readonly user: string;

  private constructor(edge: string, token: string, user: string) {
    this.#edge = edge;
    this.#token = token;
    this.user = user;
  }

  static async of(edge: string, user: string, name: string): Promise<Api> {
    const response = await fetch(`${edge}/api/dev/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ user, name }),
    });
    if (!response.ok) throw new Error(`no token for ${user}: ${response.status} ${await response.text()}`);
    const { token } = (await response.json()) as { token: string };
    return new Api(edge, token, user);
  }

  /** A new thread's id. */
  async create(thread: { kind: "dm" | "group"; participants: string[]; title?: string }): Promise<string> {
    const { id } = await this.#call<{ id: string }>("POST", "threads/", thread);
    return id;
  }

  async send(thread: string, content: string): Promise<void> {
    await this.#call("POST", `threads/${thread}/messages/`, { content });
  }

  /** Marks a thread as read up to this number. */
  async read(thread: string, number: number): Promise<void> {
    await this.#call("POST", `threads/${thread}/mark-read/`, { number });
  }

  /** Puts somebody out of a group. */
  async remove(thread: string, user: string): Promise<void> {
    await this.#call("DELETE", `threads/${thread}/members/${user}/`);
  }

  /** Lets nobody write to a group any more. */
  async archive(thread: string): Promise<void> {
    await this.#call("DELETE", `threads/${thread}/`);
  }

  /** The ids of all threads. */
  async threads(): Promise<string[]> {
    const { threads } = await this.#call<{ threads: { id: string }[] }>("GET", "threads/");
    return threads.map((thread) => thread.id);
  }

  /** How many messages of a thread this user has not read. */
  async unread(thread: string): Promise<number> {
    const { threads } = await this.#call<{ threads: Record<string, number> }>("GET", "unread-count/");
    return threads[thread] ?? 0;
  }

  /** The newest messages' texts, oldest first, as the server has them. */
  async texts(thread: string): Promise<string[]> {
    const { messages } = await this.#call<{ messages: { content: string }[] }>(
      "GET",
      `threads/${thread}/messages/?limit=100`,
    );
    return messages.map((message) => message.content).reverse();
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.#edge}/api/chat/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
