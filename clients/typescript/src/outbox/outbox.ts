import type { Metadata, Written } from "../api/types.js";
import { backoff } from "../backoff.js";
import { type Clock, Timer } from "../clock.js";
import { local, ThreadlineError } from "../errors.js";
import type { Ids } from "../ids.js";
import { messageOf, type NewOp, type Op, queueOf } from "./op.js";
import type { Owner } from "./owner.js";
import { type Sending, Sendings } from "./sendings.js";
import type { OutboxStorage } from "./storage.js";
import { isEnding, Suspects } from "./suspects.js";

export interface OutboxDeps {
  storage: OutboxStorage;
  owner: Owner;
  ids: Ids;
  clock: Clock;
  random: () => number;
  /** Returns why no server would accept this op, as far as the server's limits are known. */
  refusalOf(newOp: NewOp): ThreadlineError | undefined;
  /** Sends the op over the present connection. The same op may be sent again. */
  submit(op: Op): Promise<Written>;
  /** Called when the ops of this thread have changed; without a thread, when the state of the whole outbox has. */
  onChange(thread?: string): void;
}

/** Ops kept at most; further ones are refused as `outbox_full`. */
export const OUTBOX_OPS_MAX = 1_000;
/** Queues that run at once: the server limits the requests of one session. */
const QUEUES_MAX = 16;
/** Retryable refusals in a row after which an op has failed. */
const REFUSALS_MAX = 20;
/** Errors after which a failed op is sent with a new id, as its old id can never succeed. */
const NEW_ID_FOR = new Set(["message_conflict", "invalid_field"]);

/** What is under way, or waits for its next attempt, among ops that are done one after the other. */
interface OpQueue {
  /** The id of the op under way. */
  running: string | undefined;
  attempt: number;
  readonly wait: Timer;
  isWaiting: boolean;
}

type Sent = Op & { type: "send" };

/**
 * A durable queue of ops. Runs those of a thread one after the other, in the order in which they were added, and keeps
 * each in storage until the server has confirmed it, or it was refused for good.
 */
export class Outbox {
  #scope: string | undefined;
  #ops: readonly Op[] = [];
  /** Ids of ops that this client has never sent: the server cannot have them. */
  #fresh = new Set<string>();
  readonly #sendings = new Sendings();
  readonly #suspects = new Suspects();
  #queues = new Map<string, OpQueue>();
  #online = false;
  #durable = true;
  readonly #deps: OutboxDeps;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  get ops(): readonly Op[] {
    return this.#ops;
  }

  of(thread: string): readonly Op[] {
    return this.#ops.filter((op) => op.thread === thread);
  }

  /** Whether all ops are in storage, too. */
  get durable(): boolean {
    return this.#durable && this.#scope !== undefined;
  }

  /** Sets the user whose ops these are, and loads what that user's earlier clients have left. Later calls only load. */
  async open(scope: string): Promise<void> {
    if (this.#scope === undefined) {
      this.#scope = scope;
      // What was added before the user was known is this user's, too.
      this.#ops = this.#ops.map((op) => ({ ...op, scope }));
      for (const op of this.#ops) this.#save(op);
      this.#deps.onChange();
    }
    await this.adopt();
  }

  /** Takes over the ops of clients that have ended. */
  async adopt(): Promise<void> {
    const { storage, owner, ids } = this.#deps;
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

  /** Adds an op. Editing or deleting a message that was never sent changes its draft instead. */
  add(newOp: NewOp): Sending {
    const refusal = this.#deps.refusalOf(newOp);
    if (refusal) return this.#sendings.rejected(this.#deps.ids.mint(), refusal);
    if (newOp.type === "read") this.#forgetReads(newOp.thread);
    const send = "message" in newOp ? this.#unsent(newOp.message) : undefined;
    if (send && newOp.type === "edit") return this.#editDraft(send, newOp);
    const { ids, clock, owner } = this.#deps;
    const op = { ...newOp, id: ids.mint(), scope: this.#scope ?? "", owner: owner.id, at: clock.now(), error: null };
    if (!send && this.#ops.length >= OUTBOX_OPS_MAX) {
      return this.#sendings.rejected(op.id, local("outbox_full", `more than ${OUTBOX_OPS_MAX} are waiting`));
    }
    const sending = this.#sendings.of(op.id);
    this.#fresh.add(op.id);
    this.#save(op);
    this.#set([...this.#ops, op], op);
    if (send) this.#cancelDeletedSend(send.id);
    this.#pump();
    return sending;
  }

  /** Sends the failed ops of a message again, or all failed ops. Returns whether there were any. */
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
        next = { ...next, id: this.#deps.ids.mint() };
        renamed.set(op.id, next.id);
      } else if (name) {
        // Ops about a message that has a new id stay after it.
        next = { ...next, id: this.#deps.ids.mint(), message: name } as Op;
      }
      this.#replace(op, next);
    }
    this.#pump();
    return any;
  }

  /** Drops the ops of a message that failed or wait, or all that failed. An op that is being sent cannot be dropped. */
  discard(message?: string): boolean {
    const busy = new Set([...this.#queues.values()].map((queue) => queue.running));
    const blockedBy = this.#failedSends();
    const given = this.#ops.filter((op) => {
      const about = messageOf(op);
      return message ? about === message && !busy.has(op.id) : op.error || blockedBy.has(about);
    });
    for (const op of given) this.#drop(op);
    return given.length > 0;
  }

  /** Confirms a post by its message, which has arrived in the thread. */
  arrived(id: string, written: Written): void {
    const op = this.#ops.find((op) => op.id === id && op.type === "send");
    if (!op) return;
    this.#done(op, written);
    this.#pump();
  }

  /**
   * Confirms an edit to this content, or a deletion (null), by its event, if the op has lost an answer before: its next
   * answer may be lost as well.
   */
  applied(message: string, content: string | null, written: Written): void {
    const op = this.#ops.find((op) => "message" in op && op.message === message);
    if (!op || this.#suspects.score(op.id) === 0) return;
    if (content !== (op.type === "edit" ? op.content : null)) return;
    this.#done(op, written);
    this.#pump();
  }

  /** Runs ops from now on: there is a connection. */
  start(): void {
    this.#online = true;
    for (const queue of this.#queues.values()) this.#resetBackoff(queue);
    this.#pump();
  }

  stop(): void {
    this.#online = false;
  }

  /** Ends the outbox; what waits stays in storage. */
  close(): void {
    this.stop();
    for (const queue of this.#queues.values()) queue.wait.clear();
    this.#sendings.close();
    this.#deps.owner.close();
  }

  #pump(): void {
    if (!this.#online) return;
    const underWay = [...this.#queues.values()].flatMap(({ running }) => running ?? []);
    if (underWay.some((id) => this.#suspects.isAlone(id))) return;
    let free = QUEUES_MAX - underWay.length;
    const blockedBy = this.#failedSends();
    const alone = new Map<string, Op>();
    for (const op of this.#ops) {
      if (free <= 0) return;
      const name = queueOf(op);
      if (op.error || blockedBy.has(messageOf(op)) || alone.has(name)) continue;
      const queue = this.#queue(name);
      if (queue.running || queue.isWaiting) continue;
      if (this.#suspects.isAlone(op.id)) {
        alone.set(name, op);
        continue;
      }
      free--;
      void this.#run(op, name, queue);
    }
    if (free < QUEUES_MAX) return;
    const score = ([, op]: [string, Op]) => this.#suspects.score(op.id);
    const [next] = [...alone].sort((one, other) => score(one) - score(other));
    if (next) void this.#run(next[1], next[0], this.#queue(next[0]));
  }

  #queue(name: string): OpQueue {
    let queue = this.#queues.get(name);
    if (!queue) {
      queue = { running: undefined, attempt: 0, wait: new Timer(this.#deps.clock), isWaiting: false };
      this.#queues.set(name, queue);
    }
    return queue;
  }

  async #run(op: Op, name: string, queue: OpQueue): Promise<void> {
    queue.running = op.id;
    this.#fresh.delete(op.id);
    // The limits may be known only since the op was added.
    const refusal = this.#deps.refusalOf(op);
    const outcome = refusal ?? (await this.#deps.submit(op).catch(ThreadlineError.from));
    queue.running = undefined;
    if (outcome instanceof ThreadlineError) this.#onRefused(op, queue, outcome);
    else {
      this.#resetBackoff(queue);
      this.#done(op, outcome);
    }
    if (!queue.isWaiting && !this.#ops.some((op) => queueOf(op) === name)) this.#queues.delete(name);
    this.#pump();
  }

  #onRefused(op: Op, queue: OpQueue, error: ThreadlineError): void {
    if (!this.#has(op)) return;
    const { code } = error;
    if (isEnding(code)) {
      if (!this.#suspects.blame(op.id, code)) {
        // The next connection sends it again, whether the server has it or not.
        queue.isWaiting = true;
        return;
      }
    } else if (error.retryable && ++queue.attempt < REFUSALS_MAX) {
      queue.isWaiting = true;
      const again = () => {
        queue.isWaiting = false;
        this.#pump();
      };
      queue.wait.set(again, backoff(queue.attempt, this.#deps.random, error));
      return;
    }
    this.#resetBackoff(queue);
    if (op.type === "read") return this.#remove(op);
    const { message: detail, retryable, field } = error;
    this.#replace(op, { ...op, scope: this.#scope ?? "", error: { code, title: code, detail, field, retryable } });
    this.#sendings.reject(op.id, error);
    if (this.#unsent(op.id)) this.#cancelDeletedSend(op.id);
  }

  /** Returns the op that posts this message, if the server certainly does not have it. */
  #unsent(message: string): Sent | undefined {
    const sends = this.#ops.filter((op): op is Sent => op.type === "send" && op.id === message);
    return sends.find((op) => (op.error ? !op.error.retryable : this.#fresh.has(op.id)));
  }

  /** Returns the messages whose post has failed: ops about them are blocked. */
  #failedSends(): Set<string | undefined> {
    return new Set(this.#ops.filter((op) => op.error && op.type === "send").map((op) => op.id));
  }

  /** Changes the draft of a message. One that was refused gets a new id. */
  #editDraft(send: Sent, { content, metadata }: { content: string; metadata: Metadata | null }): Sending {
    for (const op of this.#ops) if (op.type === "edit" && op.message === send.id) this.#drop(op);
    const id = send.error ? this.#deps.ids.mint() : send.id;
    const draft = { ...send.draft, content, metadata: metadata ?? send.draft.metadata };
    this.#replace(send, { ...send, id, error: null, draft });
    const sending = this.#sendings.of(id);
    this.#pump();
    return sending;
  }

  /** Drops a message that was never posted, if it is to be deleted. */
  #cancelDeletedSend(message: string): void {
    const end = this.#ops.find((op) => op.type === "delete" && op.message === message);
    if (!end) return;
    this.#sendings.resolve(end.id, { message, seq: 0, at: new Date(end.at).toISOString(), position: null });
    this.discard(message);
  }

  #drop(op: Op, why = "it was given up"): void {
    this.#remove(op);
    this.#sendings.reject(op.id, local("discarded", why, false));
  }

  #resetBackoff(queue: OpQueue): void {
    queue.wait.clear();
    queue.isWaiting = false;
    queue.attempt = 0;
  }

  #done(op: Op, written: Written): void {
    this.#remove(op);
    this.#sendings.resolve(op.id, written);
  }

  /** Drops waiting read marks: a later one covers them. */
  #forgetReads(thread: string): void {
    const busy = this.#queues.get(`read ${thread}`)?.running;
    for (const op of this.#ops) {
      if (op.type !== "read" || op.thread !== thread || op.id === busy) continue;
      this.#drop(op, "a later read mark took its place");
    }
  }

  #remove(op: Op): void {
    const left = this.#ops.filter((other) => other.id !== op.id);
    if (left.length === this.#ops.length) return;
    this.#fresh.delete(op.id);
    this.#suspects.clear(op.id);
    if (this.#scope !== undefined) void this.#keep(this.#deps.storage.remove(op.id));
    this.#set(left, op);
  }

  #replace(op: Op, next: Op): void {
    this.#save(next);
    if (next.id !== op.id) {
      void this.#keep(this.#deps.storage.remove(op.id));
      this.#sendings.rename(op.id, next.id);
    }
    this.#set(
      this.#ops.map((other) => (other.id === op.id ? next : other)),
      next,
    );
  }

  #save(op: Op): void {
    if (this.#scope !== undefined) void this.#keep(this.#deps.storage.save(op));
  }

  #keep(stored: Promise<void>): Promise<void> {
    return stored.catch(() => {
      if (!this.#durable) return;
      this.#durable = false;
      this.#deps.onChange();
    });
  }

  #has(op: Op): boolean {
    return this.#ops.some((other) => other.id === op.id);
  }

  /** Ops run in the order of their ids, which is that in which they were added, across tabs and restarts. */
  #set(ops: readonly Op[], ...changed: readonly Op[]): void {
    this.#ops = [...ops].sort((one, other) => (one.id < other.id ? -1 : 1));
    for (const thread of new Set(changed.map((op) => op.thread))) this.#deps.onChange(thread);
  }
}
