import { Icon } from "../ui/Icon";
import styles from "./UnknownUsersNotice.module.css";

/** Says that nobody has signed in with these ids, before something is made for them. Silent without any. */
export function UnknownUsersNotice({ users }: { users: readonly string[] }) {
  const ids = new Intl.ListFormat("en", { type: "disjunction" }).format(users.map((user) => `“${user}”`));
  return (
    <div role="alert">
      {users.length > 0 && (
        <p className={styles.notice}>
          <Icon name="failed" size={18} />
          <span>
            <strong>Nobody has signed in here as {ids} yet.</strong> Check the spelling, or go on: they will see what
            you write once they sign in.
          </span>
        </p>
      )}
    </div>
  );
}
