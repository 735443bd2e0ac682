import type { ChatMessage } from "threadline";
import { oneLine } from "../conversations/preview";
import type { NameOf } from "../people/directory";
import styles from "./Quote.module.css";
import { tombstone } from "./tombstone";

interface QuoteProps {
  /** Null when it is not loaded. */
  message: ChatMessage | null;
  sender: string;
  nameOf: NameOf;
  tabbed: boolean;
  onShow: (id: string) => void;
}

/** The message that another one answers, in a line. */
export function Quote({ message, sender, nameOf, tabbed, onShow }: QuoteProps) {
  if (!message) return <span className={styles.quote}>Reply to an earlier message</span>;
  return (
    <button type="button" tabIndex={tabbed ? 0 : -1} className={styles.quote} onClick={() => onShow(message.id)}>
      <strong>{sender}</strong>
      <span>{tombstone(message, nameOf) ?? oneLine(message.content)}</span>
    </button>
  );
}
