import { type KeyboardEvent, useId, useState } from "react";
import { useUser } from "threadline/react";
import { useSession } from "../session/context";
import { suggested } from "../session/people";
import { Avatar } from "../ui/Avatar";
import field from "../ui/Field.module.css";
import { Icon } from "../ui/Icon";
import { useNames } from "./names";
import styles from "./PeoplePicker.module.css";

const OPTIONS_MAX = 5;

/** Who is chosen, and what is typed but not chosen yet. */
export interface Picked {
  readonly users: readonly string[];
  readonly text: string;
}

export const nobody: Picked = { users: [], text: "" };

interface PeoplePickerProps {
  label: string;
  several: boolean;
  picked: Picked;
  onChange: (picked: Picked) => void;
  /** These are not offered. */
  without?: readonly string[];
}

/** Those whom one can name here: by name or id. */
function useKnown(): { user: string; name: string }[] {
  const { directory, development } = useSession();
  const known = new Map(directory.people.map((person) => [person.user, person]));
  if (development) for (const person of suggested) if (!known.has(person.user)) known.set(person.user, person);
  // Those with a name of their own first.
  return [...known.values()].sort((one, other) => Number(one.name === one.user) - Number(other.name === other.user));
}

/** The users who are meant, with what is still only typed. */
export function usePicked({ users, text }: Picked): string[] {
  const known = useKnown();
  const wanted = text.trim();
  if (!wanted) return [...users];
  const lower = wanted.toLowerCase();
  const same = (text: string) => text.toLowerCase() === lower;
  const found =
    known.find((person) => person.user === wanted) ?? known.find(({ user, name }) => same(user) || same(name));
  return [...new Set([...users, found?.user ?? wanted])];
}

/** A field for people: known ones are offered, anyone can be named by id. */
export function PeoplePicker({ label, several, picked, onChange, without = [] }: PeoplePickerProps) {
  const id = useId();
  const me = useUser();
  const nameOf = useNames();
  const known = useKnown();
  const meant = usePicked(picked);
  const [at, setAt] = useState(-1);
  const { users, text } = picked;
  const wanted = text.trim().toLowerCase();
  const taken = new Set([me, ...without, ...users]);
  const options = known
    .filter(({ user, name }) => !taken.has(user) && `${name} ${user}`.toLowerCase().includes(wanted))
    .slice(0, OPTIONS_MAX);
  const named = (user: string) => known.find((person) => person.user === user)?.name ?? nameOf(user);

  const choose = (user: string) => {
    setAt(-1);
    onChange(several ? { users: [...users, user], text: "" } : { users: [], text: user });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      const step = key === "ArrowDown" ? 1 : -1;
      setAt(options.length === 0 ? -1 : (Math.max(at, step < 0 ? 0 : -1) + step + options.length) % options.length);
    } else if (key === "Enter" && options[at]) {
      choose(options[at].user);
    } else if (several && wanted && (key === "Enter" || key === ",")) {
      onChange({ users: meant, text: "" });
    } else if (several && key === "Backspace" && text === "" && users.length > 0) {
      onChange({ users: users.slice(0, -1), text: "" });
    } else {
      return;
    }
    event.preventDefault();
  };

  return (
    <div className={field.field}>
      <label htmlFor={id} className={field.label}>
        {label}
      </label>
      <div className={`${field.input} ${styles.box}`}>
        {users.map((user) => (
          <span key={user} className={styles.chip}>
            {named(user)}
            <button
              type="button"
              aria-label={`Remove ${named(user)}`}
              onClick={() => onChange({ users: users.filter((other) => other !== user), text })}
            >
              <Icon name="close" size={14} />
            </button>
          </span>
        ))}
        <input
          id={id}
          role="combobox"
          aria-expanded={options.length > 0}
          aria-controls={`${id}-options`}
          aria-autocomplete="list"
          aria-activedescendant={options[at] ? `${id}-${at}` : undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder={users.length === 0 ? "Name or id" : ""}
          value={text}
          onChange={(event) => {
            setAt(-1);
            onChange({ users, text: event.target.value });
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <ul id={`${id}-options`} role="listbox" aria-label="Suggestions" className={styles.options}>
        {options.map((person, index) => (
          <li
            key={person.user}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(person.user)}
          >
            <Avatar user={person.user} name={person.name} size="small" />
            <span>{person.name}</span>
            <small>{person.user}</small>
          </li>
        ))}
      </ul>
    </div>
  );
}
