import { useRef, useState } from "react";
import { useUser } from "threadline/react";
import { useSession } from "../session/context";
import { signOut } from "../session/signed-in";
import { setTheme, type Theme, useTheme } from "../shell/theme";
import { Avatar } from "../ui/Avatar";
import { Menu, MenuItem, MenuLine } from "../ui/Menu";
import styles from "./Account.module.css";

const themes: readonly [Theme, string][] = [
  ["system", "System theme"],
  ["light", "Light theme"],
  ["dark", "Dark theme"],
];

/** Who one is here, and the menu behind it. */
export function Account() {
  const { name } = useSession();
  const user = useUser();
  const theme = useTheme();
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={styles.button}
        aria-label="Account"
        title={name}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Avatar user={user} name={name} size="small" />
      </button>
      {open && (
        <Menu label="Account" anchor={{ below: button.current! }} onClose={() => setOpen(false)}>
          <div className={styles.who} role="presentation">
            <strong>{name}</strong>
            <span>{user}</span>
          </div>
          <MenuLine />
          {themes.map(([value, label]) => (
            <MenuItem key={value} checked={theme === value} onChoose={() => setTheme(value)}>
              {label}
            </MenuItem>
          ))}
          <MenuLine />
          <MenuItem icon="leave" onChoose={signOut}>
            Sign out
          </MenuItem>
        </Menu>
      )}
    </>
  );
}
