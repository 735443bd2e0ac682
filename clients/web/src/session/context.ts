import { createContext, useContext, useSyncExternalStore } from "react";
import type { Session } from "./session";

export const SessionContext = createContext<Session | null>(null);

/** The session that the page is shown for. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("nobody is signed in here");
  return session;
}

/** Whether one has to sign in again. */
export function useSessionEnded(): boolean {
  const session = useSession();
  return useSyncExternalStore(session.subscribe, session.ended);
}
