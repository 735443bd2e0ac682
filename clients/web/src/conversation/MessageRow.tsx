import { type KeyboardEvent, type MouseEvent, memo, useState } from "react";
import type { ChatMessage } from "threadline";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { explainRefusal } from "../ui/explain";
import { Icon } from "../ui/Icon";
import { dayName, momentOf, timeOf } from "../ui/times";
import type { Actions, Choice } from "./actions";
import { Content, isEmoji } from "./Content";
import styles from "./MessageRow.module.css";
import { MessageState } from "./MessageState";
import { Quote } from "./Quote";
import type { Row } from "./rows";
import { SeenBy } from "./SeenBy";
import { Toolbar } from "./Toolbar";
import { tombstone } from "./tombstone";
import { useLongPress } from "./use-long-press";

export interface MessageRowProps {
  row: Row;
  mine: boolean;
  sender: string;
  /** Whether all others have read it. */
  read: boolean;
  /** Whose last read message it is. */
  seenBy: readonly string[] | undefined;
  /** In a dm: that the other one has seen it. */
  seen: boolean;
  /** The message that it answers; null when that one is not loaded. */
  quoted: ChatMessage | null | undefined;
  quotedSender: string;
  nameOf: (user: string) => string;
  /** Whether Tab leads here. */
  tabbed: boolean;
  flash: boolean;
  actions: Actions;
  choicesFor: (message: ChatMessage) => readonly Choice[];
  onShowQuoted: (id: string) => void;
}

/** A message, with the day that begins with it. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { row, mine, sender, tabbed, flash, actions } = props;
  const { message, at, day, starts, ends, fresh } = row;
  const [near, setNear] = useState(false);
  const press = useLongPress((anchor) => actions.openMenu(message, anchor));
  const system = message.kind === "system";

  const onContextMenu = (event: MouseEvent) => {
    const inLink = event.target instanceof Element && event.target.closest("a");
    if (inLink || message.deleted_at || !getSelection()?.isCollapsed) return;
    event.preventDefault();
    const byKey = event.clientX === 0 && event.clientY === 0;
    actions.openMenu(message, byKey ? { below: event.currentTarget } : { x: event.clientX, y: event.clientY });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.key !== "Enter" || message.deleted_at) return;
    event.preventDefault();
    actions.openMenu(message, { below: event.currentTarget });
  };

  return (
    <div className={styles.row} data-starts={starts}>
      {day !== null && (
        <div role="separator" aria-label={dayName(day)} className={styles.day}>
          <span>{dayName(day)}</span>
        </div>
      )}
      {fresh && (
        <div role="separator" aria-label="New messages" className={styles.fresh}>
          <span>New messages</span>
        </div>
      )}
      <article
        className={system ? styles.system : styles.message}
        aria-label={`${mine ? "You" : sender}, ${timeOf(at)}`}
        aria-describedby={`said-${message.id}${message.state === "failed" ? ` refused-${message.id}` : ""}`}
        data-message-id={message.id}
        data-number={message.number}
        data-state={message.state}
        data-mine={mine}
        data-ends={ends}
        data-starts={starts}
        data-flash={flash}
        tabIndex={tabbed ? 0 : -1}
        onPointerEnter={() => setNear(true)}
        onPointerLeave={() => setNear(false)}
        onFocus={() => setNear(true)}
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget)) setNear(false);
        }}
        onContextMenu={onContextMenu}
        onKeyDown={onKeyDown}
        {...press}
      >
        {system ? (
          <span id={`said-${message.id}`}>
            <Content text={message.content} tabbed={tabbed} />
          </span>
        ) : (
          <Bubble {...props} near={near} />
        )}
      </article>
      {props.seenBy && <SeenBy read={props.seenBy} sender={message.sender} nameOf={props.nameOf} />}
      {props.seen && <p className={styles.seen}>Seen</p>}
    </div>
  );
});

function Bubble(props: MessageRowProps & { near: boolean }) {
  const { row, mine, sender, read, quoted, quotedSender, nameOf, tabbed, near, actions, choicesFor, onShowQuoted } =
    props;
  const { message, at, starts, ends } = row;
  const choices = near ? choicesFor(message) : [];
  const gone = tombstone(message, nameOf);
  return (
    <>
      {!mine && (
        <span className={styles.side}>{ends && <Avatar user={message.sender} name={sender} size="small" />}</span>
      )}
      <div className={styles.column}>
        {starts && (
          <p className={styles.head} aria-hidden="true">
            {!mine && <strong>{sender}</strong>}
            <time title={momentOf(at)}>{timeOf(at)}</time>
          </p>
        )}
        <div className={styles.line}>
          <div
            id={`said-${message.id}`}
            className={styles.bubble}
            data-deleted={gone !== null}
            data-emoji={isEmoji(message.content)}
          >
            {message.reply_to !== null && !message.deleted_at && (
              <Quote
                message={quoted ?? null}
                sender={quotedSender}
                nameOf={nameOf}
                tabbed={tabbed}
                onShow={onShowQuoted}
              />
            )}
            {gone ? <em>{gone}</em> : <Content text={message.content} tabbed={tabbed} />}
            <span className={styles.meta}>
              {message.edited_at && !message.deleted_at && <span>edited</span>}
              {mine && !(message.deleted_at && message.state === "sent") && (
                <MessageState state={message.state} read={read} />
              )}
            </span>
          </div>
          {near && <Toolbar message={message} at={starts ? null : at} choices={choices} actions={actions} />}
        </div>
        {message.state === "failed" && (
          <p className={styles.failed}>
            <Icon name="failed" size={16} />
            <span id={`refused-${message.id}`}>{message.error && explainRefusal(message.error)}</span>
            <Button kind="quiet" small onClick={() => actions.retry(message)}>
              Retry
            </Button>
            <Button kind="quiet" small onClick={() => actions.discard(message)}>
              Discard
            </Button>
          </p>
        )}
      </div>
    </>
  );
}
