import type { ChatMessage } from "threadline";
import { Icon } from "../ui/Icon";

/** How far a message of one's own has come. */
export function MessageState({ state, read }: { state: ChatMessage["state"]; read: boolean }) {
  if (state === "pending") return <Icon name="clock" size={14} label="Sending" />;
  if (state === "failed") return <Icon name="failed" size={14} label="Not sent" />;
  return read ? <Icon name="read" size={15} label="Read" /> : <Icon name="check" size={14} label="Sent" />;
}
