import { Icon } from "../ui/Icon";
import styles from "./JumpButtons.module.css";

interface JumpButtonsProps {
  /** Whether the end is out of sight. */
  away: boolean;
  /** Messages below what was seen. */
  below: number;
  /** Unread messages above what is loaded. */
  above: number;
  onDown: () => void;
  onUp: () => void;
}

/** The ways to the newest message, and to where one left off. */
export function JumpButtons({ away, below, above, onDown, onUp }: JumpButtonsProps) {
  return (
    <>
      {above > 0 && (
        <button type="button" className={styles.up} onClick={onUp}>
          Jump to first unread
        </button>
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
