import { useEffect, useState } from "react";
import { useClient, useConnection, useOutbox } from "threadline/react";
import { counted } from "../conversations/unsent";
import { useSessionEnded } from "../session/context";
import { signInAgain } from "../session/signed-in";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { useLate } from "../ui/use-late";
import styles from "./Banner.module.css";
import { useOnline } from "./use-online";

/** Shorter interruptions are not worth a word. */
const SHOWN_AFTER_MS = 1_000;

/** Says what is wrong with the connection, once it has been so for a moment. */
export function Banner() {
  const { status } = useConnection();
  const ended = useSessionEnded();
  const up = status === "connected";
  const late = useLate(!up, SHOWN_AFTER_MS);
  return (
    <div role="status" aria-label="Connection" className={styles.place}>
      {!up && (late || ended) && <div className={styles.banner}>{ended ? <Ended /> : <Down />}</div>}
    </div>
  );
}

function Ended() {
  return (
    <>
      <Icon name="leave" size={18} />
      <p>Your sign-in has ended.</p>
      <Button small onClick={signInAgain}>
        Sign in again
      </Button>
    </>
  );
}

function Down() {
  const client = useClient();
  const { retryAt, status } = useConnection();
  const online = useOnline();
  const { ops, durable } = useOutbox();
  const pending = ops.filter((op) => op.type !== "read" && !op.error);
  const kept = durable ? "" : " while this page is open";
  const waits = pending.length > 0 ? `${counted(pending)} ${pending.length === 1 ? "waits" : "wait"}${kept}` : "";
  if (!online) {
    return (
      <>
        <Icon name="offline" size={18} />
        <p>You are offline.{waits && ` ${waits} and will be sent when you are back.`}</p>
      </>
    );
  }
  return (
    <>
      <Icon name="offline" size={18} />
      <p>
        {status === "disconnected" ? "Not connected." : "Reconnecting…"}
        {retryAt !== null && <Countdown to={retryAt} />}
        {waits && ` ${waits} and will be sent then.`}
      </p>
      {(retryAt !== null || status === "disconnected") && (
        <Button small onClick={() => client.connect()}>
          Try now
        </Button>
      )}
    </>
  );
}

/** Seconds left; not read aloud. */
function Countdown({ to }: { to: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const left = Math.ceil((to - now) / 1_000);
  return left > 0 ? <span aria-hidden="true"> Next try in {left} s.</span> : null;
}
