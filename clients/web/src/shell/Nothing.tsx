import { Icon } from "../ui/Icon";
import styles from "./Messenger.module.css";

/** Where no conversation is open. */
export function Nothing() {
  return (
    <div className={styles.nothing}>
      <Icon name="logo" size={56} />
      <h2>Pick up a conversation</h2>
      <p>Choose one on the left, or start a new one.</p>
    </div>
  );
}
