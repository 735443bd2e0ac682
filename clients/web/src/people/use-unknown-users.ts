import { useState } from "react";
import { useClient } from "threadline/react";
import { useSession } from "../session/context";
import { suggested } from "../session/people";

/** Ids that nobody has signed in with yet: they may be mistyped. */
export interface UnknownUsers {
  /** The chosen ids that the user has been warned of. */
  readonly warnedOf: readonly string[];
  /** Looks up these users. Returns false if the user has to be warned of one first. */
  check(users: readonly string[]): Promise<boolean>;
}

/** Finds out, once asked to, which of the chosen users nobody knows. */
export function useUnknownUsers(chosen: readonly string[]): UnknownUsers {
  const client = useClient();
  const { directory, development } = useSession();
  const [unknownUsers, setUnknownUsers] = useState<readonly string[]>([]);
  const warnedOf = unknownUsers.filter((user) => chosen.includes(user));
  const isKnown = (user: string) =>
    directory.isNamed(user) || (development && suggested.some((person) => person.user === user));
  const check = async (users: readonly string[]) => {
    const doubtful = users.filter((user) => !warnedOf.includes(user) && !isKnown(user));
    const found = await Promise.all(doubtful.map((user) => client.findUser(user)));
    const news = doubtful.filter((_, index) => found[index] === null);
    setUnknownUsers([...warnedOf, ...news]);
    return news.length === 0;
  };
  return { warnedOf, check };
}
