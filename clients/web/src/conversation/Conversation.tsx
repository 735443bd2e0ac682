import { useMemo, useState } from "react";
import type { ChatMessage } from "threadline";
import { useClient, useThread, useUser } from "threadline/react";
import { useNames } from "../people/names";
import { closeThread } from "../shell/route";
import { Button } from "../ui/Button";
import { explain } from "../ui/explain";
import { Menu, type MenuAnchor, MenuItem } from "../ui/Menu";
import { Announcer } from "./Announcer";
import { type Actions, choicesFor, roleOf } from "./actions";
import { Composer, type ComposerTarget } from "./Composer";
import styles from "./Conversation.module.css";
import { DeleteMessage } from "./DeleteMessage";
import { Header } from "./Header";
import { Messages } from "./Messages";
import { Skeleton } from "./Skeleton";
import { TypingLine } from "./TypingLine";

/** An open conversation. */
export function Conversation({ id }: { id: string }) {
  const { thread, error, loading } = useThread(id);
  const handle = useClient().thread(id);
  const me = useUser();
  const nameOf = useNames();
  const [target, setTarget] = useState<ComposerTarget>();
  const [removing, setRemoving] = useState<ChatMessage>();
  const [menu, setMenu] = useState<{ message: ChatMessage; anchor: MenuAnchor }>();

  const actions = useMemo<Actions>(
    () => ({
      reply: (message) => setTarget({ kind: "reply", message }),
      edit: (message) => setTarget({ kind: "edit", message }),
      copy: (message) => void navigator.clipboard?.writeText(message.content).catch(() => {}),
      // What is on its way cannot be taken back any more, only deleted.
      remove: (message) => {
        if (message.number > 0 || !handle.discard(message.id)) setRemoving(message);
      },
      retry: (message) => handle.retry(message.id),
      discard: (message) => handle.discard(message.id),
      openMenu: (message, anchor) => setMenu({ message, anchor }),
    }),
    [handle],
  );
  const editLast = () => {
    const last = handle.messages
      .get()
      .messages.findLast((message) => message.sender === me && message.kind === "text" && !message.deleted_at);
    if (last) actions.edit(last);
  };

  // A list of conversations names only the first members: where the user left off is known once all are.
  const isPart = thread && !roleOf(thread, me) && thread.members.length < thread.member_count;
  if (!thread || (isPart && loading)) {
    if (error && !loading) return <Missing code={error.code} text={explain(error)} retry={() => void handle.older()} />;
    return <Skeleton />;
  }
  const choices = menu ? choicesFor(menu.message, { ...thread, role: roleOf(thread, me) }, me) : [];
  return (
    <>
      <Header thread={thread} />
      <Messages thread={thread} actions={actions} />
      <TypingLine thread={id} nameOf={nameOf} />
      {thread.archived_at ? (
        <p className={styles.archived}>This conversation is archived. It can be read, not written to.</p>
      ) : (
        <Composer
          thread={id}
          target={target}
          nameOf={nameOf}
          onDone={() => setTarget(undefined)}
          onEditLast={editLast}
        />
      )}
      <Announcer thread={id} />
      {removing && <DeleteMessage message={removing} onClose={() => setRemoving(undefined)} />}
      {menu && choices.length > 0 && (
        <Menu label="Message actions" anchor={menu.anchor} onClose={() => setMenu(undefined)}>
          {choices.map(({ name, label, icon, danger = false }) => (
            <MenuItem key={name} icon={icon} danger={danger} onChoose={() => actions[name](menu.message)}>
              {label}
            </MenuItem>
          ))}
        </Menu>
      )}
    </>
  );
}

const gone = new Set(["unknown_thread", "not_a_member", "not_found", "invalid_field"]);

function Missing({ code, text, retry }: { code: string; text: string; retry: () => void }) {
  const there = !gone.has(code);
  return (
    <div className={styles.missing}>
      <h2>{there ? "This conversation could not be loaded" : "This conversation is not available"}</h2>
      <p>{there ? text : "It does not exist, or you are not in it."}</p>
      <div>
        {there && (
          <Button kind="primary" onClick={retry}>
            Try again
          </Button>
        )}
        <Button onClick={closeThread}>Back to conversations</Button>
      </div>
    </div>
  );
}
