import { useState } from "react";
import { useClient } from "threadline/react";
import { nobody, PeoplePicker, type Picked, usePicked } from "../people/PeoplePicker";
import { UnknownUsersNotice } from "../people/UnknownUsersNotice";
import { useUnknownUsers } from "../people/use-unknown-users";
import { open } from "../shell/route";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { useAction } from "../ui/use-action";
import styles from "./NewConversation.module.css";
import { TITLE_CHARS_MAX } from "./title";

/** Begins a direct message or a group. */
export function NewConversation({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const [kind, setKind] = useState<"dm" | "group">("dm");
  const [picked, setPicked] = useState<Picked>(nobody);
  const [title, setTitle] = useState("");
  const users = usePicked(picked);
  const unknownUsers = useUnknownUsers(users);
  const create = useAction(async () => {
    if (!(await unknownUsers.check(kind === "dm" ? users.slice(-1) : users))) return;
    const thread = await client.createThread(
      kind === "dm"
        ? { kind, participants: users.slice(-1) }
        : { kind, participants: users, ...(title.trim() ? { title: title.trim() } : {}) },
    );
    onClose();
    open(thread.id);
  });
  return (
    <Dialog
      title="New conversation"
      onClose={onClose}
      error={create.error}
      action={{
        label: unknownUsers.warnedOf.length > 0 ? "Start anyway" : "Start conversation",
        run: () => void create.run(),
        disabled: create.busy || users.length === 0,
      }}
    >
      <fieldset className={styles.kinds}>
        <legend className="unseen">Kind</legend>
        {(["dm", "group"] as const).map((value) => (
          <label key={value}>
            <input type="radio" name="kind" checked={kind === value} onChange={() => setKind(value)} />
            <span>{value === "dm" ? "Direct message" : "Group"}</span>
          </label>
        ))}
      </fieldset>
      {kind === "group" && (
        <Field
          label="Title"
          value={title}
          maxLength={TITLE_CHARS_MAX}
          placeholder="Optional"
          onChange={(event) => setTitle(event.target.value)}
        />
      )}
      <PeoplePicker
        key={kind}
        label={kind === "dm" ? "Person" : "People"}
        several={kind === "group"}
        picked={kind === "dm" ? { ...picked, users: picked.users.slice(0, 1) } : picked}
        onChange={setPicked}
      />
      <UnknownUsersNotice users={unknownUsers.warnedOf} />
    </Dialog>
  );
}
