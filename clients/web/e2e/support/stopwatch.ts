import { loadavg } from "node:os";
import type { Page } from "@playwright/test";

/** What a page did in a time. */
export interface Measured {
  seconds: number;
  framesPerSecond: number;
  /** Between two frames, milliseconds. */
  frameP50: number;
  frameP99: number;
  frameMax: number;
  /** Tasks of more than 50 ms, during which the page answers nobody. */
  longTasks: number;
  longTasksMs: number;
  longTaskMaxMs: number;
  /** How much of a core the page's main thread used, per cent: what others do on this machine does not count. */
  mainThread: number;
  /** How many wanted to run on this machine at the end. */
  load: number;
}

interface Running {
  frames: number[];
  tasks: number[];
  stop(): void;
}

/** Measures frames and long tasks of the page until it is told to stop. */
export async function watchFrames(page: Page): Promise<() => Promise<Measured>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const worked = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find((metric) => metric.name === "TaskDuration")?.value ?? 0;
  };
  const before = await worked();
  await page.evaluate(() => {
    const running: Running = { frames: [], tasks: [], stop: () => observer.disconnect() };
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) running.tasks.push(entry.duration);
    });
    observer.observe({ type: "longtask" });
    const frame = (now: number) => {
      running.frames.push(now);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    Object.assign(window, { running });
  });
  return async () => {
    const { frames, tasks } = await page.evaluate(() => {
      const { running } = window as unknown as { running: Running };
      running.stop();
      return { frames: running.frames, tasks: running.tasks };
    });
    const work = (await worked()) - before;
    await session.detach();
    const between = frames.slice(1).map((at, index) => at - frames[index]!);
    const sorted = between.toSorted((a, b) => a - b);
    const rank = (share: number) => Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) * 10) / 10;
    const seconds = ((frames.at(-1) ?? 0) - (frames[0] ?? 0)) / 1_000;
    return {
      seconds: Math.round(seconds * 10) / 10,
      framesPerSecond: Math.round((between.length / seconds) * 10) / 10,
      frameP50: rank(0.5),
      frameP99: rank(0.99),
      frameMax: rank(1),
      longTasks: tasks.length,
      longTasksMs: Math.round(tasks.reduce((sum, task) => sum + task, 0)),
      longTaskMaxMs: Math.round(Math.max(0, ...tasks)),
      mainThread: Math.round((100 * work) / seconds),
      load: Math.round(loadavg()[0]! * 10) / 10,
    };
  };
}

/** Bytes of the page's JavaScript objects that are in use, and elements in its document. */
export async function memory(page: Page): Promise<{ heapMiB: number; nodes: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  // Twice: what the first run only made free, such as what finalizers hold, is gone after the second.
  for (let run = 0; run < 2; run++) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const value = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  await session.detach();
  return { heapMiB: Math.round((value("JSHeapUsedSize") / 2 ** 20) * 10) / 10, nodes: value("Nodes") };
}
