/** The frames of the socket that this library sends and reads. */
import type { Metadata, PostedKind, ThreadEvent } from "./types.js";

export type PresenceStatus = "active" | "away" | "offline";

/** A message as it is posted. */
export interface Posted {
  id: string;
  kind: PostedKind;
  content: string;
  metadata: Metadata;
  reply_to: string | null;
}

/** What a frame asks for; requests get an `id` on their way. */
export type ClientFrame =
  | { type: "hello"; token: string; cursor?: string }
  | { type: "send"; thread: string; message: Posted }
  | { type: "edit"; thread: string; message: string; content: string; metadata?: Metadata }
  | { type: "delete"; thread: string; message: string }
  | { type: "read"; thread: string; number: number }
  | { type: "typing"; thread: string; status: "start" | "stop" }
  | { type: "presence"; status: "active" | "away" }
  | { type: "auth"; token: string }
  | { type: "ping" };

export interface Limits {
  frame_bytes_max: number;
  frames_per_second_max: number;
  content_chars_max: number;
  metadata_bytes_max: number;
}

export interface Welcome {
  type: "welcome";
  user: string;
  cursor: string;
  recovered: boolean;
  heartbeat_ms: number;
  limits: Limits;
}

export interface ErrorBody {
  code: string;
  title: string;
  detail: string;
  field?: string | null;
  retryable: boolean;
  retry_after_ms?: number | null;
}

export type ReadFrame = { type: "read"; thread: string; user: string; number: number; at: string };

export type ServerFrame =
  | (Welcome & { id?: number })
  | { type: "ok"; id?: number; result: unknown }
  | { type: "error"; id?: number; error: ErrorBody }
  | ({ type: "event" } & ThreadEvent)
  | ReadFrame
  | { type: "typing"; thread: string; user: string; status: "start" | "stop" }
  | { type: "presence"; user: string; status: PresenceStatus }
  | { type: "pong"; id?: number; cursor: string }
  | { type: "resync"; threads: string[]; reason: string }
  | { type: "token_expiring"; at: string }
  | { type: "drain"; reconnect_within_ms: number };
