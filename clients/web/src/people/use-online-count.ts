import { useMemo, useSyncExternalStore } from "react";
import type { Thread } from "threadline";
import { useClient, useConnection } from "threadline/react";

/** In larger conversations nobody counts. */
const COUNTED_MAX = 200;

/** How many of a conversation's members are there, oneself included; 0 while there is no connection that tells. */
export function useOnlineCount({ members }: Thread, me: string): number {
  const client = useClient();
  const connected = useConnection().status === "connected";
  const users = members.map((member) => member.user).join("\n");
  const store = useMemo(() => {
    const others = users.split("\n").filter((user) => user !== me);
    const stores = others.length < COUNTED_MAX ? others.map((user) => client.presence(user)) : [];
    return {
      get: () => stores.filter((store) => store.get() === "active").length,
      subscribe: (listener: () => void) => {
        const ends = stores.map((store) => store.subscribe(listener));
        return () => {
          for (const end of ends) end();
        };
      },
      none: stores.length === 0,
    };
  }, [client, users, me]);
  const others = useSyncExternalStore(store.subscribe, store.get);
  return store.none || !connected ? 0 : others + 1;
}
