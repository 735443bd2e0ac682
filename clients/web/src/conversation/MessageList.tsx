import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { ChatMessage, Thread } from "threadline";
import { useClient, useMessages, useUser } from "threadline/react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { useNames } from "../people/names";
import { type Actions, choicesFor, roleOf } from "./actions";
import { Beginning } from "./Beginning";
import { Empty } from "./Empty";
import { JumpButtons } from "./JumpButtons";
import { loadTo } from "./load-to";
import styles from "./MessageList.module.css";
import { MessageRow } from "./MessageRow";
import { isReadByAll, useReceipts } from "./receipts";
import type { Row } from "./rows";
import { useMarkRead } from "./use-mark-read";
import { useRoving } from "./use-roving";
import { useRows } from "./use-rows";
import { useScroll } from "./use-scroll";

/** The height of what stands above the first message, pixels. */
const BEGINNING_PX = 88;
/** Older messages are fetched when the top comes this near. */
const NEAR_TOP_PX = 1_500;
/** Whoever reads the newest messages needs no more than these of those before. */
const TRIM_ABOVE = 1_500;
const TRIM_TO = 300;
/** How far back one is taken to where one left off, pages. */
const JUMP_PAGES_MAX = 60;
const FLASH_MS = 1_600;

interface MessageListProps {
  thread: Thread;
  /** The number of the first message that was unread when the conversation was opened; 0 for none. */
  firstUnread: number;
  actions: Actions;
}

/** A conversation's messages; only those near the window are drawn. */
export function MessageList({ thread, firstUnread, actions }: MessageListProps) {
  const client = useClient();
  const me = useUser();
  const nameOf = useNames();
  const handle = client.thread(thread.id);
  const { messages, loaded, hasOlder, loading, error, loadOlder } = useMessages(thread.id);
  const { rows, shift, now } = useRows(messages, firstUnread, hasOlder || !loaded);
  const empty = loaded && messages.length === 0 && !hasOlder && !loading && !error;

  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);

  const newest = messages.at(-1);
  const justWritten = newest?.sender === me && newest.number === 0 ? newest.id : undefined;
  const scroll = useScroll({ scroller, list, rows, justWritten });
  const { isStuck, release } = scroll;
  const seen = useMarkRead({ thread, me, scroller, rows, isStuck });
  const [flash, setFlash] = useState<string>();
  const roving = useRoving({ scroller, list, rows, onMove: release });

  const receipts = useReceipts(thread, me);
  const dmSeen = thread.kind === "dm" ? lastSeen(rows, receipts.all, me) : 0;
  const { kind, archived_at } = thread;
  const role = roleOf(thread, me);
  const choices = useMemo(
    () => (message: ChatMessage) => choicesFor(message, { kind, archived_at, role }, me),
    [kind, archived_at, role, me],
  );

  const fetchNearTop = useCallback(() => {
    if (hasOlder && !loading && !error && (scroller.current?.scrollTop ?? 0) < NEAR_TOP_PX) void loadOlder();
  }, [hasOlder, loading, error, loadOlder]);
  useLayoutEffect(fetchNearTop, [fetchNearTop]);
  useLayoutEffect(() => {
    if (rows.length > TRIM_ABOVE && isStuck()) handle.trim(TRIM_TO);
  }, [rows.length, isStuck, handle]);

  const show = useCallback(
    (id: string) => {
      const index = now().findLastIndex((row) => row.message.id === id);
      if (index < 0) return;
      release();
      list.current?.scrollToIndex(index, { align: "center" });
      setFlash(id);
      setTimeout(() => setFlash((now) => (now === id ? undefined : now)), FLASH_MS);
    },
    [now, release],
  );

  const showFirstUnread = async () => {
    const number = seen.firstUnread();
    await loadTo(handle, number, JUMP_PAGES_MAX);
    const target = handle.messages.get().messages.find((message) => message.number >= number);
    if (target) requestAnimationFrame(() => show(target.id));
  };

  return (
    <div className={styles.place}>
      <div
        ref={scroller}
        id="messages"
        className={styles.scroller}
        role="log"
        aria-label="Messages"
        aria-live="off"
        tabIndex={rows.length === 0 ? 0 : -1}
        onScroll={() => {
          scroll.onScroll();
          seen.check();
          fetchNearTop();
        }}
        onKeyDown={roving.onKeyDown}
        onFocus={roving.onFocus}
      >
        {!empty && <div className={styles.space} />}
        {empty ? (
          <Empty thread={thread} />
        ) : (
          <Beginning
            height={BEGINNING_PX}
            isWhole={loaded && !hasOlder}
            loading={loading}
            error={error}
            load={loadOlder}
          />
        )}
        <Virtualizer
          ref={list}
          data={rows}
          shift={shift}
          scrollRef={scroller}
          startMargin={BEGINNING_PX}
          bufferSize={600}
          keepMounted={roving.kept}
          onResize={scroll.onResize}
        >
          {(row: Row) => {
            const { message } = row;
            const mine = message.sender === me;
            const quoted =
              message.reply_to === null
                ? undefined
                : (messages.findLast((other) => other.id === message.reply_to) ?? null);
            const seenBy = thread.kind === "dm" || message.number === 0 ? undefined : receipts.at.get(message.number);
            return (
              <MessageRow
                key={message.id}
                row={row}
                mine={mine}
                sender={nameOf(message.sender)}
                read={mine && isReadByAll(receipts, message.number)}
                seenBy={seenBy}
                seen={dmSeen > 0 && message.number === dmSeen}
                quoted={quoted}
                quotedSender={quoted ? nameOf(quoted.sender) : ""}
                nameOf={nameOf}
                tabbed={message.id === roving.tabbed}
                flash={message.id === flash}
                actions={actions}
                choicesFor={choices}
                onShowQuoted={show}
              />
            );
          }}
        </Virtualizer>
        <div className={styles.end} />
      </div>
      <JumpButtons
        away={scroll.away}
        below={Math.max(0, thread.last_number - seen.upTo)}
        unreadAbove={thread.unread > 0 && seen.unreadAbove}
        onDown={scroll.toBottom}
        onUp={() => void showFirstUnread()}
        onAllRead={() => handle.markRead(thread.last_number)}
      />
    </div>
  );
}

/** The number of the last message of one's own that was read up to here. */
function lastSeen(rows: readonly Row[], read: number, me: string): number {
  const seen = ({ message }: Row) =>
    message.sender === me && message.number > 0 && message.number <= read && !message.deleted_at;
  return rows.findLast(seen)?.message.number ?? 0;
}
