import { type SubmitEvent, useId, useState } from "react";
import { suggested, userOf } from "../session/people";
import { Session } from "../session/session";
import { signIn, useSignedIn } from "../session/signed-in";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import styles from "./SignIn.module.css";

/** Where one says who one is: by name on a server for development, by a token on any. */
export function SignIn() {
  const { error, onlyTokens } = useSignedIn();
  const [open, setOpen] = useState(false);
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Icon name="logo" size={44} />
        <h1>Sign in to Threadline</h1>
        <p className={styles.lead}>
          {onlyTokens ? "Whoever runs this server can give you a token." : "With your name, or with a token."}
        </p>
        {error !== undefined && (
          <p role="alert" className={styles.error}>
            {error instanceof Error ? error.message : String(error)}
          </p>
        )}
        {onlyTokens ? (
          <ByToken only />
        ) : (
          <>
            <ByName />
            <Suggested />
            <details className={styles.details} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
              <summary>Use a token</summary>
              <ByToken />
            </details>
          </>
        )}
      </div>
    </main>
  );
}

function ByName() {
  const { busy } = useSignedIn();
  const [name, setName] = useState("");
  const hint = useId();
  const user = userOf(name);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (user) void signIn(() => Session.ofPerson({ user, name: name.trim() }));
  };
  return (
    <form onSubmit={onSubmit} className={styles.form}>
      <label htmlFor="name">Your name</label>
      <input
        id="name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        autoComplete="nickname"
        // biome-ignore lint/a11y/noAutofocus: there is nothing else to begin with on this page
        autoFocus
        maxLength={100}
        aria-describedby={hint}
      />
      <p id={hint} className={styles.hint}>
        {user ? (
          <>
            Your id: <strong>{user}</strong>
          </>
        ) : (
          "Others find you by an id made of it."
        )}
      </p>
      <Button kind="primary" type="submit" disabled={busy || !user} wide>
        Sign in
      </Button>
    </form>
  );
}

function Suggested() {
  const { busy } = useSignedIn();
  return (
    <div role="group" aria-labelledby="suggested" className={styles.suggested}>
      <h2 id="suggested">Or continue as</h2>
      <ul>
        {suggested.map((person) => (
          <li key={person.user}>
            <button
              type="button"
              disabled={busy}
              aria-label={`Sign in as ${person.name}`}
              onClick={() => void signIn(() => Session.ofPerson(person))}
            >
              <Avatar user={person.user} name={person.name} size="medium" />
              <span>{person.name.split(" ")[0]}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function ByToken({ only = false }: { only?: boolean }) {
  const { busy } = useSignedIn();
  const [token, setToken] = useState("");
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (token.trim()) void signIn(() => Session.ofToken(token));
  };
  return (
    <form onSubmit={onSubmit} className={styles.form}>
      <label htmlFor="token">Token</label>
      <textarea
        id="token"
        rows={3}
        value={token}
        onChange={(event) => setToken(event.target.value)}
        spellCheck={false}
        autoComplete="off"
      />
      <p className={styles.hint}>
        {!only && (
          <>
            <code>threadline token --user ann</code> prints one.
          </>
        )}
      </p>
      <Button kind={only ? "primary" : "plain"} type="submit" disabled={busy || !token.trim()} wide>
        Sign in with token
      </Button>
    </form>
  );
}
