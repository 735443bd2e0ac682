import type { OutboxOp } from "threadline";
import { useClient } from "threadline/react";
import { Dialog } from "../ui/Dialog";
import { explainRefusal } from "../ui/explain";
import styles from "./DiscardFailed.module.css";
import { oneLine } from "./preview";
import { counted } from "./unsent";

const SHOWN_MAX = 5;

/** Asks before what could not be sent is given up, and shows it: its conversation may not be there any more. */
export function DiscardFailed({ failed, onClose }: { failed: readonly OutboxOp[]; onClose: () => void }) {
  const client = useClient();
  const run = () => {
    client.discardFailed();
    onClose();
  };
  return (
    <Dialog title={`Discard ${counted(failed)}?`} onClose={onClose} action={{ label: "Discard", run, danger: true }}>
      <p>This cannot be undone.</p>
      <ul className={styles.list}>
        {failed.slice(0, SHOWN_MAX).map((op) => (
          <li key={op.id}>
            <span>{textOf(op)}</span>
            <small>{op.error && explainRefusal(op.error)}</small>
          </li>
        ))}
      </ul>
      {failed.length > SHOWN_MAX && <p>and {failed.length - SHOWN_MAX} more</p>}
    </Dialog>
  );
}

function textOf({ type, content = "" }: OutboxOp): string {
  if (type === "delete") return "A message to delete";
  return type === "edit" ? `Edited: ${oneLine(content)}` : oneLine(content);
}
