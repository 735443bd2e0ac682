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
  /** How often a step went further than what was in view, so that it had to go back. */
  jumps: number;
}

/** Runs in the page: scrolls up in steps, looks at what is there after each, until it has seen all from that message on. */
export async function scrollUp(log: Element, { until, share, frames }: Scrolling): Promise<Scrolled> {
  const STILL_MS_MAX = 30_000;
  const scroller = [log, ...log.querySelectorAll("*")].find((each) => {
    const { overflowY } = getComputedStyle(each);
    return (overflowY === "auto" || overflowY === "scroll") && each.scrollHeight > each.clientHeight;
  });
  if (!scroller) throw new Error("nothing in the list scrolls");
  const seen = new Set<number>();
  const disorder: string[] = [];
  const misplaced: string[] = [];
  let elementsMax = 0;
  let jumps = 0;
  let oldest = Number.POSITIVE_INFINITY;
  let moved = performance.now();
  while (oldest > until) {
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
    const missed = Number.isFinite(oldest) && numbers.length > 0 && Math.max(...numbers) < oldest - 1;
    if (missed) jumps++;
    else if (Math.min(...numbers) < oldest) {
      oldest = Math.min(...numbers);
      moved = performance.now();
    }
    if (performance.now() - moved > STILL_MS_MAX) {
      throw new Error(
        `stuck at message ${oldest}, ${seen.size} seen, at ${scroller.scrollTop} of ${scroller.scrollHeight}`,
      );
    }
    scroller.scrollTop -= scroller.clientHeight * (missed ? -share / 2 : share);
    for (let frame = 0; frame < frames; frame++) await new Promise((next) => requestAnimationFrame(next));
  }
  const first = (list: string[]) => list.slice(0, 20);
  return { messages: seen.size, disorder: first(disorder), misplaced: first(misplaced), elementsMax, jumps };
}
