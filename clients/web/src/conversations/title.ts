/** What servers take as a conversation's title, characters. */
export const TITLE_CHARS_MAX = 200;
