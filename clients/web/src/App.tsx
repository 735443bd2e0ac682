import { ThreadlineProvider } from "threadline/react";
import { SessionContext } from "./session/context";
import { useSignedIn } from "./session/signed-in";
import { Messenger } from "./shell/Messenger";
import { SignIn } from "./sign-in/SignIn";

/** The page: signing in, then the conversations. */
export function App() {
  const { session } = useSignedIn();
  if (!session) return <SignIn />;
  return (
    <SessionContext value={session}>
      <ThreadlineProvider client={session.client}>
        <Messenger />
      </ThreadlineProvider>
    </SessionContext>
  );
}
