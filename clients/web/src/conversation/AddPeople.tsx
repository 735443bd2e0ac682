import { useState } from "react";
import type { Thread } from "threadline";
import { useClient } from "threadline/react";
import { nobody, PeoplePicker, type Picked, usePicked } from "../people/PeoplePicker";
import { UnknownUsersNotice } from "../people/UnknownUsersNotice";
import { useUnknownUsers } from "../people/use-unknown-users";
import { Dialog } from "../ui/Dialog";
import { useAction } from "../ui/use-action";

export function AddPeople({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const handle = useClient().thread(thread.id);
  const [picked, setPicked] = useState<Picked>(nobody);
  const users = usePicked(picked);
  const unknownUsers = useUnknownUsers(users);
  const add = useAction(async () => {
    if (!(await unknownUsers.check(users))) return;
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
        label: unknownUsers.warnedOf.length > 0 ? "Add anyway" : "Add",
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
      <UnknownUsersNotice users={unknownUsers.warnedOf} />
    </Dialog>
  );
}
