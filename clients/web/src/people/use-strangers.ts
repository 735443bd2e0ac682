import { useState } from "react";
import { useClient } from "threadline/react";
import { useSession } from "../session/context";
import { suggested } from "../session/people";

/** Ids that nobody has signed in with yet: they may be mistyped. */
export interface Strangers {
  /** Those of the chosen ids that the user was told of. */
  readonly told: readonly string[];
  /** Looks up these users. Returns false when there is one whom the user has to be told of first. */
  check(users: readonly string[]): Promise<boolean>;
}

/** Finds out, once asked to, which of the chosen users nobody knows. */
export function useStrangers(chosen: readonly string[]): Strangers {
  const client = useClient();
  const { directory, development } = useSession();
  const [strangers, setStrangers] = useState<readonly string[]>([]);
  const told = strangers.filter((user) => chosen.includes(user));
  const isKnown = (user: string) =>
    directory.isNamed(user) || (development && suggested.some((person) => person.user === user));
  const check = async (users: readonly string[]) => {
    const doubtful = users.filter((user) => !told.includes(user) && !isKnown(user));
    const found = await Promise.all(doubtful.map((user) => client.findUser(user)));
    const news = doubtful.filter((_, index) => found[index] === null);
    setStrangers([...told, ...news]);
    return news.length === 0;
  };
  return { told, check };
}
