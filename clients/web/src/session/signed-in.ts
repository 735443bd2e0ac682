/** Who is signed in here, as a store. */
import { useSyncExternalStore } from "react";
import { NoDevelopmentTokens } from "./development";
import { keepIdentity, keptIdentity } from "./identity";
import { personOf } from "./people";
import { Session } from "./session";

export interface SignedIn {
  readonly session: Session | undefined;
  /** A sign-in is under way. */
  readonly busy: boolean;
  readonly error: unknown;
  /** The server has said that it knows nobody by name. */
  readonly onlyTokens: boolean;
}

const kept = keptIdentity();
let now: SignedIn = { session: kept && new Session(kept), busy: false, error: undefined, onlyTokens: false };
const listeners = new Set<() => void>();

function set(next: SignedIn): void {
  now = next;
  for (const listener of listeners) listener();
}

/** Signs in with what `begin` leads to; errors are shown by the page. */
export async function signIn(begin: () => Promise<Session> | Session): Promise<void> {
  if (now.busy) return;
  set({ ...now, busy: true, error: undefined });
  try {
    const session = await begin();
    now.session?.close();
    set({ ...now, session, busy: false, error: undefined });
  } catch (error) {
    const onlyTokens = now.onlyTokens || error instanceof NoDevelopmentTokens;
    set({ session: now.session, busy: false, error, onlyTokens });
  }
}

/** Signs out: the next one begins at the list. */
export function signOut(): void {
  history.replaceState(null, "", location.pathname);
  signInAgain();
}

/** Asks who it is, because the token has ended; the open conversation stays in the address. */
export function signInAgain(): void {
  now.session?.close();
  keepIdentity(undefined);
  set({ ...now, session: undefined, busy: false, error: undefined });
}

export function useSignedIn(): SignedIn {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => now,
  );
}

/** `?user=ann` in the address is a wish to be ann. */
function signInByAddress(): void {
  const query = new URLSearchParams(location.search);
  const user = query.get("user");
  if (!user) return;
  history.replaceState(null, "", location.pathname + location.hash);
  if (kept?.user === user) return;
  now.session?.close();
  now = { ...now, session: undefined };
  void signIn(() => Session.ofPerson(personOf(user, query.get("name"))));
}

signInByAddress();
