import { useEffect, useRef } from "react";
import { useThreads, useUnread, useUser } from "threadline/react";
import { Banner } from "../connection/Banner";
import { Conversation } from "../conversation/Conversation";
import { Conversations } from "../conversations/Conversations";
import { titleOf, useNames } from "../people/names";
import { focusIsLost } from "./focus";
import styles from "./Messenger.module.css";
import { Nothing } from "./Nothing";
import { hrefOf, useOpenThread } from "./route";
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
  useWayBack(id);
  return (
    <div className={styles.page} data-open={id !== undefined}>
      <Banner />
      <div className={styles.columns}>
        <nav aria-label="Conversations" className={styles.list}>
          {id !== undefined && (
            // biome-ignore lint/a11y/useValidAnchor: it leads to a place on the page, without changing the address
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

/** Whoever comes back to the list is where they left it: at the conversation that was open. */
function useWayBack(id: string | undefined): void {
  const before = useRef(id);
  useEffect(() => {
    const left = before.current;
    before.current = id;
    if (id !== undefined || left === undefined || !focusIsLost()) return;
    document.querySelector<HTMLElement>(`nav a[href="${CSS.escape(hrefOf(left))}"]`)?.focus();
  }, [id]);
}

/** The address belongs to the open conversation: the focus moves, it does not. */
function skip(event: { preventDefault(): void }): void {
  event.preventDefault();
  const log = document.querySelector<HTMLElement>("[role=log]");
  (log?.querySelector<HTMLElement>("article[tabindex='0']") ?? log)?.focus();
}
