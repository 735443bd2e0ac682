/** The frames of the socket, from the server's own description. */
import type { components } from "./schemas.js";

type Schemas = components["schemas"];
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;
/** Requests of this library have numbers. */
type Numbered<T> = WithoutId<T> & { id?: number };

export type PresenceStatus = Schemas["PresenceStatus"];

/** A message as it is posted. */
export type Posted = Required<Omit<Schemas["SentMessage"], "attachments">>;

/** What a frame asks for; requests get an `id` on their way. */
export type ClientFrame = WithoutId<Schemas["ClientFrame"]>;

export type Limits = Schemas["Limits"];

export type Welcome = WithoutId<Schemas["WelcomeFrame"]>;

/** What is wrong; HTTP leaves out what does not apply, and later servers may have further codes. */
export type ErrorBody = Pick<Schemas["ErrorBody"], "title" | "detail" | "retryable"> &
  Partial<Pick<Schemas["ErrorBody"], "field" | "retry_after_ms">> & { code: string };

export type ReadFrame = Schemas["ReadFrame"];

export type ServerFrame =
  | Exclude<Schemas["ServerFrame"], { type: "welcome" | "ok" | "error" | "pong" }>
  | Numbered<Schemas["WelcomeFrame"] | Schemas["OkFrame"] | Schemas["PongFrame"]>
  | { type: "error"; id?: number; error: ErrorBody };
