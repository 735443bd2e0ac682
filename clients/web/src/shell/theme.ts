/** Light or dark, as the system has it or as it was chosen here. `public/theme.js` applies it before anything is drawn. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "threadline.theme";
const listeners = new Set<() => void>();

function theme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

export function setTheme(next: Theme): void {
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Storage is blocked: it is for this page only.
  }
  frame(next);
  for (const listener of listeners) listener();
}

/** The browser's own frame has the page's colour: that of the chosen theme, whatever the system's is. */
function frame(chosen: Theme): void {
  for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")) {
    const theme = meta.dataset.theme;
    meta.media = chosen === "system" ? `(prefers-color-scheme: ${theme})` : chosen === theme ? "all" : "not all";
  }
}

frame(theme());

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, theme);
}
