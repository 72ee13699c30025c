/**
 * What the operator's screen is about, in the words of `/api/admin`. Types that are generated of
 * the API's document can take the place of these one by one; nothing else of the screen has any.
 */

/** A module that was taken, whether it serves or not. */
export interface ModuleInfo {
  digest: string;
  actorType: string;
  bytes: number;
  /** When it was pushed. */
  at: string;
  /** The layout of the state that it writes. */
  schema: number;
  signedBy?: string | null;
  isBundled: boolean;
  methods: string[];
  subscriptions: string[];
  manifest?: Manifest | null;
  /** The share of the keys that it serves; absent when it does not serve. */
  percent?: number | null;
  withdrawn?: Withdrawn | null;
}

/** What a module asks for. */
export interface Manifest {
  calls?: string[];
  publishes?: string[];
  config?: boolean;
  timers?: boolean;
  reminders?: boolean;
  plugins?: boolean;
}

export interface Withdrawn {
  at: string;
  by: string;
  why: string;
}

/** What serves one type. */
export interface Plan {
  actorType: string;
  current: string;
  /** With 0 percent it keeps the actors whose state nobody else can read, and no others. */
  trial?: { digest: string; percent: number } | null;
  /** What served before, the latest last. */
  before: string[];
  bundled?: string | null;
  /** Since when the current one serves. */
  since: string;
  version: number;
}

export type AuditWhat =
  | 'pushed'
  | 'refused'
  | 'activated'
  | 'canary'
  | 'rolled-back'
  | 'dry-run'
  | 'withdrawn'
  | 'restored'
  | 'removed';

export interface AuditLine {
  /** A later line has a greater one, as text. */
  id?: string;
  at: string;
  atMs: number;
  actorType: string;
  digest: string;
  what: AuditWhat;
  /** `operator`, `program`, or `silo` when it acted by itself. */
  by: string;
  detail: string;
}

/** What was done in some time. */
export interface Counted {
  /** How long was counted. */
  overMs: number;
  turns: number;
  failed: number;
}

export interface Timed extends Counted {
  /** Upper ends of classes of times; 0 without turns. */
  p50Us: number;
  p99Us: number;
}

/** One module of one type, over the last window. */
export interface Rate extends Timed {
  actorType: string;
  digest: string;
  role: 'current' | 'trial';
  percent: number;
  /** The last 5 minutes. */
  recently?: Counted;
  /** Of both modules of a type that has a trial, since it began. */
  sinceTrial?: Timed;
}

export interface Rates {
  at: string;
  windowMs: number;
  rates: Rate[];
  /** Silos that did not tell theirs. */
  missing: string[];
}

export type Breaker =
  | { state: 'closed'; failures?: number }
  | { state: 'open'; leftMs?: number }
  | { state: 'half-open' };

/** One start of one silo. What runs in it is absent while it does not answer. */
export interface Silo {
  silo: string;
  name: string;
  address?: string;
  state: 'live' | 'leaving' | 'silent' | 'dead';
  why?: string;
  version?: string;
  startedAt?: string;
  durability?: string;
  store?: string;
  memoryBytes?: number;
  actorsInMemory?: number;
  actorsAtWork?: number;
  outboxPending?: number;
  remindersSoon?: number;
  breakers?: Record<string, Breaker>;
  cpuPermille?: number | null;
  shards?: number | null;
  leaseLeftMs?: number | null;
  storeStopped?: string | null;
  storeFull?: string | null;
}

export interface DeadLetter {
  id: number;
  at: string;
  actor: string;
  what: string;
  attempts: number;
  error: string;
}

export interface DeadLetterWhole extends DeadLetter {
  messageId: string;
  caller?: string | null;
  trace?: string | null;
  message: unknown;
}

export interface Stats {
  at: string;
  deadLetters: { count: number; more: boolean; newest?: DeadLetter | null };
  totals: {
    actorsInMemory: number;
    actorsAtWork: number;
    outboxPending: number;
    remindersSoon: number;
    breakersOpen: number;
  };
  silos: Silo[];
}

/** What is different between two modules, for those who call them. */
export interface Difference {
  /** What it is about, as `order.create`. */
  place: string;
  what: string;
  /** Nobody who is known breaks, but somebody outside may. */
  warning: boolean;
}

/** What came of letting a module take over copies of the states that are there. */
export interface DryRun {
  actors: number;
  migrated: number;
  read: number;
  readBy: string[];
  failed: number;
  failing: { actor: string; schema: number; why: string }[];
}

export interface ActorState {
  bytes: number;
  schema: number;
  value?: unknown;
  unreadable?: string;
}

export interface Actor {
  actor: string;
  exists: boolean;
  presence: 'not-in-memory' | 'at-rest' | 'at-work';
  retired?: string;
  ended?: string;
  version?: number;
  epoch?: number;
  owner?: string;
  module?: string | null;
  state?: ActorState | null;
  entries?: unknown;
  reminders?: { name: string; due: string; periodMs?: number | null }[];
  /** Messages on their way from it. */
  pending?: { to: string; waiting: number }[];
}

export interface HandledMessage {
  messageId: string;
  at: string;
  declined: boolean;
  what: string;
  caller?: string | null;
  trace?: string | null;
  replyBytes: number;
  reply: unknown;
}

export interface History {
  actor: string;
  complete: boolean;
  messages: HandledMessage[];
}

export interface StreamPage {
  oldest: number;
  newest: number;
  events: { position: number; at: string; payload: unknown }[];
}

/** How many actors have a state of which layout, and how many of a type are in memory. */
export interface States {
  actors: number;
  inMemory: number;
  layouts: { schema: number; actors: number }[];
  /** There are more than were counted. */
  more: boolean;
}
