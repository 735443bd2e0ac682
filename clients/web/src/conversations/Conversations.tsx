import { type KeyboardEvent, useDeferredValue, useMemo, useRef, useState } from "react";
import { useConnection, useOutbox, useThreads, useUser } from "threadline/react";
import { titleOf, useNames } from "../people/names";
import { Button, IconButton } from "../ui/Button";
import { explain } from "../ui/explain";
import { Icon } from "../ui/Icon";
import { useLate } from "../ui/use-late";
import { Account } from "./Account";
import { ConversationLink } from "./ConversationLink";
import styles from "./Conversations.module.css";
import { More } from "./More";
import { NewConversation } from "./NewConversation";
import { ordered, unsentOf } from "./unsent";
import { SHOWN_AFTER_MS, Waiting } from "./Waiting";

/** The user's conversations, latest activity first. */
export function Conversations({ openId }: { openId: string | undefined }) {
  const { threads: sent, loading, hasMore, error, loadMore } = useThreads();
  const connected = useConnection().status === "connected";
  const { ops, pending } = useOutbox();
  const unsent = useMemo(() => unsentOf(ops), [ops]);
  const threads = useMemo(() => ordered(sent, unsent), [sent, unsent]);
  const late = useLate(pending > 0, SHOWN_AFTER_MS);
  const me = useUser();
  const nameOf = useNames();
  const [filter, setFilter] = useState("");
  const [creating, setCreating] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const wanted = useDeferredValue(filter.trim().toLowerCase());
  const shown = useMemo(() => {
    if (!wanted) return threads;
    return threads.filter((thread) => {
      const people = thread.members.map((member) => `${nameOf(member.user)} ${member.user}`);
      return [titleOf(thread, me, nameOf), ...people].join(" ").toLowerCase().includes(wanted);
    });
  }, [threads, wanted, me, nameOf]);

  const onKeyDown = (event: KeyboardEvent) => {
    const links = [...(list.current?.querySelectorAll<HTMLElement>("a") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    // In the field only the way down leads out of it.
    if (to === undefined || (at < 0 && event.key !== "ArrowDown") || !links[to]) return;
    event.preventDefault();
    links[to].focus();
  };

  return (
    <>
      <header className={styles.top}>
        <h1>Threadline</h1>
        <IconButton icon="compose" label="New conversation" onClick={() => setCreating(true)} />
        <Account />
      </header>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move among the field and the links, which have the focus */}
      <div className={styles.rest} onKeyDown={onKeyDown}>
        <div className={styles.filter}>
          <Icon name="search" size={16} />
          <input
            type="search"
            aria-label="Filter conversations"
            placeholder="Filter"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </div>
        <div className={styles.scroller}>
          {threads.length === 0 && loading && <Skeleton />}
          {threads.length === 0 && error && !loading && (
            <div className={styles.empty}>
              <p>{explain(error)}</p>
              <Button small onClick={() => void loadMore()}>
                Try again
              </Button>
            </div>
          )}
          {threads.length === 0 && !loading && !error && me && (
            <div className={styles.empty}>
              <strong>No conversations yet</strong>
              <p>Write to someone, or make a group.</p>
              <Button kind="primary" small onClick={() => setCreating(true)}>
                Start a conversation
              </Button>
            </div>
          )}
          {threads.length > 0 && error && connected && (
            <div role="status" className={styles.trouble}>
              <p>The list is not complete. {explain(error)}</p>
              {hasMore && (
                <Button kind="quiet" small disabled={loading} onClick={() => void loadMore()}>
                  Try again
                </Button>
              )}
            </div>
          )}
          {threads.length > 0 && shown.length === 0 && (
            <div className={styles.empty}>
              <strong>Nothing found</strong>
              {hasMore && <p>Only the conversations loaded so far were looked through.</p>}
            </div>
          )}
          <ul ref={list}>
            {shown.map((thread) => (
              <ConversationLink
                key={thread.id}
                thread={thread}
                me={me}
                nameOf={nameOf}
                open={thread.id === openId}
                unsent={unsent.get(thread.id)}
                late={late}
              />
            ))}
          </ul>
          {hasMore && !error && <More loading={loading} load={loadMore} />}
        </div>
      </div>
      <Waiting />
      {creating && <NewConversation onClose={() => setCreating(false)} />}
    </>
  );
}

const lines = [1, 2, 3, 4, 5, 6, 7];

/** The list's shape while it is loaded. */
function Skeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading conversations">
      {lines.map((line) => (
        <div key={line} className="breathing">
          <span />
          <span>
            <i />
            <i />
          </span>
        </div>
      ))}
    </div>
  );
}
