import type { ChatMessage, Thread } from "threadline";
import type { IconName } from "../ui/Icon";
import type { Place } from "../ui/Menu";

/** What can be done with messages. */
export interface Actions {
  reply(message: ChatMessage): void;
  copy(message: ChatMessage): void;
  edit(message: ChatMessage): void;
  remove(message: ChatMessage): void;
  retry(message: ChatMessage): void;
  discard(message: ChatMessage): void;
  openMenu(message: ChatMessage, place: Place): void;
}

export interface Choice {
  readonly name: "reply" | "copy" | "edit" | "remove";
  readonly label: string;
  readonly icon: IconName;
  readonly danger?: boolean;
}

const choices: readonly Choice[] = [
  { name: "reply", label: "Reply", icon: "reply" },
  { name: "copy", label: "Copy text", icon: "copy" },
  { name: "edit", label: "Edit message", icon: "edit" },
  { name: "remove", label: "Delete message", icon: "trash", danger: true },
];

/** Whether the user looks after the thread: its members, its title, others' messages. */
export function manages(thread: Thread, me: string): boolean {
  const role = thread.members.find((member) => member.user === me)?.role;
  return thread.kind !== "dm" && (role === "owner" || role === "admin");
}

/** What this user can do with this message. */
export function choicesFor(message: ChatMessage, thread: Thread, me: string): readonly Choice[] {
  if (message.deleted_at) return [];
  const mine = message.sender === me;
  const posted = message.number > 0;
  const open = !thread.archived_at;
  const can = {
    reply: open && posted,
    copy: true,
    edit: open && mine && message.kind === "text",
    remove: mine || (posted && manages(thread, me)),
  };
  return choices.filter((choice) => can[choice.name]);
}
