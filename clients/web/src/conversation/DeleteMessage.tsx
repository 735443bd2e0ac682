import type { ChatMessage } from "threadline";
import { useClient } from "threadline/react";
import { oneLine } from "../conversations/preview";
import { Dialog } from "../ui/Dialog";

/** Asks before a message is deleted. */
export function DeleteMessage({ message, onClose }: { message: ChatMessage; onClose: () => void }) {
  const handle = useClient().thread(message.thread);
  const run = () => {
    handle.delete(message.id);
    onClose();
  };
  return (
    <Dialog title="Delete this message?" onClose={onClose} action={{ label: "Delete", run, danger: true }}>
      <p>“{oneLine(message.content)}” will be gone for everyone.</p>
    </Dialog>
  );
}
