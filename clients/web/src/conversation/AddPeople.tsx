import { useState } from "react";
import type { Thread } from "threadline";
import { useClient } from "threadline/react";
import { nobody, PeoplePicker, type Picked, usePicked } from "../people/PeoplePicker";
import { StrangersNotice } from "../people/StrangersNotice";
import { useStrangers } from "../people/use-strangers";
import { Dialog } from "../ui/Dialog";
import { useAction } from "../ui/use-action";

export function AddPeople({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const handle = useClient().thread(thread.id);
  const [picked, setPicked] = useState<Picked>(nobody);
  const users = usePicked(picked);
  const strangers = useStrangers(users);
  const add = useAction(async () => {
    if (!(await strangers.check(users))) return;
    for (const user of users) {
      await handle.addMember(user);
      setPicked((now) => ({ ...now, users: now.users.filter((other) => other !== user) }));
    }
    onClose();
  });
  return (
    <Dialog
      title="Add people"
      onClose={onClose}
      error={add.error}
      action={{
        label: strangers.warnedOf.length > 0 ? "Add anyway" : "Add",
        run: () => void add.run(),
        disabled: add.busy || users.length === 0,
      }}
    >
      <PeoplePicker
        label="People"
        several
        picked={picked}
        onChange={setPicked}
        without={thread.members.map((member) => member.user)}
      />
      <StrangersNotice users={strangers.warnedOf} />
    </Dialog>
  );
}
