import { useState } from "react";
import type { Thread } from "threadline";
import { useClient } from "threadline/react";
import { TITLE_CHARS_MAX } from "../conversations/title";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { useAction } from "../ui/use-action";

export function RenameConversation({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const handle = useClient().thread(thread.id);
  const [title, setTitle] = useState(thread.title ?? "");
  const save = useAction(async () => {
    await handle.change({ title: title.trim() || null });
    onClose();
  });
  return (
    <Dialog
      title="Rename conversation"
      onClose={onClose}
      error={save.error}
      action={{ label: "Save", run: () => void save.run(), disabled: save.busy }}
    >
      <Field
        label="Title"
        hint="Without one it is called by the people in it."
        value={title}
        maxLength={TITLE_CHARS_MAX}
        onChange={(event) => setTitle(event.target.value)}
      />
    </Dialog>
  );
}
