import type { ErrorBody } from "../api/frames.js";
import type { Metadata, PostedKind } from "../api/types.js";

interface Base {
  /** A UUIDv7; ops are done in its order. The id of a posted message is that of its op. */
  readonly id: string;
  /** Whose it is: nobody else sends it. */
  readonly scope: string;
  /** The client that does it, as long as it lives. */
  readonly owner: string;
  readonly thread: string;
  /** When it was asked for, milliseconds since the epoch. */
  readonly at: number;
  /** Why it was refused for good; null while it waits. */
  readonly error: ErrorBody | null;
}

/** The content of a message to post. */
export interface Draft {
  readonly kind: PostedKind;
  readonly content: string;
  readonly metadata: Metadata;
  readonly reply_to: string | null;
}

/** Something to be done once there is a connection. Plain data: it is kept in storage. */
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
/** What is asked for, before it is an {@link Op}. */
export type NewOp = DistributiveOmit<Op, "id" | "scope" | "owner" | "at" | "error">;

/** The message that an op is about; none for a read mark. */
export function messageOf(op: Op): string | undefined {
  if (op.type === "read") return undefined;
  return op.type === "send" ? op.id : op.message;
}

/** The text that an op brings. */
export function textOf(op: Op): string | undefined {
  return op.type === "send" ? op.draft.content : op.type === "edit" ? op.content : undefined;
}

/** Ops of one lane are done one after the other. */
export function laneOf(op: Op): string {
  return op.type === "read" ? `read ${op.thread}` : op.thread;
}
