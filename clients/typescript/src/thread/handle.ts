import type { ChangeThread, MessagesPage, Metadata, PostedKind, Receipt, Role, Thread, Written } from "../api/types.js";
import type { Clock } from "../clock.js";
import type { Connection } from "../net/connection.js";
import type { Rest } from "../net/rest.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Sending } from "../outbox/sendings.js";
import type { Store } from "../store.js";
import type { MessagesState, ThreadState, ThreadStore, ThreadUpdate } from "./thread-store.js";

/** A message to post: its text, or its parts. */
export type Text = string | { content: string; kind?: PostedKind; metadata?: Metadata; replyTo?: string | null };

/** Which messages to read: those around, before or after a number, or the newest. */
export interface HistoryQuery {
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
}

/** While the user types, that is reported again this often. */
const TYPING_MS = 3_000;

export interface HandleDeps {
  store(id: string): ThreadStore;
  outbox: Outbox;
  connection: Connection;
  rest: Rest;
  clock: Clock;
}

/**
 * One thread: its stores, and what can be done in it. What is sent, edited, deleted or marked as read goes through the outbox:
 * it works offline, and survives the page. All other changes are made at once, over HTTP, and throw a {@link ThreadlineError}
 * when they fail.
 */
export class ThreadHandle {
  #typingSince = Number.NEGATIVE_INFINITY;
  readonly id: string;
  readonly #deps: HandleDeps;

  constructor(id: string, deps: HandleDeps) {
    this.id = id;
    this.#deps = deps;
  }

  /** The thread itself, with all its members. */
  get state(): Store<ThreadState> {
    return this.#store.state;
  }

  /** The newest messages and, after {@link older}, those before them; unsent ones, too. */
  get messages(): Store<MessagesState> {
    return this.#store.messages;
  }

  /** The users who are typing, without this one. */
  get typists(): Store<readonly string[]> {
    return this.#store.typists.view;
  }

  /**
   * Posts a message, now or as soon as there is a connection. It is in {@link messages} at once, as pending.
   *
   * @example
   * thread.send("Hello");
   * const { id, sent } = thread.send({ content: "It is this one.", replyTo: other.id });
   * await sent; // durable, ordered, numbered
   */
  send(text: Text): Sending {
    const {
      content,
      kind = "text",
      metadata = {},
      replyTo = null,
    } = typeof text === "string" ? { content: text } : text;
    this.typing(false);
    const draft = { kind, content, metadata, reply_to: replyTo };
    return this.#deps.outbox.add({ type: "send", thread: this.id, draft });
  }

  /** Replaces the content of an own message, posted or not, and its metadata if given. */
  edit(message: string, content: string, metadata: Metadata | null = null): Sending {
    return this.#deps.outbox.add({ type: "edit", thread: this.id, message, content, metadata });
  }

  /** Deletes a message, whose tombstone stays. One that was never sent is dropped. */
  delete(message: string): Sending {
    return this.#deps.outbox.add({ type: "delete", thread: this.id, message });
  }

  /** Sends what failed of a message again. Returns whether there was anything. */
  retry(message: string): boolean {
    return this.#deps.outbox.retry(message);
  }

  /** Drops what failed or waits of a message. Returns false if there is nothing, or only what is being sent. */
  discard(message: string): boolean {
    return this.#deps.outbox.discard(message);
  }

  /** Marks all messages up to this number as read; by default, all that are known. */
  markRead(number = this.#store.summary?.thread.last_number ?? 0): void {
    const store = this.#store;
    if (number < 1 || number <= (store.summary?.myRead ?? 0)) return;
    store.onReadByMe(number);
    this.#deps.outbox.add({ type: "read", thread: this.id, number });
  }

  /** Reports that the user types; to be called with every key. Others see it end 5 s after the last call. */
  typing(active = true): void {
    const now = this.#deps.clock.now();
    const shown = now - this.#typingSince < TYPING_MS;
    if (active === shown) return;
    this.#typingSince = active ? now : Number.NEGATIVE_INFINITY;
    this.#deps.connection.send({ type: "typing", thread: this.id, status: active ? "start" : "stop" });
  }

  /** Loads the messages before those in {@link messages}. A failure is in its `error`. */
  older(): Promise<void> {
    return this.#store.older();
  }

  /** Drops all but the newest `keep` of {@link messages}; {@link older} loads them again. */
  trim(keep: number): void {
    this.#store.trim(keep);
  }

  /**
   * Reads a page of messages, newest first, without changing {@link messages}.
   *
   * @throws {ThreadlineError} `unknown_thread`, `unreachable`, …
   */
  history(query: HistoryQuery = {}): Promise<MessagesPage> {
    return this.#deps.rest.get(`threads/${this.id}/messages`, { ...query });
  }

  /** Calls `listener` with every event from now on, each once and in order, until the returned function is called. */
  subscribe(listener: (event: ThreadUpdate) => void): () => void {
    return this.#store.listen(listener);
  }

  /**
   * Reads how far each member has read, and where each has joined.
   *
   * @throws {ThreadlineError} `unknown_thread`, `unreachable`, …
   */
  async receipts(): Promise<Receipt[]> {
    return (await this.#deps.rest.get<{ receipts: Receipt[] }>(`threads/${this.id}/receipts`)).receipts;
  }

  /**
   * Changes the title and metadata; what is left out stays.
   *
   * @throws {ThreadlineError} `forbidden`, `invalid_field`, `thread_archived`, …
   * @example await thread.change({ title: "Night train" });
   */
  change(change: ChangeThread): Promise<Thread> {
    return this.#call("PUT", "", change);
  }

  /**
   * Archives the thread for all members: it can be read, not written to. There is no way back.
   *
   * @throws {ThreadlineError} `forbidden`, `dm_fixed`, …
   */
  archive(): Promise<Written> {
    return this.#call("DELETE", "");
  }

  /**
   * Adds a member, by default with the role member.
   *
   * @throws {ThreadlineError} `forbidden`, `dm_fixed`, `thread_archived`, …
   * @example await thread.addMember("ben", "admin");
   */
  addMember(user: string, role?: Role): Promise<Written> {
    return this.#call("POST", "/members", role === undefined ? { user } : { user, role });
  }

  /**
   * Gives a member another role.
   *
   * @throws {ThreadlineError} `forbidden`, `unknown_member`, `last_owner`, …
   */
  changeRole(user: string, role: Role): Promise<Written> {
    return this.#call("PUT", `/members/${encodeURIComponent(user)}`, { role });
  }

  /**
   * Removes a member.
   *
   * @throws {ThreadlineError} `forbidden`, `unknown_member`, `last_owner`, `dm_fixed`, …
   */
  removeMember(user: string): Promise<Written> {
    return this.#call("DELETE", `/members/${encodeURIComponent(user)}`);
  }

  /**
   * Leaves the thread.
   *
   * @throws {ThreadlineError} `last_owner`, `dm_fixed`, …
   */
  leave(): Promise<Written> {
    return this.#call("DELETE", "/members");
  }

  get #store(): ThreadStore {
    return this.#deps.store(this.id);
  }

  #call<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
    return this.#deps.rest.call(method, `threads/${this.id}${path}`, { body });
  }
}
