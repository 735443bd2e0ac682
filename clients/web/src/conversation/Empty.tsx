import type { Thread } from "threadline";
import { useUser } from "threadline/react";
import { firstNameOf, membersOf, otherIn, titleOf, useNames } from "../people/names";
import { Avatar } from "../ui/Avatar";
import styles from "./Empty.module.css";

/** A conversation in which nothing was written yet. */
export function Empty({ thread }: { thread: Thread }) {
  const me = useUser();
  const nameOf = useNames();
  const other = otherIn(thread, me);
  const title = titleOf(thread, me, nameOf);
  return (
    <div className={styles.empty}>
      <Avatar user={other ?? thread.id} name={title} size="large" square={other === undefined} />
      <strong>{title}</strong>
      <p>{hint(thread, other === me, firstNameOf(title))}</p>
    </div>
  );
}

function hint(thread: Thread, own: boolean, name: string): string {
  if (thread.archived_at) return "Nothing was written here.";
  if (own) return "What you write here, only you can read.";
  if (thread.kind === "dm") return `You have not written to each other yet. Say hello to ${name}.`;
  return thread.member_count === 1
    ? "Only you are here so far. Add people from the menu, or write something down."
    : `${membersOf(thread)}. Nobody has written anything yet.`;
}
