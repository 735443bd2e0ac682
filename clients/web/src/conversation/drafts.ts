/** What was typed and not sent yet, for each conversation of a user, as long as the tab lives. */
const key = (user: string, thread: string) => `threadline.draft ${user} ${thread}`;

export function draftOf(user: string, thread: string): string {
  try {
    return sessionStorage.getItem(key(user, thread)) ?? "";
  } catch {
    return "";
  }
}

export function keepDraft(user: string, thread: string, text: string): void {
  try {
    if (text.trim()) sessionStorage.setItem(key(user, thread), text);
    else sessionStorage.removeItem(key(user, thread));
  } catch {
    // Storage is full or blocked: the draft lives as long as the conversation is open.
  }
}
