import { type ErrorBody, ThreadlineError } from "threadline";

const texts: Record<string, string> = {
  unreachable: "The server cannot be reached. Check your connection and try again.",
  disconnected: "There is no connection right now.",
  ends_connection: "The server cannot read this message.",
  timeout: "The server did not answer in time.",
  forbidden: "Your role does not allow this.",
  unknown_thread: "You are not in this conversation.",
  not_a_member: "You are not in this conversation any more.",
  unknown_user: "Nobody of this id has signed in here yet.",
  unknown_message: "This message is not there any more.",
  message_deleted: "This message was deleted.",
  thread_archived: "This conversation is archived.",
  last_owner: "You are its only owner: make someone else an owner first.",
  rate_limited: "That was too much at once. Wait a moment.",
  unsupported: "The server is being updated and cannot do this yet.",
  unavailable: "The server cannot do this right now.",
  outbox_full: "Too many messages are waiting to be sent.",
};

/** What went wrong, in words for the user. */
export function explain(thrown: unknown): string {
  const { code, message } = ThreadlineError.from(thrown);
  return textOf(code, message);
}

/** Why a message was refused. */
export function explainRefusal({ code, title, detail }: ErrorBody): string {
  return textOf(code, detail || title);
}

const textOf = (code: string, message: string) => texts[code] ?? (message || "Something went wrong.");
