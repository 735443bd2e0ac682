/** A thread's own data, continued from a snapshot by its events. */
import type { Member, Message, Thread, ThreadEvent } from "../api/types.js";

/** A thread, and what is known beside it. */
export interface Summary {
  readonly thread: Thread;
  /** Whether `thread.members` are all of them: lists hold only the first few. */
  readonly whole: boolean;
  /** When something last happened, milliseconds since the epoch: threads are listed by it. */
  readonly activeAt: number;
  /** The last message that is not unread for the viewer: the last one read, or the last one before joining. */
  readonly myRead: number;
  /** The unread count could not be continued and is to be fetched. */
  readonly unsure: boolean;
}

/** From a snapshot. What an earlier summary knew better is kept. */
export function summaryOf(thread: Thread, me: string, before?: Summary): Summary {
  const whole = thread.members.length >= thread.member_count;
  const known = new Map(before?.thread.members.map((member) => [member.user, member]));
  const keep = !whole && before?.whole && before.thread.last_seq >= thread.last_seq;
  const members = (keep ? before.thread.members : thread.members).map((member) => {
    const read = known.get(member.user)?.read_number ?? 0;
    return read > member.read_number ? { ...member, read_number: read } : member;
  });
  const myRead = Math.max(mineThen(thread, me), before?.myRead ?? 0);
  const unread = myRead >= thread.last_number ? 0 : thread.unread;
  // A snapshot from before one's own mark counts too much.
  const unsure = whole && unread > 0 && mineThen(thread, me) < myRead;
  const lastAt = Date.parse(thread.last_message?.sent_at ?? thread.created_at);
  return {
    thread: { ...thread, members, unread },
    whole: whole || Boolean(keep),
    activeAt: Math.max(lastAt, before?.activeAt ?? 0),
    myRead,
    unsure,
  };
}

/** With the names that another snapshot knows. */
export function withNames(summary: Summary, { members: named }: Thread): Summary {
  const members = summary.thread.members.map((member) => ({
    ...member,
    name: named.find(({ user }) => user === member.user)?.name ?? member.name,
  }));
  return { ...summary, thread: { ...summary.thread, members } };
}

function mineThen(thread: Thread, me: string): number {
  const mine = thread.members.find((member) => member.user === me);
  return mine ? Math.max(mine.read_number, mine.joined_number) : 0;
}

/** From its creation. */
export function summaryOfNew(event: ThreadEvent): Summary | undefined {
  if (event.event.type !== "thread_created") return undefined;
  const { id, kind, key, title, metadata, members, created_at } = event.event.thread;
  const thread: Thread = {
    id,
    kind,
    key: key ?? null,
    title: title ?? null,
    metadata,
    members: members.map(({ user, role }) => ({ user, role, name: null, joined_number: 0, read_number: 0 })),
    member_count: members.length,
    last_seq: event.seq,
    last_number: 0,
    last_message: null,
    unread: 0,
    created_at,
    archived_at: null,
  };
  return { thread, whole: true, activeAt: Date.parse(created_at), myRead: 0, unsure: false };
}

/** With the next event. One that the snapshot had is left out. */
export function withEvent(summary: Summary, event: ThreadEvent, me: string): Summary {
  if (event.seq <= summary.thread.last_seq) return summary;
  const thread: Thread = { ...summary.thread, last_seq: event.seq };
  const next = { ...summary, thread };
  const active = (at: string) => {
    next.activeAt = Math.max(summary.activeAt, Date.parse(at));
  };
  const { event: change } = event;
  switch (change.type) {
    case "thread_created":
      break;
    case "thread_changed":
      if (change.title !== undefined) thread.title = change.title;
      if (change.metadata) thread.metadata = change.metadata;
      active(change.at);
      break;
    case "thread_archived":
      thread.archived_at = change.archived_at;
      active(change.archived_at);
      break;
    case "member_added": {
      const { user, role } = change;
      // Whoever joins has seen nothing of what was written before.
      const added: Member = { user, role, name: null, joined_number: thread.last_number, read_number: 0 };
      thread.members = [...thread.members.filter((member) => member.user !== user), added];
      thread.member_count += 1;
      active(change.at);
      break;
    }
    case "member_removed":
      thread.members = thread.members.filter((member) => member.user !== change.user);
      thread.member_count -= 1;
      active(change.at);
      break;
    case "member_role_changed":
      thread.members = replaced(thread.members, change.user, { role: change.role });
      active(change.at);
      break;
    case "message_posted": {
      const message = change.message as Message;
      thread.last_message = message;
      thread.last_number = message.number;
      active(message.sent_at);
      // Who writes has read what was before.
      thread.members = replaced(thread.members, message.sender, { read_number: message.number });
      if (message.sender === me) return readTo(next, Math.max(message.number, summary.myRead));
      // Another device may have read further than what has arrived here.
      if (message.number > summary.myRead) thread.unread += 1;
      break;
    }
    case "message_edited":
      if (thread.last_message?.id === change.message) {
        thread.last_message = edited(thread.last_message, change);
      }
      active(change.edited_at);
      break;
    case "message_deleted":
      if (thread.last_message?.id === change.message) thread.last_message = deleted(thread.last_message, change);
      active(change.deleted_at);
      if (thread.unread > 0 && change.number > summary.myRead) {
        // Unread messages lie above this number; whether it counts below it is not known here.
        if (change.number > thread.last_number - thread.unread) thread.unread -= 1;
        else next.unsure = true;
      }
      break;
  }
  return next;
}

/** After someone has read. */
export function withRead(summary: Summary, user: string, number: number, me: string): Summary {
  const thread = { ...summary.thread, members: raised(summary.thread.members, user, number) };
  const next = { ...summary, thread };
  return user === me && number > summary.myRead ? readTo(next, number) : next;
}

function readTo(summary: Summary, number: number): Summary {
  const { thread } = summary;
  if (number >= thread.last_number) {
    return { ...summary, thread: { ...thread, unread: 0 }, myRead: number, unsure: false };
  }
  // How many of those above were deleted is not known here.
  return { ...summary, myRead: number, unsure: summary.unsure || thread.unread > 0 };
}

function raised(members: Member[], user: string, number: number): Member[] {
  const member = members.find((member) => member.user === user);
  return member && member.read_number < number ? replaced(members, user, { read_number: number }) : members;
}

function replaced(members: Member[], user: string, fields: Partial<Member>): Member[] {
  return members.map((member) => (member.user === user ? { ...member, ...fields } : member));
}

type Edited = { content: string; metadata?: Record<string, unknown> | null; edited_at: string };

/** A message after an edit. A tombstone stays one. */
export function edited<M extends Message>(message: M, change: Edited): M {
  if (message.deleted_at) return message;
  const metadata = change.metadata ?? message.metadata;
  return { ...message, content: change.content, metadata, edited_at: change.edited_at };
}

/** A message's tombstone. */
export function deleted<M extends Message>(message: M, change: { deleted_at: string; by: string }): M {
  return { ...message, content: "", metadata: {}, deleted_at: change.deleted_at, deleted_by: change.by };
}
