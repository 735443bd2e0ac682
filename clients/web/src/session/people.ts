/** Someone to be in development. */
export interface Person {
  readonly user: string;
  readonly name: string;
}

/** Those whom the sign-in page offers. */
export const suggested: readonly Person[] = [
  { user: "ann", name: "Ann Bauer" },
  { user: "ben", name: "Ben Okafor" },
  { user: "cleo", name: "Cleo Martin" },
  { user: "dev", name: "Dev Patel" },
  { user: "elif", name: "Elif Kaya" },
];

const USER_CHARS_MAX = 128;

/** The id of whoever gives this name: `Zoë Smith` is `zoe-smith`. */
export function userOf(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{Mark}/gu, "");
  const id = plain.toLowerCase().replace(/[^a-z0-9._-]+/g, "-");
  return id.replace(/^-+|-+$/g, "").slice(0, USER_CHARS_MAX);
}

/** The person with this id, named as they are known, or by the id. */
export function personOf(user: string, name?: string | null): Person {
  const known = suggested.find((person) => person.user === user);
  return { user, name: name?.trim() || known?.name || user.charAt(0).toUpperCase() + user.slice(1) };
}
