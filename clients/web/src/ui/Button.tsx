import type { ComponentProps } from "react";
import styles from "./Button.module.css";
import { Icon, type IconName } from "./Icon";

interface ButtonProps extends ComponentProps<"button"> {
  kind?: "primary" | "plain" | "quiet" | "danger";
  /** As wide as what it is in. */
  wide?: boolean;
  small?: boolean;
}

export function Button({ kind = "plain", wide, small, type = "button", className = "", ...rest }: ButtonProps) {
  const extra = `${wide ? styles.wide : ""} ${small ? styles.small : ""}`;
  return <button type={type} className={`${styles.button} ${styles[kind]} ${extra} ${className}`} {...rest} />;
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  icon: IconName;
  label: string;
  size?: number;
}

/** A button that is only a picture; its label is read aloud and shown as a tip. */
export function IconButton({ icon, label, size = 20, type = "button", className = "", ...rest }: IconButtonProps) {
  return (
    <button type={type} aria-label={label} title={label} className={`${styles.icon} ${className}`} {...rest}>
      <Icon name={icon} size={size} />
    </button>
  );
}
