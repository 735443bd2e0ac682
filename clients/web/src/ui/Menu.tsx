import {
  createContext,
  type KeyboardEvent,
  type ReactNode,
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { Icon, type IconName } from "./Icon";
import styles from "./Menu.module.css";

/** Where a menu opens: below an element, or at a point, in pixels from the window's corner. */
export type MenuAnchor = { below: Element } | { x: number; y: number };

interface MenuProps {
  label: string;
  anchor: MenuAnchor;
  onClose: () => void;
  children: ReactNode;
}

const MARGIN = 8;
const Close = createContext(() => {});

/** A list of things to do, over the page; closed by Escape, a choice, or a click elsewhere. */
export function Menu({ label, anchor, onClose, children }: MenuProps) {
  const ref = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  // It stays where it was opened.
  const [opened] = useState(anchor);
  useEffect(() => {
    close.current = onClose;
  }, [onClose]);

  useLayoutEffect(() => {
    const menu = ref.current!;
    const before = document.activeElement;
    menu.showPopover();
    const { width, height } = menu.getBoundingClientRect();
    const at = "below" in opened ? opened.below.getBoundingClientRect() : undefined;
    const point = "below" in opened ? { x: 0, y: 0 } : opened;
    const x = at ? (at.left + width + MARGIN > innerWidth ? at.right - width : at.left) : point.x;
    const under = at ? at.bottom + 4 : point.y;
    const over = at ? at.top - 4 - height : under - height;
    const y = under + height + MARGIN > innerHeight ? over : under;
    menu.style.left = `${Math.max(MARGIN, Math.min(x, innerWidth - width - MARGIN))}px`;
    menu.style.top = `${Math.max(MARGIN, Math.min(y, innerHeight - height - MARGIN))}px`;
    items(menu)[0]?.focus();
    // A press that opens a menu is not to close it when it ends, as the browser's own way would have it.
    const onPointerDown = ({ target }: PointerEvent) => {
      const within =
        target instanceof Node && (menu.contains(target) || ("below" in opened && opened.below.contains(target)));
      if (!within) close.current();
    };
    document.addEventListener("pointerdown", onPointerDown);
    return () => {
      document.removeEventListener("pointerdown", onPointerDown);
      const inside = menu.contains(document.activeElement);
      menu.hidePopover();
      if (inside && before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [opened]);

  const onKeyDown = (event: KeyboardEvent) => {
    const all = items(ref.current!);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab" || event.key === "Escape") onClose();
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  };

  return (
    <div ref={ref} popover="manual" role="menu" aria-label={label} className={styles.menu} onKeyDown={onKeyDown}>
      <Close value={onClose}>{children}</Close>
    </div>
  );
}

const items = (menu: HTMLElement) => [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]")];

interface ItemProps {
  children: string;
  icon?: IconName;
  danger?: boolean;
  /** For one of several that exclude each other: whether it is the one. */
  checked?: boolean;
  onChoose: () => void;
}

export function MenuItem({ children, icon, danger, checked, onChoose }: ItemProps) {
  const close = useContext(Close);
  const choice = checked === undefined ? { role: "menuitem" } : { role: "menuitemradio", "aria-checked": checked };
  return (
    <button
      type="button"
      tabIndex={-1}
      className={`${styles.item} ${danger ? styles.danger : ""}`}
      onClick={() => {
        close();
        onChoose();
      }}
      {...choice}
    >
      {icon && <Icon name={icon} size={18} />}
      <span>{children}</span>
      {checked && <Icon name="check" size={16} />}
    </button>
  );
}

export function MenuLine() {
  return <div role="separator" className={styles.line} />;
}
