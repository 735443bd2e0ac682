import type { ChatMessage } from "threadline";
import { IconButton } from "../ui/Button";
import { momentOf, timeOf } from "../ui/times";
import type { Actions, Choice } from "./actions";
import styles from "./Toolbar.module.css";

interface ToolbarProps {
  message: ChatMessage;
  /** When it was sent, milliseconds since the epoch; null where that stands above it already. */
  at: number | null;
  choices: readonly Choice[];
  actions: Actions;
}

const toolbar = { role: "toolbar", "aria-label": "Message actions" };

/** When the message that one points at was sent, and what can be done with it. */
export function Toolbar({ message, at, choices, actions }: ToolbarProps) {
  if (at === null && choices.length === 0) return null;
  return (
    <div {...(choices.length > 0 ? toolbar : {})} className={styles.toolbar}>
      {at !== null && <time title={momentOf(at)}>{timeOf(at)}</time>}
      {choices.map(({ name, label, icon }) => (
        <IconButton key={name} icon={icon} label={label} size={17} onClick={() => actions[name](message)} />
      ))}
    </div>
  );
}
