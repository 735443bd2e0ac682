import type { Thread } from "threadline";
import { useClient, useUser } from "threadline/react";
import { titleOf, useNames } from "../people/names";
import { Dialog } from "../ui/Dialog";
import { useAction } from "../ui/use-action";

interface RemoveMemberProps {
  thread: Thread;
  user: string;
  onClose: () => void;
}

/** Asks before someone is put out of a conversation. */
export function RemoveMember({ thread, user, onClose }: RemoveMemberProps) {
  const handle = useClient().thread(thread.id);
  const nameOf = useNames();
  const title = titleOf(thread, useUser(), nameOf);
  const remove = useAction(async () => {
    await handle.removeMember(user);
    onClose();
  });
  return (
    <Dialog
      title={`Remove ${nameOf(user)}?`}
      onClose={onClose}
      error={remove.error}
      action={{ label: "Remove", run: () => void remove.run(), danger: true, disabled: remove.busy }}
    >
      <p>They will not see “{title}” any more, unless someone adds them again.</p>
    </Dialog>
  );
}
