import type { ErrorBody } from "../api/frames.js";
import type { Metadata, PostedKind } from "../api/types.js";

interface Base {
  /** A UUIDv7; ops run in its order. A posted message has the id of its op. */
  readonly id: string;
  /** The server and user that the op belongs to. */
  readonly scope: string;
  /** The client that runs the op while it exists. */
  readonly owner: string;
  readonly thread: string;
  /** When it was added, milliseconds since the epoch. */
  readonly at: number;
  /** Why the op has failed; null while it waits. */
  readonly error: ErrorBody | null;
}

/** The content of a message to post. */
export interface Draft {
  readonly kind: PostedKind;
  readonly content: string;
  readonly metadata: Metadata;
  readonly reply_to: string | null;
}

/** A change to be sent once there is a connection. Plain data: it is kept in storage. */
export type Op =
  | (Base & { readonly type: "send"; readonly draft: Draft })
  | (Base & {
      readonly type: "edit";
      readonly message: string;
      readonly content: string;
      readonly metadata: Metadata | null;
    })
  | (Base & { readonly type: "delete"; readonly message: string })
  | (Base & { readonly type: "read"; readonly number: number });

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An op before it has an id and an owner. */
export type NewOp = DistributiveOmit<Op, "id" | "scope" | "owner" | "at" | "error">;

/** Returns the message that an op is about; undefined for a read mark. */
export function messageOf(op: Op): string | undefined {
  if (op.type === "read") return undefined;
  return op.type === "send" ? op.id : op.message;
}

/** Returns the text of a send or an edit. */
export function textOf(op: Op): string | undefined {
  return op.type === "send" ? op.draft.content : op.type === "edit" ? op.content : undefined;
}

/** Names the queue of an op: the ops of one queue are done one after the other. */
export function queueOf(op: Op): string {
  return op.type === "read" ? `read ${op.thread}` : op.thread;
}
