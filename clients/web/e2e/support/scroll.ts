export interface Scrolling {
  /** The number of the message to stop at. */
  until: number;
  /** How far each step goes: a share of what is in view. */
  share: number;
  /** Frames between two steps. */
  frames: number;
}

export interface Scrolled {
  /** How many different messages were seen. */
  messages: number;
  /** Neighbours whose numbers are not neighbours. */
  disorder: string[];
  /** Messages whose text tells another number. */
  misplaced: string[];
  /** The most elements that the list ever had. */
  elementsMax: number;
}

/** Runs in the page: scrolls up in steps, looks at what is there after each, until it has seen that message. */
export async function scrollUp(log: Element, { until, share, frames }: Scrolling): Promise<Scrolled> {
  const STILL_MS_MAX = 20_000;
  const scroller = [log, ...log.querySelectorAll("*")].find((each) => {
    const { overflowY } = getComputedStyle(each);
    return (overflowY === "auto" || overflowY === "scroll") && each.scrollHeight > each.clientHeight;
  });
  if (!scroller) throw new Error("nothing in the list scrolls");
  const seen = new Set<number>();
  const disorder: string[] = [];
  const misplaced: string[] = [];
  let elementsMax = 0;
  let oldest = Number.POSITIVE_INFINITY;
  let moved = performance.now();
  while (!seen.has(until)) {
    const articles = [...log.querySelectorAll<HTMLElement>("[data-number]")];
    const numbers = articles.map((article) => Number(article.dataset.number));
    for (let at = 0; at < numbers.length; at++) {
      const [number, before] = [numbers[at]!, numbers[at - 1]];
      if (before !== undefined && number !== before + 1) disorder.push(`${before} ${number}`);
      if (seen.has(number)) continue;
      seen.add(number);
      const text = articles[at]!.querySelector("[data-text]")?.textContent ?? "";
      if (!text.startsWith(`#${number} `)) misplaced.push(`${number}: ${text.slice(0, 40)}`);
    }
    elementsMax = Math.max(elementsMax, log.querySelectorAll("*").length);
    const top = Math.min(...numbers);
    if (top < oldest) {
      oldest = top;
      moved = performance.now();
    } else if (performance.now() - moved > STILL_MS_MAX) {
      throw new Error(`stuck at message ${oldest}, ${seen.size} seen, at ${scroller.scrollTop} of ${scroller.scrollHeight}`);
    }
    scroller.scrollTop -= scroller.clientHeight * share;
    for (let frame = 0; frame < frames; frame++) await new Promise((next) => requestAnimationFrame(next));
  }
  return { messages: seen.size, disorder: disorder.slice(0, 20), misplaced: misplaced.slice(0, 20), elementsMax };
}
