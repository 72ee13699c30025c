/** The commands of an operator. */

import type { CommandSpec } from '../../command/command';
import type { Problem } from '../../api/problem';
import { path } from './admin';
import { partsOf } from './words';

/** What an operator has agreed to beyond the plain case, each for itself. */
export interface Forces {
  /** Although others outside may rely on what changes. */
  force?: boolean;
  /** Although the state of an actor cannot be taken over. */
  forceUnreadable?: boolean;
}

/** States are tried, and every silo makes a module ready, before the answer comes. */
const CHANGE_MS = 60_000;
/** Copies of all states are taken over, one by one. */
const DRY_RUN_MS = 120_000;

/** All changes of what serves a type follow one another. */
const ofType = (actorType: string) => `type/${actorType}`;

/**
 * @param percent of the keys; without it everybody
 * @param version of the plan that was looked at: it is done while that holds, and so once
 */
export function activate(
  actorType: string,
  digest: string,
  percent: number | undefined,
  version: number | undefined,
  forces: Forces = {},
): CommandSpec {
  return {
    method: 'POST',
    path: path('/modules/{digest}/activate', { digest }),
    patienceMs: CHANGE_MS,
    body: {
      ...(percent === undefined ? {} : { percent }),
      ...(version === undefined ? {} : { version }),
      ...forces,
    },
    entity: ofType(actorType),
  };
}

/** Ends a trial, or brings back what served before. */
export function rollBack(actorType: string, version: number): CommandSpec {
  return {
    method: 'POST',
    path: path('/types/{type}/rollback', { type: actorType }),
    patienceMs: CHANGE_MS,
    // Done twice it would go back twice.
    body: { version },
    entity: ofType(actorType),
  };
}

export function dryRun(digest: string): CommandSpec {
  const where = path('/modules/{digest}/dry-run', { digest });
  const entity = `dry-run/${digest}`;
  return { method: 'POST', path: where, patienceMs: DRY_RUN_MS, entity };
}

export function withdraw(actorType: string, digest: string, why: string): CommandSpec {
  const where = path('/modules/{digest}/withdraw', { digest });
  return { method: 'POST', path: where, body: { why }, entity: ofType(actorType) };
}

export function restore(actorType: string, digest: string): CommandSpec {
  const where = path('/modules/{digest}/withdraw', { digest });
  return { method: 'DELETE', path: where, entity: ofType(actorType) };
}

export function remove(actorType: string, digest: string): CommandSpec {
  const where = path('/modules/{digest}', { digest });
  return { method: 'DELETE', path: where, entity: ofType(actorType) };
}

export function replay(id: number): CommandSpec {
  const where = path('/dead-letters/{id}/replay', { id: String(id) });
  return { method: 'POST', path: where, entity: `dead-letter/${id}` };
}

export function drop(id: number): CommandSpec {
  const where = path('/dead-letters/{id}', { id: String(id) });
  return {
    method: 'DELETE',
    path: where,
    entity: `dead-letter/${id}`,
    isDone: ({ status }) => status === 404,
  };
}

export function deactivate(type: string, key: string): CommandSpec {
  const where = path('/actors/{type}/{key}/deactivate', { type, key });
  return { method: 'POST', path: where, entity: `actor/${type}/${key}` };
}

/** @param actor as `type/key` */
export function unbind(actor: string): CommandSpec {
  const { type, key } = partsOf(actor);
  const where = path('/plugins/{type}/{key}', { type, key });
  const isDone = ({ status }: Problem) => status === 404;
  return { method: 'DELETE', path: where, entity: `plugin/${actor}`, isDone };
}
