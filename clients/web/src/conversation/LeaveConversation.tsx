import type { Thread } from "threadline";
import { useClient } from "threadline/react";
import { closeThread } from "../shell/route";
import { Dialog } from "../ui/Dialog";
import { useAction } from "../ui/use-action";

export function LeaveConversation({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const handle = useClient().thread(thread.id);
  const leave = useAction(async () => {
    await handle.leave();
    closeThread();
  });
  return (
    <Dialog
      title="Leave this conversation?"
      onClose={onClose}
      error={leave.error}
      action={{ label: "Leave", run: () => void leave.run(), danger: true, disabled: leave.busy }}
    >
      <p>You will not see it any more, unless someone adds you again.</p>
    </Dialog>
  );
}
