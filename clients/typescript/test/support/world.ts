import type { Written } from "../../src/api/types.js";
import { local, ThreadlineError } from "../../src/errors.js";
import { Ids } from "../../src/ids.js";
import type { Op } from "../../src/outbox/op.js";
import { Outbox } from "../../src/outbox/outbox.js";
import type { Sending } from "../../src/outbox/sendings.js";
import { memoryStorage } from "../../src/outbox/storage.js";
import { FakeClock, settle } from "./clock.js";

interface Request {
  op: Op;
  settle(outcome: Written | ThreadlineError): void;
}

/** An outbox, a storage that outlives it, and a server that does each op once whatever the network does. */
export class World {
  readonly clock = new FakeClock();
  readonly storage = memoryStorage();
  /** The messages that the server has. */
  readonly posted = new Map<string, { name: unknown; content: string; deleted: boolean }>();
  /** What the server has done, in its order. */
  readonly done: Op[] = [];
  /** What was asked for, in its order. */
  readonly asked: Sending[] = [];
  readonly outcomes = new Map<string, string>();
  requests: Request[] = [];
  /** Why ops are refused before they are sent. */
  refusal: ThreadlineError | undefined;
  outbox!: Outbox;
  #clients = 0;
  #connected = false;

  async start(user = "ann"): Promise<void> {
    this.#clients++;
    const alive = `owner ${this.#clients}`;
    const owner = {
      id: alive,
      adopt: (run: (alive: (owner: string) => boolean) => Promise<void>) => run((other) => other === alive),
      close: () => {},
    };
    this.outbox = new Outbox({
      storage: this.storage,
      owner,
      ids: new Ids(this.clock),
      clock: this.clock,
      random: () => 0.5,
      refusalOf: () => this.refusal,
      submit: (op) => this.#submit(op),
      onChange: () => {},
    });
    await this.outbox.open(user);
    if (this.#connected) this.outbox.start();
    await settle();
  }

  /** The page is closed and opened again; what was under way is answered to nobody. */
  async restart(): Promise<void> {
    this.outbox.close();
    this.requests = [];
    await this.start();
  }

  async connect(): Promise<void> {
    this.#connected = true;
    this.outbox.start();
    await settle();
  }

  async disconnect(): Promise<void> {
    this.#connected = false;
    const lost = this.requests.splice(0);
    for (const request of lost) request.settle(local("disconnected", "lost"));
    this.outbox.stop();
    await settle();
  }

  ask(newOp: Parameters<Outbox["add"]>[0]): Sending {
    const sending = this.outbox.add(newOp);
    this.asked.push(sending);
    sending.sent.then(
      () => this.outcomes.set(sending.id, "sent"),
      (error: ThreadlineError) => this.outcomes.set(sending.id, error.code),
    );
    return sending;
  }

  /** Posts a message; its name stays the same when its id does not. */
  send(thread: string, content = "", name: unknown = null): Sending {
    return this.ask({ type: "send", thread, draft: { kind: "text", content, metadata: { name }, reply_to: null } });
  }

  edit(thread: string, message: string, content: string): Sending {
    return this.ask({ type: "edit", thread, message, content, metadata: null });
  }

  delete(thread: string, message: string): Sending {
    return this.ask({ type: "delete", thread, message });
  }

  /** The server does what this request asks for, unless it was done before. */
  execute({ op }: Request): Written {
    const before = this.done.find((done) => done.id === op.id);
    if (!before) this.done.push(op);
    const { posted } = this;
    if (op.type === "send") {
      const { content, metadata } = op.draft;
      if (before?.type === "send" && before.draft.content !== content) throw new Error("one id for two messages");
      if (!before) posted.set(op.id, { name: metadata.name, content, deleted: false });
    } else if (op.type !== "read" && !before) {
      const message = posted.get(op.message);
      if (!message) throw new Error(`${op.type} of a message that is not posted`);
      if (op.type === "edit") message.content = op.content;
      else message.deleted = true;
    }
    return { seq: 1, at: "", position: null };
  }

  async answer(request: Request, outcome: Written | ThreadlineError): Promise<void> {
    this.requests = this.requests.filter((other) => other !== request);
    request.settle(outcome);
    await settle();
  }

  /** From here on everything works. */
  async drain(): Promise<void> {
    await this.connect();
    for (let turn = 0; this.outbox.ops.some((op) => !op.error) && turn < 200; turn++) {
      const request = this.requests[0];
      if (request) await this.answer(request, this.execute(request));
      else await this.clock.advance(60_000);
    }
  }

  #submit(op: Op): Promise<Written> {
    if (!this.#connected) return Promise.reject(local("disconnected", "no connection"));
    return new Promise((resolve, reject) => {
      const finish = (outcome: Written | ThreadlineError) =>
        outcome instanceof ThreadlineError ? reject(outcome) : resolve(outcome);
      this.requests.push({ op, settle: finish });
    });
  }
}
