/** The shapes of the contract, from the server's own description. */
import type { components } from "./schemas.js";

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type ThreadKind = Schemas["ThreadKind"];
export type MessageKind = Schemas["MessageKind"];
/** What people post; the other kinds are posted by services. */
export type PostedKind = "text" | "voice" | "file";
export type Metadata = Record<string, unknown>;
export type Member = Schemas["Member"];
/** A message as the server has it. */
export type Message = Schemas["Message"];
/** A thread as one of its members sees it. */
export type Thread = Schemas["Thread"];
/** What happened in a thread. */
export type Change = Schemas["Change"];
/** Something that happened in a thread, with its place there. */
export type ThreadEvent = Schemas["Event"];
/** Somebody who has signed in. */
export type User = Schemas["User"];
export type Receipt = Schemas["Receipt"];
export type Unread = Schemas["Unread"];
/** What a write led to. */
export type Written = Schemas["Written"];
export type CreateThread = Schemas["CreateThreadBody"];
export type ChangeThread = Schemas["ChangeThreadBody"];

export type ThreadsPage = Schemas["ThreadsPage"];
export type MessagesPage = Schemas["MessagesPage"];
export type EventsPage = Schemas["EventsPage"];
