import { type SubmitEvent, useId, useState } from "react";
import { NoDevelopmentTokens } from "../session/development";
import { suggested, userOf } from "../session/people";
import { Session } from "../session/session";
import { signIn, useSignedIn } from "../session/signed-in";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import styles from "./SignIn.module.css";

/** Where one says who one is. */
export function SignIn() {
  const { busy, error } = useSignedIn();
  const [name, setName] = useState("");
  const [token, setToken] = useState("");
  const [open, setOpen] = useState(false);
  const hint = useId();
  const user = userOf(name);
  const onlyTokens = error instanceof NoDevelopmentTokens;

  const byName = (event: SubmitEvent) => {
    event.preventDefault();
    if (user) void signIn(() => Session.ofPerson({ user, name: name.trim() }));
  };
  const byToken = (event: SubmitEvent) => {
    event.preventDefault();
    if (token.trim()) void signIn(() => Session.ofToken(token));
  };

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Icon name="logo" size={44} />
        <h1>Sign in to Threadline</h1>
        <p className={styles.lead}>A development server: be whoever you like. Another tab can be someone else.</p>
        {error !== undefined && (
          <p role="alert" className={styles.error}>
            {error instanceof Error ? error.message : String(error)}
          </p>
        )}
        <form onSubmit={byName} className={styles.form}>
          <label htmlFor="name">Your name</label>
          <input
            id="name"
            value={name}
            onChange={(event) => setName(event.target.value)}
            autoComplete="nickname"
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
        <details
          className={styles.details}
          open={open || onlyTokens}
          onToggle={(event) => setOpen(event.currentTarget.open)}
        >
          <summary>Use a token</summary>
          <form onSubmit={byToken} className={styles.form}>
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
              <code>threadline token --user ann</code> prints one.
            </p>
            <Button type="submit" disabled={busy || !token.trim()} wide>
              Sign in with token
            </Button>
          </form>
        </details>
      </div>
    </main>
  );
}
