// Before anything is drawn: the theme that was chosen here.
try {
  const theme = localStorage.getItem("threadline.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the system's theme it is.
}
