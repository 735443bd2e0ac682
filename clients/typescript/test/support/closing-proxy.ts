import { once } from "node:events";
import type { AddressInfo } from "node:net";
import WebSocket, { WebSocketServer } from "ws";

/** How a connection is ended: with this code, or broken for 1006; after the frame was passed on, or in its place. */
export interface Ending {
  readonly code: number;
  readonly isPassedOn: boolean;
}

/** Stands between clients and an edge, and ends a connection at every second frame of a client. */
export class ClosingProxy {
  /** How often a connection was ended. */
  endings = 0;
  #frames = 0;
  #isClosing = true;
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer, edge: string, nextEnding: () => Ending) {
    this.#server = server;
    server.on("connection", (client) => {
      const upstream = new WebSocket(`${edge.replace(/^http/, "ws")}/ws`);
      const opened = once(upstream, "open");
      opened.catch(() => client.terminate());
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        one.on("error", () => {});
        one.on("close", (code) => {
          if (other.readyState === WebSocket.OPEN) end(other, code);
        });
      }
      upstream.on("message", (data, isBinary) => client.send(data, { binary: isBinary }));
      let ended = false;
      client.on("message", async (data, isBinary) => {
        const ending = this.#isClosing && ++this.#frames % 2 === 0 ? nextEnding() : undefined;
        if (ended) return;
        if (ending) {
          ended = true;
          this.endings++;
        }
        await opened;
        if (!ending || ending.isPassedOn) upstream.send(data, { binary: isBinary });
        if (!ending) return;
        end(client, ending.code);
        upstream.close(1000);
      });
    });
  }

  static async to(edge: string, nextEnding: () => Ending): Promise<ClosingProxy> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    return new ClosingProxy(server, edge, nextEnding);
  }

  /** The address for clients. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws`;
  }

  /** From here on, connections last. */
  mend(): void {
    this.#isClosing = false;
  }

  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((closed) => this.#server.close(closed));
  }
}

function end(socket: WebSocket, code: number): void {
  // 1005 and 1006 stand for a close without a code, and for none.
  if (code === 1005) socket.close();
  else if (code === 1006) socket.terminate();
  else socket.close(code);
}
