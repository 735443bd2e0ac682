import type { Thread } from "threadline";
import { useClient } from "threadline/react";
import { Dialog } from "../ui/Dialog";
import { useAction } from "../ui/use-action";

export function ArchiveConversation({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const handle = useClient().thread(thread.id);
  const archive = useAction(async () => {
    await handle.archive();
    onClose();
  });
  return (
    <Dialog
      title="Archive this conversation?"
      onClose={onClose}
      error={archive.error}
      action={{ label: "Archive", run: () => void archive.run(), danger: true, disabled: archive.busy }}
    >
      <p>Everyone can still read it, and nobody can write to it. This cannot be undone.</p>
    </Dialog>
  );
}
