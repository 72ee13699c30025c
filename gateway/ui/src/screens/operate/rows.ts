/** The table of actor types: what is in it, and in which order. The order is held while one looks. */

import type { AuditLine, ModuleInfo, Plan, Rate, Timed } from './model';

/** One module in its row, with what it did lately. */
export interface Served {
  module: ModuleInfo | undefined;
  digest: string;
  percent: number;
  /** Since the trial began where there is one, else lately; `undefined` where nobody has told. */
  figures: Timed | undefined;
}

export interface Row {
  actorType: string;
  plan: Plan;
  serving: Served;
  /** Beside it, with a share of the keys, or with none if it only holds states. */
  trial: Served | undefined;
  turns: number;
  failed: number;
  isPlatform: boolean;
  lastAudit: AuditLine | undefined;
}

export const COLUMNS = ['name', 'share', 'turns', 'failed', 'p50', 'p99', 'changed'] as const;
export type Column = (typeof COLUMNS)[number];

export interface Sorting {
  by: Column;
  isDown: boolean;
}

export const BY_NAME: Sorting = { by: 'name', isDown: false };

/** Parts of the host itself, whose names say so. */
const PLATFORM = /^(silo|platform|host)[-.]/;

interface Facts {
  plans: Iterable<Plan>;
  /** By digest. */
  modules: ReadonlyMap<string, ModuleInfo> | undefined;
  /** By type and digest, as `rateKey` makes it. */
  rates: ReadonlyMap<string, Rate>;
  /** The latest line of each type. */
  audit: ReadonlyMap<string, AuditLine>;
}

export function rateKey(actorType: string, digest: string): string {
  return `${actorType} ${digest}`;
}

export function byDigest(modules: ModuleInfo[]): ReadonlyMap<string, ModuleInfo> {
  return new Map(modules.map((module) => [module.digest, module]));
}

export function byModule(rates: Rate[]): ReadonlyMap<string, Rate> {
  return new Map(rates.map((one) => [rateKey(one.actorType, one.digest), one]));
}

/** @param audit newest first */
export function latestOf(audit: AuditLine[]): ReadonlyMap<string, AuditLine> {
  const latest = new Map<string, AuditLine>();
  for (const line of audit) if (!latest.has(line.actorType)) latest.set(line.actorType, line);
  return latest;
}

export function rowsOf({ plans, modules, rates, audit }: Facts): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const plan of plans) {
    const { actorType, current, trial } = plan;
    const served = (digest: string, percent: number): Served => ({
      module: modules?.get(digest),
      digest,
      percent,
      figures: figuresOf(rates.get(rateKey(actorType, digest)), Boolean(trial)),
    });
    const serving = served(current, 100 - (trial?.percent ?? 0));
    const beside = trial ? served(trial.digest, trial.percent) : undefined;
    const both = [serving.figures, beside?.figures];
    rows.set(actorType, {
      ...{ actorType, plan, serving, trial: beside },
      turns: sum(both.map((one) => one?.turns)),
      failed: sum(both.map((one) => one?.failed)),
      isPlatform: PLATFORM.test(actorType),
      lastAudit: audit.get(actorType),
    });
  }
  return rows;
}

/** Both modules of a trial are counted from its start, so that they can be compared. */
export function figuresOf(rate: Rate | undefined, isTrial: boolean): Timed | undefined {
  if (!rate) return undefined;
  if (isTrial && rate.sinceTrial) return rate.sinceTrial;
  return { ...rate, ...rate.recently };
}

function sum(values: (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

/** By what a column sorts; what nobody knows comes last in both directions. */
function valueOf(row: Row, by: Column): number | string | undefined {
  switch (by) {
    case 'name':
      return row.actorType;
    case 'share':
      return row.trial?.percent ?? -1;
    case 'turns':
      return row.turns;
    case 'failed':
      return row.turns === 0 ? undefined : row.failed / row.turns;
    case 'p50':
      return worst(row.serving.figures?.p50Us, row.trial?.figures?.p50Us);
    case 'p99':
      return worst(row.serving.figures?.p99Us, row.trial?.figures?.p99Us);
    case 'changed':
      return row.lastAudit && Date.parse(row.lastAudit.at);
  }
}

function worst(...values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

export function sorted(rows: Iterable<Row>, { by, isDown }: Sorting): string[] {
  const keyed = [...rows].map((row) => ({ name: row.actorType, value: valueOf(row, by) }));
  const direction = isDown ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.value !== b.value) {
      if (a.value === undefined) return 1;
      if (b.value === undefined) return -1;
      return (a.value < b.value ? -1 : 1) * direction;
    }
    return a.name < b.name ? -1 : 1;
  });
  return keyed.map(({ name }) => name);
}

/**
 * The order that was chosen, with what has come since at the end and without what has gone. It
 * changes only when somebody asks for it.
 */
export function held(order: string[], names: ReadonlySet<string>): string[] {
  const kept = order.filter((name) => names.has(name));
  const known = new Set(kept);
  const fresh = [...names].filter((name) => !known.has(name)).sort();
  return fresh.length === 0 && kept.length === order.length ? order : [...kept, ...fresh];
}

export interface Filter {
  text: string;
  showsPlatform: boolean;
  /** With something on trial, or failing, alone. */
  only: 'all' | 'trial' | 'failing';
}

export const EVERYTHING: Filter = { text: '', showsPlatform: false, only: 'all' };

export function passes(row: Row, { text, showsPlatform, only }: Filter): boolean {
  if (row.isPlatform && !showsPlatform) return false;
  if (only === 'trial' && !row.trial) return false;
  if (only === 'failing' && row.failed === 0) return false;
  const wanted = text.trim().toLowerCase();
  const digests = [row.serving.digest, row.trial?.digest ?? ''];
  return row.actorType.includes(wanted) || digests.some((digest) => digest.startsWith(wanted));
}

/** What is looked at, for the address of the page: what is usual is not in it. */
export function toAddress(
  { text, showsPlatform, only }: Filter,
  { by, isDown }: Sorting,
): Record<string, string | undefined> {
  const isUsual = by === BY_NAME.by && isDown === BY_NAME.isDown;
  return {
    q: text.trim(),
    platform: showsPlatform ? 'yes' : undefined,
    only: only === 'all' ? undefined : only,
    sort: isUsual ? undefined : `${isDown ? '-' : ''}${by}`,
  };
}

export function fromAddress(text: string): { filter: Filter; sorting: Sorting } {
  const search = new URLSearchParams(text);
  const only = search.get('only');
  const sort = search.get('sort') ?? '';
  const by = COLUMNS.find((column) => column === sort.replace(/^-/, ''));
  return {
    filter: {
      text: search.get('q') ?? '',
      showsPlatform: search.get('platform') === 'yes',
      only: only === 'trial' || only === 'failing' ? only : 'all',
    },
    sorting: by ? { by, isDown: sort.startsWith('-') } : BY_NAME,
  };
}
