import { memo } from "react";
import { Avatar } from "../ui/Avatar";
import styles from "./SeenBy.module.css";

const SHOWN_MAX = 8;

interface SeenByProps {
  /** Whose last read message it is. */
  read: readonly string[];
  sender: string;
  nameOf: (user: string) => string;
}

/** Those who have read up to here. */
export const SeenBy = memo(function SeenBy({ read, sender, nameOf }: SeenByProps) {
  // Who wrote it has seen it.
  const users = read.filter((user) => user !== sender);
  if (users.length === 0) return null;
  const names = users.map(nameOf).join(", ");
  return (
    <div role="img" aria-label={`Seen by ${names}`} title={`Seen by ${names}`} className={styles.seen}>
      {users.slice(0, SHOWN_MAX).map((user) => (
        <Avatar key={user} user={user} name={nameOf(user)} size="tiny" />
      ))}
      {users.length > SHOWN_MAX && <span>+{users.length - SHOWN_MAX}</span>}
    </div>
  );
});
