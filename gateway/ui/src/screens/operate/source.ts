/**
 * The operator's stream: what serves each type, how it does, and how the silos are. It has no
 * positions to go on from; each connection begins with all that counts.
 */

import type { Change, Entity, Source, StreamEvent } from '../../stream/source';
import { readAudit, readPlans, readRates, readStats, STREAM } from './admin';
import type { AuditLine, Plan, Rates, Stats } from './model';

export type OperateEntity =
  | { kind: 'stats'; stats: Stats }
  | { kind: 'plan'; plan: Plan }
  | { kind: 'audit'; line: AuditLine }
  | { kind: 'rates'; rates: Rates }
  /** Why no silo answers; empty when one does. */
  | { kind: 'trouble'; why: string | undefined };

export interface View {
  stats: Stats | undefined;
  plans: Plan[];
  /** Newest first. */
  audit: AuditLine[];
  rates: Rates | undefined;
  trouble: string | undefined;
}

export function operateSource(): Source<OperateEntity> {
  // Troubles have neither a time nor a number of their own, and come in the order they happen.
  let troubles = 0;
  return {
    url: STREAM,
    async snapshot(signal) {
      const [stats, plans, audit, rates] = await Promise.all([
        readStats(signal),
        readPlans(signal),
        readAudit(undefined, signal),
        readRates(signal),
      ]);
      const things: OperateEntity[] = [
        { kind: 'stats', stats },
        { kind: 'rates', rates },
        { kind: 'trouble', why: undefined },
        ...plans.map((plan) => ({ kind: 'plan', plan }) as const),
        ...audit.map((line) => ({ kind: 'audit', line }) as const),
      ];
      return { position: undefined, entities: things.map((thing) => entityOf(thing, ++troubles)) };
    },
    changes(event) {
      return thingsIn(event).map((thing) => changeOf(entityOf(thing, ++troubles)));
    },
    happenedAt: momentOf,
  };
}

function changeOf({ key, version, value }: Entity<OperateEntity>): Change<OperateEntity> {
  return { key, version, fields: value, isWhole: true };
}

function entityOf(value: OperateEntity, troubles: number): Entity<OperateEntity> {
  switch (value.kind) {
    case 'stats':
      return { key: 'stats', version: Date.parse(value.stats.at), value };
    case 'rates':
      return { key: 'rates', version: Date.parse(value.rates.at), value };
    case 'plan':
      return { key: `plan/${value.plan.actorType}`, version: value.plan.version, value };
    case 'audit':
      // A line that was written stays as it is.
      return { key: auditKey(value.line), version: 1, value };
    case 'trouble':
      return { key: 'trouble', version: troubles, value };
  }
}

export function auditKey({ id }: AuditLine): string {
  return `audit/${id}`;
}

function thingsIn(event: StreamEvent): OperateEntity[] {
  const data = parse(event.data);
  if (data === undefined) return [];
  switch (event.name) {
    case 'stats':
      return [{ kind: 'stats', stats: data as Stats }];
    case 'rates':
      return [{ kind: 'rates', rates: data as Rates }];
    case 'plan':
      return [{ kind: 'plan', plan: data as Plan }];
    case 'audit':
      return (data as { lines: AuditLine[] }).lines.map((line) => ({ kind: 'audit', line }));
    case 'trouble':
      return [{ kind: 'trouble', why: (data as { why: string | null }).why ?? undefined }];
    default:
      return [];
  }
}

/** Of figures alone: a line of the audit log that a new connection tells again is no lateness. */
function momentOf(event: StreamEvent): number | undefined {
  if (event.name !== 'rates') return undefined;
  const at = (parse(event.data) as Partial<Rates> | undefined)?.at;
  return at === undefined ? undefined : Date.parse(at);
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

export function viewOf(entries: Iterable<[string, { value: OperateEntity }]>): View {
  const view: View = {
    ...{ stats: undefined, rates: undefined, trouble: undefined },
    ...{ plans: [], audit: [] },
  };
  for (const [, { value }] of entries) {
    if (value.kind === 'stats') view.stats = value.stats;
    else if (value.kind === 'rates') view.rates = value.rates;
    else if (value.kind === 'plan') view.plans.push(value.plan);
    else if (value.kind === 'audit') view.audit.push(value.line);
    else view.trouble = value.why;
  }
  view.plans.sort((a, b) => (a.actorType < b.actorType ? -1 : 1));
  view.audit.sort((a, b) => b.atMs - a.atMs);
  return view;
}
