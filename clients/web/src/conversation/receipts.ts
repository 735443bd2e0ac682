import { useMemo, useRef } from "react";
import type { Thread } from "threadline";

/** Who has read up to where, in a form that rows can compare. */
export interface Receipts {
  /** Up to here everyone else has read. */
  readonly all: number;
  /** Whose last read message has this number; oneself left out. */
  readonly at: ReadonlyMap<number, readonly string[]>;
}

/** Receipts of larger conversations are not shown one by one. */
const SHOWN_MEMBERS_MAX = 100;

/** The receipts of a conversation; lists that stay the same stay the same objects. */
export function useReceipts({ members }: Thread, me: string): Receipts {
  const before = useRef<Receipts>({ all: 0, at: new Map() });
  return useMemo(() => {
    const others = members.filter((member) => member.user !== me);
    const all = others.reduce((least, member) => Math.min(least, member.read_number), Number.POSITIVE_INFINITY);
    const at = new Map<number, readonly string[]>();
    if (others.length <= SHOWN_MEMBERS_MAX) {
      for (const { user, read_number: read } of others) if (read > 0) at.set(read, [...(at.get(read) ?? []), user]);
    }
    for (const [number, users] of at) {
      const old = before.current.at.get(number);
      if (old && old.length === users.length && old.every((user, index) => user === users[index])) at.set(number, old);
    }
    before.current = { all: others.length === 0 ? 0 : all, at };
    return before.current;
  }, [members, me]);
}
