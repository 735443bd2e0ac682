import { Icon } from "../ui/Icon";
import styles from "./JumpButtons.module.css";

interface JumpButtonsProps {
  /** Whether the end is out of sight. */
  away: boolean;
  /** Messages below what was seen. */
  below: number;
  /** Whether unread messages lie above what is in view. */
  unreadAbove: boolean;
  onDown: () => void;
  onUp: () => void;
  onAllRead: () => void;
}

/** The ways to the newest message, and to where one left off. */
export function JumpButtons({ away, below, unreadAbove, onDown, onUp, onAllRead }: JumpButtonsProps) {
  return (
    <>
      {unreadAbove && (
        <div className={styles.up}>
          <button type="button" onClick={onUp}>
            <Icon name="up" size={16} />
            Jump to first unread
          </button>
          <button type="button" aria-label="Mark all as read" title="Mark all as read" onClick={onAllRead}>
            <Icon name="read" size={18} />
          </button>
        </div>
      )}
      {away && (
        <button
          type="button"
          className={styles.down}
          aria-label={below > 0 ? `Jump to latest, ${below} new` : "Jump to latest"}
          onClick={onDown}
        >
          <Icon name="down" size={20} />
          {below > 0 && <span>{below > 999 ? "999+" : below}</span>}
        </button>
      )}
    </>
  );
}
