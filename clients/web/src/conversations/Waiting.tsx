import { useState } from "react";
import { useClient, useConnection, useOutbox } from "threadline/react";
import { useSessionEnded } from "../session/context";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { useLate } from "../ui/use-late";
import { DiscardFailed } from "./DiscardFailed";
import { counted } from "./unsent";
import styles from "./Waiting.module.css";

/** What is normally on its way is not mentioned. */
export const SHOWN_AFTER_MS = 1_500;

/** What waits to be sent, unless the banner says it, and what could not be. */
export function Waiting() {
  const client = useClient();
  const { ops, durable } = useOutbox();
  const connected = useConnection().status === "connected";
  const ended = useSessionEnded();
  const [asking, setAsking] = useState(false);
  const pending = ops.filter((op) => op.type !== "read" && !op.error);
  const failed = ops.filter((op) => op.error);
  const late = useLate(pending.length > 0, SHOWN_AFTER_MS);
  return (
    <>
      <div role="status" aria-label="Outbox">
        {late && pending.length > 0 && (connected || ended) && (
          <p
            className={styles.line}
            title={durable ? "Kept on this device until then" : "Kept while this page is open"}
          >
            <Icon name="clock" size={16} />
            {counted(pending)} {pending.length === 1 ? "waits" : "wait"} to be sent
          </p>
        )}
        {failed.length > 0 && (
          <div className={`${styles.line} ${styles.failed}`}>
            <Icon name="failed" size={16} />
            <p>{counted(failed)} not sent</p>
            <Button kind="quiet" small onClick={() => client.retryFailed()}>
              Retry all
            </Button>
            <Button kind="quiet" small onClick={() => setAsking(true)}>
              Discard
            </Button>
          </div>
        )}
      </div>
      {asking && failed.length > 0 && <DiscardFailed failed={failed} onClose={() => setAsking(false)} />}
    </>
  );
}
