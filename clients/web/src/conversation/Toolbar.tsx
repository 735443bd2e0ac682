import type { ChatMessage } from "threadline";
import { IconButton } from "../ui/Button";
import type { Actions, Choice } from "./actions";
import styles from "./Toolbar.module.css";

interface ToolbarProps {
  message: ChatMessage;
  choices: readonly Choice[];
  actions: Actions;
}

/** What can be done with the message that one points at. */
export function Toolbar({ message, choices, actions }: ToolbarProps) {
  return (
    <div role="toolbar" aria-label="Message actions" className={styles.toolbar}>
      {choices.map(({ name, label, icon }) => (
        <IconButton key={name} icon={icon} label={label} size={17} onClick={() => actions[name](message)} />
      ))}
    </div>
  );
}
