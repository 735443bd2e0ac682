import type { ChangeThread, MessagesPage, Metadata, PostedKind, Receipt, Role, Thread, Written } from "../api/types.js";
import type { Clock } from "../clock.js";
import type { Connection } from "../net/connection.js";
import type { Rest } from "../net/rest.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Sending } from "../outbox/sendings.js";
import type { Store } from "../store.js";
import type { MessagesState, Room, RoomEvent, ThreadState } from "./room.js";

/** A message to post: its text, or more. */
export type Text = string | { content: string; kind?: PostedKind; metadata?: Metadata; replyTo?: string | null };

/** Which messages to read: the newest, or by number. */
export interface HistoryQuery {
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
}

/** While one types, others are told so again this often. */
const TYPING_MS = 3_000;

export interface HandleDeps {
  room(id: string): Room;
  outbox: Outbox;
  connection: Connection;
  rest: Rest;
  clock: Clock;
}

/** One thread: what is in it, and what can be done in it. */
export class ThreadHandle {
  #typingSince = Number.NEGATIVE_INFINITY;
  constructor(
    readonly id: string,
    private readonly deps: HandleDeps,
  ) {}

  /** The thread itself, with all its members. */
  get state(): Store<ThreadState> {
    return this.#room.state;
  }

  /** Its messages: the newest ones and, after {@link older}, those before. */
  get messages(): Store<MessagesState> {
    return this.#room.messages;
  }

  /** The users who type in it, oneself left out. */
  get typists(): Store<readonly string[]> {
    return this.#room.typists.view;
  }

  /** Posts a message, now or as soon as there is a connection. It is shown at once. */
  send(text: Text): Sending {
    const {
      content,
      kind = "text",
      metadata = {},
      replyTo = null,
    } = typeof text === "string" ? { content: text } : text;
    this.typing(false);
    const draft = { kind, content, metadata, reply_to: replyTo };
    return this.deps.outbox.add({ type: "send", thread: this.id, draft });
  }

  /** Replaces the content of a message of one's own, posted or not, and its metadata, if given. */
  edit(message: string, content: string, metadata: Metadata | null = null): Sending {
    return this.deps.outbox.add({ type: "edit", thread: this.id, message, content, metadata });
  }

  /** Deletes a message; its tombstone stays. One that was never posted is given up. */
  delete(message: string): Sending {
    return this.deps.outbox.add({ type: "delete", thread: this.id, message });
  }

  /** Tries again what failed of a message. */
  retry(message: string): boolean {
    return this.deps.outbox.retry(message);
  }

  /** Gives up what failed, or still waits, of a message. */
  discard(message: string): boolean {
    return this.deps.outbox.discard(message);
  }

  /** Marks everything up to this number as read; without one, all that is known. */
  markRead(number = this.#room.summary?.thread.last_number ?? 0): void {
    const room = this.#room;
    if (number < 1 || number <= (room.summary?.myRead ?? 0)) return;
    room.onReadByMe(number);
    this.deps.outbox.add({ type: "read", thread: this.id, number });
  }

  /** Tells the others that one types; to be called with every key. They see it end 5 s after the last call. */
  typing(active = true): void {
    const now = this.deps.clock.now();
    const shown = now - this.#typingSince < TYPING_MS;
    if (active === shown) return;
    this.#typingSince = active ? now : Number.NEGATIVE_INFINITY;
    this.deps.connection.tell({ type: "typing", thread: this.id, status: active ? "start" : "stop" });
  }

  /** Loads the messages before those in {@link messages}. */
  older(): Promise<void> {
    return this.#room.older();
  }

  /** Forgets all but this many of the newest in {@link messages}; {@link older} loads them again. */
  trim(keep: number): void {
    this.#room.trim(keep);
  }

  /** Reads messages as they are now, newest first, without touching {@link messages}. */
  history(query: HistoryQuery = {}): Promise<MessagesPage> {
    return this.deps.rest.get(`threads/${this.id}/messages`, { ...query });
  }

  /** Calls back with every event of the thread, each once and in order, from now on. */
  subscribe(listener: (event: RoomEvent) => void): () => void {
    return this.#room.listen(listener);
  }

  /** Who has read up to where. */
  async receipts(): Promise<Receipt[]> {
    return (await this.deps.rest.get<{ receipts: Receipt[] }>(`threads/${this.id}/receipts`)).receipts;
  }

  /** Changes title and metadata; what is left out stays. */
  change(change: ChangeThread): Promise<Thread> {
    return this.#call("PUT", "", change);
  }

  archive(): Promise<Written> {
    return this.#call("DELETE", "");
  }

  addMember(user: string, role?: Role): Promise<Written> {
    return this.#call("POST", "/members", role === undefined ? { user } : { user, role });
  }

  changeRole(user: string, role: Role): Promise<Written> {
    return this.#call("PUT", `/members/${encodeURIComponent(user)}`, { role });
  }

  removeMember(user: string): Promise<Written> {
    return this.#call("DELETE", `/members/${encodeURIComponent(user)}`);
  }

  leave(): Promise<Written> {
    return this.#call("DELETE", "/members");
  }

  get #room(): Room {
    return this.deps.room(this.id);
  }

  #call<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
    return this.deps.rest.call(method, `threads/${this.id}${path}`, { body });
  }
}
