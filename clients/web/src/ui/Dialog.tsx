import { type ReactNode, type SubmitEvent, useEffect, useId, useRef } from "react";
import { Button, IconButton } from "./Button";
import styles from "./Dialog.module.css";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** What it leads to; without it the dialog only shows something. */
  action?: { label: string; run: () => void; danger?: boolean; disabled?: boolean };
  error?: string | undefined;
}

/** A window over the page that holds the focus until it is closed. */
export function Dialog({ title, onClose, children, action, error }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    // Whoever has to write begins there.
    dialog.querySelector<HTMLElement>("input:not([type=radio])")?.focus();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!action?.disabled) action?.run();
  };
  return (
    <dialog
      ref={ref}
      className={styles.dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <form className={styles.form} onSubmit={onSubmit}>
        <header className={styles.head}>
          <h2 id={heading}>{title}</h2>
          {!action && <IconButton icon="close" label="Close" onClick={onClose} />}
        </header>
        <div className={styles.body}>{children}</div>
        {error && (
          <p role="alert" className={styles.error}>
            {error}
          </p>
        )}
        {action && (
          <footer className={styles.foot}>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" kind={action.danger ? "danger" : "primary"} disabled={action.disabled}>
              {action.label}
            </Button>
          </footer>
        )}
      </form>
    </dialog>
  );
}
