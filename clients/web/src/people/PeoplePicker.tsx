import { type KeyboardEvent, useId, useState } from "react";
import { useUser } from "threadline/react";
import { useSession } from "../session/context";
import { type Person, suggested } from "../session/people";
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
  /** Whether it is for more than one. */
  several: boolean;
  picked: Picked;
  onChange: (picked: Picked) => void;
  /** These are not offered. */
  without?: readonly string[];
}

/** Those whom one can name here: by name or id. */
function useKnown(): Person[] {
  const { directory, development } = useSession();
  const known = new Map(directory.people.map((person) => [person.user, person]));
  if (development) for (const person of suggested) if (!known.has(person.user)) known.set(person.user, person);
  // Those with a name of their own first.
  return [...known.values()].sort((one, other) => Number(one.name === one.user) - Number(other.name === other.user));
}

const contains = ({ user, name }: Person, lower: string) => `${name} ${user}`.toLowerCase().includes(lower);

/** Who has exactly this id or name. */
function exactly(known: readonly Person[], wanted: string): Person | undefined {
  const same = (text: string) => text.toLowerCase() === wanted.toLowerCase();
  return known.find(({ user }) => user === wanted) ?? known.find(({ user, name }) => same(user) || same(name));
}

/**
 * The users who are meant, with what is still only typed: a whole name or id, or the id of somebody who is not known
 * here. None as long as it may also be the beginning of a known one.
 */
export function usePicked({ users, text }: Picked): string[] {
  const known = useKnown();
  const wanted = text.trim();
  if (!wanted) return [...users];
  const found = exactly(known, wanted);
  if (!found && known.some((person) => contains(person, wanted.toLowerCase()))) return [];
  return [...new Set([...users, found?.user ?? wanted])];
}

/** Someone who is offered; `raw` is an id as it was typed. */
type Option = Person & { readonly raw?: boolean };

/** A field for people: known ones are offered, anyone can be named by id. */
export function PeoplePicker({ label, several, picked, onChange, without = [] }: PeoplePickerProps) {
  const id = useId();
  const me = useUser();
  const nameOf = useNames();
  const known = useKnown();
  const [moved, setMoved] = useState<number>();
  const { users, text } = picked;
  const wanted = text.trim();
  const taken = new Set([me, ...without, ...users]);
  const exact = exactly(known, wanted);
  // Whoever needs one and has one is offered nobody.
  const enough = !several && users.length > 0 && !wanted;
  const options: Option[] = (enough ? [] : known)
    .filter((person) => !taken.has(person.user) && contains(person, wanted.toLowerCase()))
    // Whoever is called exactly so comes first.
    .sort((one, other) => Number(other === exact) - Number(one === exact))
    .slice(0, OPTIONS_MAX);
  // Anyone can be named by id; that is said, for it may be a mistyped name.
  if (wanted && !exact && !taken.has(wanted)) options.push({ user: wanted, name: `Use id “${wanted}”`, raw: true });
  const at = moved ?? (wanted ? 0 : -1);
  const named = (user: string) => known.find((person) => person.user === user)?.name ?? nameOf(user);

  const choose = (user: string) => {
    setMoved(undefined);
    onChange({ users: several ? [...users, user] : [user], text: "" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      const step = key === "ArrowDown" ? 1 : -1;
      const from = step < 0 ? Math.max(at, 0) : at;
      if (options.length > 0) setMoved((from + step + options.length) % options.length);
    } else if ((key === "Enter" || (several && wanted && key === ",")) && options[at]) {
      choose(options[at].user);
    } else if (key === "Backspace" && text === "" && users.length > 0) {
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
            setMoved(undefined);
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
            <Avatar user={person.user} name={person.raw ? person.user : person.name} size="small" />
            <span>{person.name}</span>
            {!person.raw && <small>{person.user}</small>}
          </li>
        ))}
      </ul>
    </div>
  );
}
