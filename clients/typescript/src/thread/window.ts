import type { Message, ThreadEvent } from "../api/types.js";
import { type ChatMessage, shown } from "./message.js";
import { deleted, edited } from "./summary.js";

/** The newest messages of a thread, without holes, oldest first. */
export class MessageWindow {
  #messages: ChatMessage[];
  constructor(newestFirst: readonly Message[]) {
    this.#messages = newestFirst.map(shown).reverse();
  }

  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** The number of the oldest one here; below it is what is not loaded. */
  get first(): number {
    return this.#messages[0]?.number ?? 1;
  }

  /** Takes in a page of what lies directly below. */
  prepend(newestFirst: readonly Message[]): void {
    const older = newestFirst.filter((message) => message.number < this.first || this.#messages.length === 0);
    this.#messages = [...older.map(shown).reverse(), ...this.#messages];
  }

  /** Takes in an event, once or again, also one that a loaded page has seen already. */
  apply({ event }: ThreadEvent): void {
    if (event.type === "message_posted") this.#append(event.message as Message);
    else if (event.type === "message_edited") this.#replace(event.number, event.message, (m) => edited(m, event));
    else if (event.type === "message_deleted") this.#replace(event.number, event.message, (m) => deleted(m, event));
  }

  /** Forgets all but the newest. */
  trim(keep: number): void {
    if (this.#messages.length > keep) this.#messages = this.#messages.slice(-keep);
  }

  #append(message: Message): void {
    const last = this.#messages.at(-1);
    if (!last || message.number > last.number) this.#messages = [...this.#messages, shown(message)];
  }

  #replace(number: number, id: string, change: (message: ChatMessage) => ChatMessage): void {
    // Numbers are dense.
    const at = number - this.first;
    const message = this.#messages[at];
    if (message?.id !== id) return;
    this.#messages = this.#messages.slice();
    this.#messages[at] = change(message);
  }
}
