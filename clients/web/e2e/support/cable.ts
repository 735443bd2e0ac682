import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What is between a browser and an edge, and can be pulled. */
export class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #plugged = true;

  private constructor(target: URL) {
    this.#server = createServer((near) => {
      if (!this.#plugged) return void near.destroy();
      const far = connect(Number(target.port), target.hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.setNoDelay(true);
        one.pipe(other);
        one.on("error", () => {});
        one.on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
    });
  }

  static async to(edge: string): Promise<Cable> {
    const cable = new Cable(new URL(edge));
    await new Promise<void>((listening) => cable.#server.listen(0, "127.0.0.1", listening));
    return cable;
  }

  /** The edge's address at this end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All connections break, and none is made. */
  pull(): void {
    this.#plugged = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  plug(): void {
    this.#plugged = true;
  }

  async close(): Promise<void> {
    this.pull();
    await new Promise((closed) => this.#server.close(closed));
  }
}
