import { useClient, useOutbox } from "threadline/react";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import styles from "./Waiting.module.css";
import { useLate } from "../ui/use-late";

/** What is normally on its way is not mentioned. */
const SHOWN_AFTER_MS = 1_500;

/** What waits to be sent, and what could not be. */
export function Waiting() {
  const client = useClient();
  const { pending, failed, durable } = useOutbox();
  const late = useLate(pending > 0, SHOWN_AFTER_MS);
  return (
    <div role="status" aria-label="Outbox">
      {late && pending > 0 && (
        <p
          className={styles.line}
          title={durable ? "Kept on this device until it is sent" : "Kept while this page is open"}
        >
          <Icon name="clock" size={16} />
          {pending === 1 ? "1 message waits to be sent" : `${pending} messages wait to be sent`}
        </p>
      )}
      {failed > 0 && (
        <p className={`${styles.line} ${styles.failed}`}>
          <Icon name="failed" size={16} />
          {failed === 1 ? "1 message was not sent" : `${failed} messages were not sent`}
          <Button kind="quiet" small onClick={() => client.retryFailed()}>
            Retry all
          </Button>
        </p>
      )}
    </div>
  );
}
