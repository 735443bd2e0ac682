import { memo } from "react";
import type { Thread } from "threadline";
import { useTyping } from "threadline/react";
import type { NameOf } from "../people/directory";
import { otherIn, titleOf } from "../people/names";
import { usePresent } from "../people/use-present";
import { hrefOf } from "../shell/route";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { shortTimeOf } from "../ui/times";
import styles from "./ConversationLink.module.css";
import { oneLine, previewOf } from "./preview";
import { lastSaid, type Unsent } from "./unsent";

interface ConversationLinkProps {
  thread: Thread;
  me: string;
  nameOf: NameOf;
  open: boolean;
  unsent: Unsent | undefined;
  /** Whether what waits has waited for a while. */
  late: boolean;
}

/** A conversation in the list. */
export const ConversationLink = memo(function ConversationLink(props: ConversationLinkProps) {
  const { thread, me, nameOf, open, unsent, late } = props;
  const other = otherIn(thread, me);
  const presence = usePresent(other ?? "");
  const typing = useTyping(thread.id).length > 0;
  const title = titleOf(thread, me, nameOf);
  const { unread } = thread;
  const waiting = unsent?.waiting;
  const at = waiting?.at ?? lastSaid(thread);
  const preview = waiting ? `You: ${oneLine(waiting.content)}` : previewOf(thread, me, nameOf);
  return (
    <li>
      <a
        href={hrefOf(thread.id)}
        className={styles.link}
        aria-current={open ? "page" : undefined}
        aria-label={unread > 0 ? `${title}, ${unread} unread` : title}
        aria-describedby={`preview-${thread.id}`}
        data-unread={unread > 0}
      >
        <Avatar
          user={other ?? thread.id}
          name={title}
          square={other === undefined}
          presence={other !== undefined && other !== me ? presence : undefined}
        />
        <span className={styles.text}>
          <span className={styles.line}>
            <span className={styles.title}>{title}</span>
            {thread.archived_at && <Icon name="archive" size={14} label="Archived" />}
            <time className={styles.time} dateTime={new Date(at).toISOString()}>
              {shortTimeOf(at)}
            </time>
          </span>
          <span className={styles.line}>
            <span
              className={styles.preview}
              id={`preview-${thread.id}`}
              data-typing={typing}
              data-failed={unsent?.failed ?? false}
            >
              {unsent?.failed ? (
                <Icon name="failed" size={14} label="Not sent" />
              ) : (
                waiting && late && <Icon name="clock" size={14} label="Waiting to be sent" />
              )}
              {typing ? "typing…" : preview}
            </span>
            {unread > 0 && <span className={styles.badge}>{unread > 999 ? "999+" : unread}</span>}
          </span>
        </span>
      </a>
    </li>
  );
});
