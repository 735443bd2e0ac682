import type { PresenceStatus } from "threadline";
import { useConnection, usePresence } from "threadline/react";

/** Whether a user is there; undefined while there is no connection that tells. */
export function usePresent(user: string): PresenceStatus | undefined {
  const { status } = useConnection();
  const presence = usePresence(user);
  return status === "connected" ? presence : undefined;
}
