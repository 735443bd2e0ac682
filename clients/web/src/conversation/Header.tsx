import { useLayoutEffect, useRef, useState } from "react";
import type { PresenceStatus, Thread } from "threadline";
import { useUser } from "threadline/react";
import { membersOf, otherIn, titleOf, useNames } from "../people/names";
import { useOnlineCount } from "../people/use-online-count";
import { usePresent } from "../people/use-present";
import { focusIsLost } from "../shell/focus";
import { closeThread } from "../shell/route";
import { Avatar } from "../ui/Avatar";
import { IconButton } from "../ui/Button";
import { Menu, MenuItem, MenuLine } from "../ui/Menu";
import { AddPeople } from "./AddPeople";
import { ArchiveConversation } from "./ArchiveConversation";
import { manages, roleOf } from "./actions";
import styles from "./Header.module.css";
import { LeaveConversation } from "./LeaveConversation";
import { Members } from "./Members";
import { RenameConversation } from "./RenameConversation";

const words: Record<PresenceStatus, string> = { active: "Online", away: "Away", offline: "Offline" };

type Shown = "members" | "add" | "rename" | "leave" | "archive";

/** Whom one talks to, and what can be done with the conversation. */
export function Header({ thread }: { thread: Thread }) {
  const me = useUser();
  const nameOf = useNames();
  const other = otherIn(thread, me);
  const presence = usePresent(other ?? "");
  const online = useOnlineCount(thread, me);
  const heading = useRef<HTMLHeadingElement>(null);
  const button = useRef<HTMLDivElement>(null);
  const [menu, setMenu] = useState(false);
  const [shown, setShown] = useState<Shown>();
  const close = () => setShown(undefined);
  const title = titleOf(thread, me, nameOf);
  const group = thread.kind !== "dm";
  const role = roleOf(thread, me);
  const managing = manages({ kind: thread.kind, role }) && !thread.archived_at;
  const owner = role === "owner";
  const people = membersOf(thread);
  useLayoutEffect(() => {
    // On telephones the list, where the focus was, has made room for this.
    if (focusIsLost()) heading.current!.focus({ preventScroll: true });
  }, []);
  return (
    <header className={styles.header}>
      <IconButton icon="back" label="Back to conversations" className={styles.back ?? ""} onClick={closeThread} />
      <Avatar user={other ?? thread.id} name={title} size="small" square={group} />
      <div className={styles.text}>
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <p>
          {group ? (
            <button type="button" onClick={() => setShown("members")}>
              {online > 0 ? `${people}, ${online} online` : people}
            </button>
          ) : other === me ? (
            "Notes to yourself"
          ) : (
            presence && (
              <>
                <span className={styles.dot} data-presence={presence} aria-hidden="true" />
                {words[presence]}
              </>
            )
          )}
        </p>
      </div>
      <div ref={button}>
        <IconButton
          icon="more"
          label="Conversation menu"
          aria-haspopup="menu"
          aria-expanded={menu}
          onClick={() => setMenu(!menu)}
        />
      </div>
      {menu && (
        <Menu label="Conversation menu" anchor={{ below: button.current! }} onClose={() => setMenu(false)}>
          <MenuItem icon="group" onChoose={() => setShown("members")}>
            Members
          </MenuItem>
          {managing && (
            <MenuItem icon="person" onChoose={() => setShown("add")}>
              Add people
            </MenuItem>
          )}
          {managing && (
            <MenuItem icon="edit" onChoose={() => setShown("rename")}>
              Rename
            </MenuItem>
          )}
          {group && <MenuLine />}
          {group && (
            <MenuItem icon="leave" onChoose={() => setShown("leave")}>
              Leave conversation
            </MenuItem>
          )}
          {managing && owner && (
            <MenuItem icon="archive" danger onChoose={() => setShown("archive")}>
              Archive conversation
            </MenuItem>
          )}
        </Menu>
      )}
      {shown === "members" && <Members thread={thread} onClose={close} />}
      {shown === "add" && <AddPeople thread={thread} onClose={close} />}
      {shown === "rename" && <RenameConversation thread={thread} onClose={close} />}
      {shown === "leave" && <LeaveConversation thread={thread} onClose={close} />}
      {shown === "archive" && <ArchiveConversation thread={thread} onClose={close} />}
    </header>
  );
}
