import { useState } from "react";
import type { Member, Thread } from "threadline";

/** Who has read up to where, in a form that rows can compare. */
export interface Receipts {
  /** Messages above this number can have been read: someone else was a member when they were sent. */
  readonly none: number;
  /** Messages up to this number were read by everyone else who was a member when they were sent. */
  readonly all: number;
  /** The users whose last read message has this number, oneself excluded. */
  readonly at: ReadonlyMap<number, readonly string[]>;
}

/** Receipts of larger conversations are not shown one by one. */
const SHOWN_MEMBERS_MAX = 100;

/**
 * Works out the receipts of a conversation. Where a member joined and how far they have read are two numbers: whoever joined
 * after a message was sent neither saw it nor keeps it from being read by all. Lists equal to those in `before` are the same
 * objects.
 */
export function receiptsOf(members: readonly Member[], me: string, before?: Receipts): Receipts {
  const others = members.filter((member) => member.user !== me);
  const at = new Map<number, readonly string[]>();
  if (others.length <= SHOWN_MEMBERS_MAX) {
    for (const { user, read_number: read, joined_number: joined } of others) {
      if (read > joined) at.set(read, [...(at.get(read) ?? []), user]);
    }
  }
  for (const [number, users] of at) {
    const old = before?.at.get(number);
    if (old && old.length === users.length && old.every((user, index) => user === users[index])) at.set(number, old);
  }
  if (others.length === 0) return { none: 0, all: 0, at };
  const least = (numberOf: (member: Member) => number) =>
    others.reduce((least, member) => Math.min(least, numberOf(member)), Number.POSITIVE_INFINITY);
  return {
    none: least((member) => member.joined_number),
    all: least((member) => Math.max(member.joined_number, member.read_number)),
    at,
  };
}

/** Whether everyone else who was a member when this message was sent has read it, and there was someone. */
export function isReadByAll({ none, all }: Receipts, number: number): boolean {
  return number > none && number <= all;
}

/** The receipts of a conversation; lists that stay the same stay the same objects. */
export function useReceipts({ members }: Thread, me: string): Receipts {
  const [kept, setKept] = useState(() => ({ members, me, receipts: receiptsOf(members, me) }));
  if (kept.members === members && kept.me === me) return kept.receipts;
  const receipts = receiptsOf(members, me, kept.receipts);
  setKept({ members, me, receipts });
  return receipts;
}
