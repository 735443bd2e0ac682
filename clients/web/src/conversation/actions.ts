import type { ChatMessage, Role, Thread } from "threadline";
import type { IconName } from "../ui/Icon";
import type { MenuAnchor } from "../ui/Menu";

/** What can be done with messages. */
export interface Actions {
  reply(message: ChatMessage): void;
  copy(message: ChatMessage): void;
  edit(message: ChatMessage): void;
  remove(message: ChatMessage): void;
  retry(message: ChatMessage): void;
  discard(message: ChatMessage): void;
  openMenu(message: ChatMessage, anchor: MenuAnchor): void;
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

/** What of a thread decides what its members can do. */
export interface Rights extends Pick<Thread, "kind" | "archived_at"> {
  /** The user's own role; undefined for somebody who is not in the thread. */
  readonly role: Role | undefined;
}

export function roleOf(thread: Thread, me: string): Role | undefined {
  return thread.members.find((member) => member.user === me)?.role;
}

/** Whether the user looks after the thread: its members, its title, others' messages. */
export function manages({ kind, role }: Pick<Rights, "kind" | "role">): boolean {
  return kind !== "dm" && (role === "owner" || role === "admin");
}

/** What this user can do with this message. */
export function choicesFor(message: ChatMessage, rights: Rights, me: string): readonly Choice[] {
  if (message.deleted_at) return [];
  const mine = message.sender === me;
  const posted = message.number > 0;
  const open = !rights.archived_at;
  const can = {
    reply: open && posted,
    copy: true,
    edit: open && mine && message.kind === "text",
    remove: mine || (posted && manages(rights)),
  };
  return choices.filter((choice) => can[choice.name]);
}
