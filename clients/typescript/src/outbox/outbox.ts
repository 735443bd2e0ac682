import type { Metadata, Written } from "../api/types.js";
import { backoff } from "../backoff.js";
import { type Clock, Timer } from "../clock.js";
import { local, ThreadlineError } from "../errors.js";
import type { Ids } from "../ids.js";
import { laneOf, messageOf, type NewOp, type Op } from "./op.js";
import type { Owner } from "./owner.js";
import { type Sending, Sendings } from "./sendings.js";
import type { OutboxStorage } from "./storage.js";
import { Suspects } from "./suspects.js";

export interface OutboxDeps {
  storage: OutboxStorage;
  owner: Owner;
  ids: Ids;
  clock: Clock;
  random: () => number;
  /** Says why no server takes it, as far as the server's limits are known. */
  refusalOf(newOp: NewOp): ThreadlineError | undefined;
  /** Does it on the connection at hand; the same op may be done again. */
  submit(op: Op): Promise<Written>;
  /** The ops of this thread have changed, or what is true of all of them. */
  onChange(thread?: string): void;
}

/** Ops that may wait. */
export const OUTBOX_OPS_MAX = 1_000;
/** Lanes in which something is under way at once: the server bounds the requests of one session. */
const LANES_MAX = 16;
/** Refusals that may pass, one after the other, before an op counts as failed. */
const REFUSALS_MAX = 20;
/** What a failed op is sent with a new id for: its old one can never succeed. */
const NEW_ID_FOR = new Set(["message_conflict", "invalid_field"]);

interface Lane {
  busy: string | undefined;
  attempt: number;
  readonly wait: Timer;
  waits: boolean;
}

type Sent = Op & { type: "send" };

/** Does what was asked for, in its order in each thread, and keeps it until it is done. */
export class Outbox {
  #scope: string | undefined;
  #ops: readonly Op[] = [];
  /** Those that were never told to the server, as far as is known here. */
  #fresh = new Set<string>();
  readonly #sendings = new Sendings();
  readonly #suspects = new Suspects();
  #lanes = new Map<string, Lane>();
  #online = false;
  #durable = true;
  constructor(private readonly deps: OutboxDeps) {}

  /** All ops, in their order. */
  get ops(): readonly Op[] {
    return this.#ops;
  }

  /** Those of a thread. */
  of(thread: string): readonly Op[] {
    return this.#ops.filter((op) => op.thread === thread);
  }

  /** Whether what waits is also in storage. */
  get durable(): boolean {
    return this.#durable && this.#scope !== undefined;
  }

  /** Names whose ops these are, once and for ever, and takes up what was left of an earlier time. */
  async open(scope: string): Promise<void> {
    if (this.#scope === undefined) {
      this.#scope = scope;
      // What was asked for before the name was known is this user's too.
      this.#ops = this.#ops.map((op) => ({ ...op, scope }));
      for (const op of this.#ops) this.#save(op);
      this.deps.onChange();
    }
    await this.adopt();
  }

  /** Takes over what clients left behind that are no more. */
  async adopt(): Promise<void> {
    const { storage, owner, ids } = this.deps;
    const scope = this.#scope;
    if (scope === undefined) return;
    const take = async (alive: (owner: string) => boolean) => {
      const left = (await storage.load(scope)).filter((op) => !alive(op.owner) && !this.#has(op));
      const taken = left.map((op) => ({ ...op, owner: owner.id }));
      await Promise.all(taken.map((op) => storage.save(op)));
      for (const op of taken) ids.above(op.id);
      if (taken.length > 0) this.#set([...this.#ops, ...taken], ...taken);
    };
    await this.#keep(owner.adopt(take));
    this.#pump();
  }

  /** Asks for something. What concerns a message that is certain not to be posted yet is done to its draft. */
  add(newOp: NewOp): Sending {
    const refusal = this.deps.refusalOf(newOp);
    if (refusal) return this.#sendings.rejected(this.deps.ids.mint(), refusal);
    if (newOp.type === "read") this.#forgetReads(newOp.thread);
    const send = "message" in newOp ? this.#unsent(newOp.message) : undefined;
    if (send && newOp.type === "edit") return this.#amend(send, newOp);
    const { ids, clock, owner } = this.deps;
    const op = { ...newOp, id: ids.mint(), scope: this.#scope ?? "", owner: owner.id, at: clock.now(), error: null };
    if (!send && this.#ops.length >= OUTBOX_OPS_MAX) {
      return this.#sendings.rejected(op.id, local("outbox_full", `more than ${OUTBOX_OPS_MAX} are waiting`));
    }
    const sending = this.#sendings.of(op.id);
    this.#fresh.add(op.id);
    this.#save(op);
    this.#set([...this.#ops, op], op);
    if (send) this.#unmake(send.id);
    this.#pump();
    return sending;
  }

  /** Tries what failed of a message, or of everything, again. Returns whether there was anything. */
  retry(message?: string): boolean {
    const renamed = new Map<string | undefined, string>();
    let any = false;
    for (const op of this.#ops) {
      const about = messageOf(op);
      const name = renamed.get(about);
      if ((message !== undefined && about !== message) || !(op.error || name)) continue;
      any = true;
      this.#suspects.clear(op.id);
      let next: Op = { ...op, error: null };
      if (op.type === "send" && NEW_ID_FOR.has(op.error!.code)) {
        next = { ...next, id: this.deps.ids.mint() };
        renamed.set(op.id, next.id);
      } else if (name) {
        // What follows a message that has a new id stays behind it.
        next = { ...next, id: this.deps.ids.mint(), message: name } as Op;
      }
      this.#replace(op, next);
    }
    this.#pump();
    return any;
  }

  /** Gives up what failed or waits for a message, or all that failed. What is on its way cannot be taken back. */
  discard(message?: string): boolean {
    const busy = new Set([...this.#lanes.values()].map((lane) => lane.busy));
    const stuck = this.#stuck();
    const given = this.#ops.filter((op) => {
      const about = messageOf(op);
      return message ? about === message && !busy.has(op.id) : op.error || stuck.has(about);
    });
    for (const op of given) this.#give(op);
    return given.length > 0;
  }

  /** A message with this id has arrived in the thread: its posting is done. */
  arrived(id: string, written: Written): void {
    const op = this.#ops.find((op) => op.id === id && op.type === "send");
    if (!op) return;
    this.#done(op, written);
    this.#pump();
  }

  /**
   * A message was edited to this content by the user, or deleted (null), and this is known by its event. An op that asked
   * for it and lost its answer is done.
   */
  applied(message: string, content: string | null, written: Written): void {
    const op = this.#ops.find((op) => "message" in op && op.message === message);
    if (!op || this.#suspects.score(op.id) === 0) return;
    if (content !== (op.type === "edit" ? op.content : null)) return;
    this.#done(op, written);
    this.#pump();
  }

  /** There is a connection. */
  start(): void {
    this.#online = true;
    for (const lane of this.#lanes.values()) this.#calm(lane);
    this.#pump();
  }

  /** There is none. */
  stop(): void {
    this.#online = false;
  }

  /** All that waits for storage has been told to it; nothing is done any more. */
  close(): void {
    this.stop();
    for (const lane of this.#lanes.values()) lane.wait.clear();
    this.#sendings.close();
    this.deps.owner.close();
  }

  #pump(): void {
    if (!this.#online) return;
    const underWay = [...this.#lanes.values()].flatMap(({ busy }) => busy ?? []);
    if (underWay.some((id) => this.#suspects.isAlone(id))) return;
    let free = LANES_MAX - underWay.length;
    const stuck = this.#stuck();
    const alone = new Map<string, Op>();
    for (const op of this.#ops) {
      if (free <= 0) return;
      const name = laneOf(op);
      if (op.error || stuck.has(messageOf(op)) || alone.has(name)) continue;
      const lane = this.#lane(name);
      if (lane.busy || lane.waits) continue;
      if (this.#suspects.isAlone(op.id)) {
        alone.set(name, op);
        continue;
      }
      free--;
      void this.#run(op, name, lane);
    }
    if (free < LANES_MAX) return;
    const score = ([, op]: [string, Op]) => this.#suspects.score(op.id);
    const [next] = [...alone].sort((one, other) => score(one) - score(other));
    if (next) void this.#run(next[1], next[0], this.#lane(next[0]));
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = { busy: undefined, attempt: 0, wait: new Timer(this.deps.clock), waits: false };
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  async #run(op: Op, name: string, lane: Lane): Promise<void> {
    lane.busy = op.id;
    this.#fresh.delete(op.id);
    // The limits may have come after the op.
    const refusal = this.deps.refusalOf(op);
    const outcome = refusal ?? (await this.deps.submit(op).catch(ThreadlineError.from));
    lane.busy = undefined;
    if (outcome instanceof ThreadlineError) this.#onRefused(op, lane, outcome);
    else {
      this.#calm(lane);
      this.#done(op, outcome);
    }
    if (!lane.waits && !this.#ops.some((op) => laneOf(op) === name)) this.#lanes.delete(name);
    this.#pump();
  }

  #onRefused(op: Op, lane: Lane, error: ThreadlineError): void {
    if (!this.#has(op)) return;
    const { code } = error;
    if (code === "disconnected" || code === "ends_connection") {
      if (!this.#suspects.blame(op.id, code)) {
        // The next connection carries on, whatever became of it.
        lane.waits = true;
        return;
      }
    } else if (error.retryable && ++lane.attempt < REFUSALS_MAX) {
      lane.waits = true;
      const again = () => {
        lane.waits = false;
        this.#pump();
      };
      lane.wait.set(again, backoff(lane.attempt, this.deps.random, error));
      return;
    }
    this.#calm(lane);
    if (op.type === "read") return this.#remove(op);
    const { message: detail, retryable, field } = error;
    this.#replace(op, { ...op, scope: this.#scope ?? "", error: { code, title: code, detail, field, retryable } });
    this.#sendings.reject(op.id, error);
    if (this.#unsent(op.id)) this.#unmake(op.id);
  }

  /** The posting of this message, if it is certain that the server does not have it. */
  #unsent(message: string): Sent | undefined {
    const sends = this.#ops.filter((op): op is Sent => op.type === "send" && op.id === message);
    return sends.find((op) => (op.error ? !op.error.retryable : this.#fresh.has(op.id)));
  }

  /** Messages whose posting failed: nothing of what concerns them can be done. */
  #stuck(): Set<string | undefined> {
    return new Set(this.#ops.filter((op) => op.error && op.type === "send").map((op) => op.id));
  }

  /** Changes what is to be posted; what was refused is another message then. */
  #amend(send: Sent, { content, metadata }: { content: string; metadata: Metadata | null }): Sending {
    for (const op of this.#ops) if (op.type === "edit" && op.message === send.id) this.#give(op);
    const id = send.error ? this.deps.ids.mint() : send.id;
    const draft = { ...send.draft, content, metadata: metadata ?? send.draft.metadata };
    this.#replace(send, { ...send, id, error: null, draft });
    const sending = this.#sendings.of(id);
    this.#pump();
    return sending;
  }

  /** A message that was never posted is gone once it is to be deleted. */
  #unmake(message: string): void {
    const end = this.#ops.find((op) => op.type === "delete" && op.message === message);
    if (!end) return;
    this.#sendings.resolve(end.id, { message, seq: 0, at: new Date(end.at).toISOString(), position: null });
    this.discard(message);
  }

  #give(op: Op, why = "it was given up"): void {
    this.#remove(op);
    this.#sendings.reject(op.id, local("discarded", why, false));
  }

  #calm(lane: Lane): void {
    lane.wait.clear();
    lane.waits = false;
    lane.attempt = 0;
  }

  #done(op: Op, written: Written): void {
    this.#remove(op);
    this.#sendings.resolve(op.id, written);
  }

  /** A later read mark says more than those that wait. */
  #forgetReads(thread: string): void {
    const busy = this.#lanes.get(`read ${thread}`)?.busy;
    for (const op of this.#ops) {
      if (op.type !== "read" || op.thread !== thread || op.id === busy) continue;
      this.#give(op, "a later read mark took its place");
    }
  }

  #remove(op: Op): void {
    const left = this.#ops.filter((other) => other.id !== op.id);
    if (left.length === this.#ops.length) return;
    this.#fresh.delete(op.id);
    this.#suspects.clear(op.id);
    if (this.#scope !== undefined) void this.#keep(this.deps.storage.remove(op.id));
    this.#set(left, op);
  }

  #replace(op: Op, next: Op): void {
    this.#save(next);
    if (next.id !== op.id) {
      void this.#keep(this.deps.storage.remove(op.id));
      this.#sendings.rename(op.id, next.id);
    }
    this.#set(
      this.#ops.map((other) => (other.id === op.id ? next : other)),
      next,
    );
  }

  #save(op: Op): void {
    if (this.#scope !== undefined) void this.#keep(this.deps.storage.save(op));
  }

  #keep(stored: Promise<void>): Promise<void> {
    return stored.catch(() => {
      if (!this.#durable) return;
      this.#durable = false;
      this.deps.onChange();
    });
  }

  #has(op: Op): boolean {
    return this.#ops.some((other) => other.id === op.id);
  }

  /** Ops are done in the order of their ids: that in which they were asked for, across tabs and restarts. */
  #set(ops: readonly Op[], ...changed: readonly Op[]): void {
    this.#ops = [...ops].sort((one, other) => (one.id < other.id ? -1 : 1));
    for (const thread of new Set(changed.map((op) => op.thread))) this.deps.onChange(thread);
  }
}
