import { useThreads, useUnread, useUser } from "threadline/react";
import { Banner } from "../connection/Banner";
import { Conversation } from "../conversation/Conversation";
import { Conversations } from "../conversations/Conversations";
import { titleOf, useNames } from "../people/names";
import styles from "./Messenger.module.css";
import { Nothing } from "./Nothing";
import { useOpenThread } from "./route";
import { useAway } from "./use-away";
import { useTitle } from "./use-title";

/** The conversations on the left, the open one beside them; on telephones one of the two. */
export function Messenger() {
  const id = useOpenThread();
  const { total } = useUnread();
  const { threads } = useThreads();
  const me = useUser();
  const nameOf = useNames();
  const thread = threads.find((thread) => thread.id === id);
  useTitle(total, thread && titleOf(thread, me, nameOf));
  useAway();
  return (
    <div className={styles.page} data-open={id !== undefined}>
      <Banner />
      <div className={styles.columns}>
        <nav aria-label="Conversations" className={styles.list}>
          {id !== undefined && (
            <a className={styles.skip} href="#messages" onClick={skip}>
              Skip to messages
            </a>
          )}
          <Conversations openId={id} />
        </nav>
        <main className={styles.main}>{id === undefined ? <Nothing /> : <Conversation key={id} id={id} />}</main>
      </div>
    </div>
  );
}

/** The address belongs to the open conversation: the focus moves, it does not. */
function skip(event: { preventDefault(): void }): void {
  event.preventDefault();
  const log = document.querySelector<HTMLElement>("[role=log]");
  (log?.querySelector<HTMLElement>("article[tabindex='0']") ?? log)?.focus();
}
