/** Whether the focus is nowhere: what had it is gone, or is not shown any more. */
export function focusIsLost(): boolean {
  const focused = document.activeElement;
  return !focused || focused === document.body || !focused.checkVisibility();
}
