import type { Clock } from "./clock.js";

const RANDOM_BYTES = 10;
/** A counter starts below this, so that it has room to rise within its 12 bits. */
const COUNTER_START_MAX = 0x7ff;

/** Ids do not go on from one that is further ahead of the clock than this: it is from when the clock was wrong. */
const AHEAD_MS_MAX = 12 * 3_600_000;

/** Mints UUIDv7s that rise, also when the clock does not, unless it was far wrong. */
export class Ids {
  #ms = 0;
  #counter = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  mint(): string {
    const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
    const now = this.#clock.now();
    if (now > this.#ms || this.#ms - now > AHEAD_MS_MAX) {
      this.#ms = now;
      this.#counter = ((random[0]! << 8) | random[1]!) & COUNTER_START_MAX;
    } else if (++this.#counter > 0xfff) {
      this.#ms += 1;
      this.#counter = 0;
    }
    random[2] = (random[2]! & 0x3f) | 0x80;
    const time = this.#ms.toString(16).padStart(12, "0");
    const rest = Array.from(random.subarray(2), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const counter = this.#counter.toString(16).padStart(3, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${rest.slice(0, 4)}-${rest.slice(4)}`;
  }

  /** Ids minted from here on are above this one. */
  above(id: string): void {
    const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    if (ms >= this.#ms) {
      this.#ms = ms;
      this.#counter = Number.parseInt(id.slice(15, 18), 16);
    }
  }
}
