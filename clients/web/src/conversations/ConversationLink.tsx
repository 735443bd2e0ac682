import { memo } from "react";
import type { Thread } from "threadline";
import { usePresence, useTyping } from "threadline/react";
import type { NameOf } from "../people/directory";
import { otherIn, titleOf } from "../people/names";
import { hrefOf } from "../shell/route";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { shortTimeOf } from "../ui/times";
import styles from "./ConversationLink.module.css";
import { previewOf } from "./preview";

interface ConversationLinkProps {
  thread: Thread;
  me: string;
  nameOf: NameOf;
  open: boolean;
}

/** A conversation in the list. */
export const ConversationLink = memo(function ConversationLink({ thread, me, nameOf, open }: ConversationLinkProps) {
  const other = otherIn(thread, me);
  const presence = usePresence(other ?? "");
  const typing = useTyping(thread.id).length > 0;
  const title = titleOf(thread, me, nameOf);
  const { unread, last_message: last } = thread;
  const at = Date.parse(last?.sent_at ?? thread.created_at);
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
          {...(other !== undefined && other !== me ? { presence } : {})}
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
            <span className={styles.preview} id={`preview-${thread.id}`} data-typing={typing}>
              {typing ? "typing…" : previewOf(thread, me, nameOf)}
            </span>
            {unread > 0 && <span className={styles.badge}>{unread > 999 ? "999+" : unread}</span>}
          </span>
        </span>
      </a>
    </li>
  );
});
