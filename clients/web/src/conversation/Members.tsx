import { useState } from "react";
import type { Member, Role, Thread } from "threadline";
import { useClient, useUser } from "threadline/react";
import { useNames } from "../people/names";
import { usePresent } from "../people/use-present";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { useAction } from "../ui/use-action";
import styles from "./Members.module.css";
import { RemoveMember } from "./RemoveMember";

/** More are found by the field. */
const LISTED_MAX = 100;
const FIELD_FROM = 12;

/** Who is in a conversation, and as what. */
export function Members({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const nameOf = useNames();
  const [filter, setFilter] = useState("");
  const [removing, setRemoving] = useState<string>();
  const handle = useClient().thread(thread.id);
  const change = useAction(async (user: string, role: Role) => {
    await handle.changeRole(user, role);
  });
  const wanted = filter.trim().toLowerCase();
  const found = thread.members.filter((member) =>
    `${nameOf(member.user)} ${member.user}`.toLowerCase().includes(wanted),
  );
  if (removing !== undefined) {
    return <RemoveMember thread={thread} user={removing} onClose={() => setRemoving(undefined)} />;
  }
  return (
    <Dialog title={`Members (${thread.member_count})`} onClose={onClose} error={change.error}>
      {thread.members.length > FIELD_FROM && (
        <input
          type="search"
          aria-label="Filter members"
          placeholder="Filter"
          className={styles.filter}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      )}
      <ul className={styles.list}>
        {found.slice(0, LISTED_MAX).map((member) => (
          <Entry
            key={member.user}
            member={member}
            thread={thread}
            busy={change.busy}
            onRole={change.run}
            onRemove={setRemoving}
          />
        ))}
      </ul>
      {found.length > LISTED_MAX && <p className={styles.more}>and {found.length - LISTED_MAX} more</p>}
    </Dialog>
  );
}

interface EntryProps {
  member: Member;
  thread: Thread;
  busy: boolean;
  onRole: (user: string, role: Role) => void;
  onRemove: (user: string) => void;
}

function Entry({ member, thread, busy, onRole, onRemove }: EntryProps) {
  const me = useUser();
  const name = useNames()(member.user);
  const presence = usePresent(member.user);
  const mine = thread.members.find((other) => other.user === me)?.role;
  const other = member.user !== me && thread.kind !== "dm" && !thread.archived_at;
  const owning = other && mine === "owner";
  const otherRole: Role = member.role === "member" ? "admin" : "member";
  const removable = owning || (other && mine === "admin" && member.role === "member");
  return (
    <li>
      <Avatar user={member.user} name={name} size="small" presence={member.user === me ? undefined : presence} />
      <span className={styles.name}>
        <span>
          {name}
          {member.user === me && <small> (you)</small>}
        </span>
        <small>{member.user}</small>
      </span>
      {thread.kind !== "dm" && member.role !== "member" && <span className={styles.role}>{member.role}</span>}
      {owning && member.role !== "owner" && (
        <Button
          small
          kind="quiet"
          disabled={busy}
          aria-label={`Make ${name} ${otherRole}`}
          onClick={() => onRole(member.user, otherRole)}
        >
          Make {otherRole}
        </Button>
      )}
      {removable && (
        <Button small disabled={busy} aria-label={`Remove ${name}`} onClick={() => onRemove(member.user)}>
          Remove
        </Button>
      )}
    </li>
  );
}
