import type { ChatMessage } from "threadline";
import { IconButton } from "../ui/Button";
import { momentOf, timeOf } from "../ui/times";
import type { Actions, Choice } from "./actions";
import styles from "./Toolbar.module.css";

interface ToolbarProps {
  message: ChatMessage;
  /** When it was sent, milliseconds since the epoch. */
  at: number;
  choices: readonly Choice[];
  actions: Actions;
}

const toolbar = { role: "toolbar", "aria-label": "Message actions" };

/** When the message that one points at was sent, and what can be done with it. */
export function Toolbar({ message, at, choices, actions }: ToolbarProps) {
  return (
    <div {...(choices.length > 0 ? toolbar : {})} className={styles.toolbar}>
      <time title={momentOf(at)}>{timeOf(at)}</time>
      {choices.map(({ name, label, icon }) => (
        <IconButton key={name} icon={icon} label={label} size={17} onClick={() => actions[name](message)} />
      ))}
    </div>
  );
}
