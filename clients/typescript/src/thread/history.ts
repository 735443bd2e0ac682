import type { Message, MessagesPage, ThreadEvent } from "../api/types.js";
import type { Query } from "../net/rest.js";
import type { ChatMessage } from "./message.js";
import { MessageWindow } from "./window.js";

const PAGE = 50;
const OLDER_PAGE = 100;

/** The loaded part of a thread's messages. */
export class History {
  #window: MessageWindow | undefined;
  /** Events that arrived while a page was loading. */
  #meanwhile: ThreadEvent[] = [];
  #reads = 0;
  readonly #read: (query: Query) => Promise<MessagesPage>;

  constructor(read: (query: Query) => Promise<MessagesPage>) {
    this.#read = read;
  }

  get loaded(): boolean {
    return this.#window !== undefined;
  }

  get messages(): readonly ChatMessage[] {
    return this.#window?.messages ?? [];
  }

  get hasOlder(): boolean {
    return this.#window !== undefined && this.#window.first > 1;
  }

  /** Loads the newest messages. */
  async open(): Promise<void> {
    await this.#page({ limit: PAGE }, (messages) => {
      this.#window = new MessageWindow(messages);
    });
  }

  /** Loads the page before those loaded. */
  async older(): Promise<void> {
    const window = this.#window;
    if (!window || !this.hasOlder) return;
    await this.#page({ limit: OLDER_PAGE, before: window.first }, (messages) => {
      if (this.#window === window) window.prepend(messages);
    });
  }

  apply(event: ThreadEvent): void {
    if (this.#reads > 0) this.#meanwhile.push(event);
    this.#window?.apply(event);
  }

  find(id: string): Message | undefined {
    return this.messages.findLast((message) => message.id === id);
  }

  /** Counts others' messages after this number; undefined when they are not all loaded. */
  countAbove(number: number, me: string): number | undefined {
    if (!this.#window || this.#window.first > number + 1) return undefined;
    let count = 0;
    for (let at = this.messages.length - 1; at >= 0 && this.messages[at]!.number > number; at--) {
      if (!this.messages[at]!.deleted_at && this.messages[at]!.sender !== me) count++;
    }
    return count;
  }

  trim(keep: number): void {
    this.#window?.trim(keep);
  }

  clear(): void {
    this.#window = undefined;
  }

  async #page(query: Query, place: (messages: readonly Message[]) => void): Promise<void> {
    this.#reads++;
    try {
      const { messages } = await this.#read(query);
      place(messages);
      // The page may have been read before these events.
      for (const event of this.#meanwhile) this.#window?.apply(event);
    } finally {
      if (--this.#reads === 0) this.#meanwhile = [];
    }
  }
}
