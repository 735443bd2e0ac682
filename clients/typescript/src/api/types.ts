/** The shapes of the contract, from the server's own description. */
import type { components } from "./schema.js";

type Schemas = components["schemas"];
/** Fields that may be null are always there. */
type Whole<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };

export type Role = Schemas["Role"];
export type ThreadKind = Schemas["ThreadKind"];
export type MessageKind = Schemas["MessageKind"];
export type PostedKind = Schemas["PostedKind"];
export type Metadata = Record<string, unknown>;
export type Member = Whole<Schemas["Member"]>;
/** A message as the server has it. */
export type Message = Whole<Schemas["Message"]>;
/** A thread as one of its members sees it. */
export type Thread = Whole<Omit<Schemas["Thread"], "members" | "last_message">> & {
  members: Member[];
  last_message: Message | null;
};
/** What happened in a thread. */
export type Change = Schemas["Change"];
/** Something that happened in a thread, with its place there. */
export type ThreadEvent = Omit<Schemas["Event"], "event"> & { event: Change };
export type Receipt = Whole<Schemas["Receipt"]>;
export type Unread = Schemas["Unread"];
/** What a write led to. */
export type Written = Schemas["Written"];
export type CreateThread = Schemas["CreateThreadBody"];
export type ChangeThread = Schemas["ChangeThreadBody"];

export interface ThreadsPage {
  threads: Thread[];
  next: string | null;
}
export interface MessagesPage {
  messages: Message[];
  next: number | null;
}
export interface EventsPage {
  events: ThreadEvent[];
  next: number | null;
}
