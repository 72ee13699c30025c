/** What is wrong right now, worst first. Nothing here is good news, and silence means all is well. */

import { isAutomatic } from './audit';
import type { Rates, Silo } from './model';
import type { Row } from './rows';
import type { View } from './source';
import { counted, rate, short } from './words';

export interface Need {
  key: string;
  weight: 'danger' | 'warning';
  what: string;
  detail?: string | undefined;
  since?: number | undefined;
  /** Where one sees more of it. */
  link?: { href: string; words: string };
}

/** Which took something back is told for so long. */
const DAY_MS = 86_400_000;
/** From this share of failed turns on a type needs somebody. */
const FAILING = 0.01;
/** So much worse than what serves is a module on trial told to be, from so many turns on. */
const WORSE = 2;
const TURNS_MIN = 20;

export function needsOf(view: View, rows: Iterable<Row>, now: number): Need[] {
  const { stats, rates } = view;
  const silos = stats?.silos ?? [];
  const all = [
    ...troubleIn(view),
    ...silos.flatMap((silo) => [...stateOf(silo), ...storeOf(silo), ...breakersOf(silo)]),
    ...automaticIn(view, now),
    ...[...rows].flatMap((row) => [...worseOf(row), ...failingOf(row, rates)]),
    ...deadLettersIn(view),
    ...missingIn(rates),
    ...staleIn(rates, now),
  ];
  return all.sort((a, b) => rank(a) - rank(b));
}

const rank = ({ weight }: Need) => (weight === 'danger' ? 0 : 1);

function* troubleIn({ trouble }: View): Iterable<Need> {
  if (trouble === undefined) return;
  yield { key: 'trouble', weight: 'danger', what: 'No silo answers', detail: trouble };
}

const toSilos = { href: '#silos', words: 'The silos' };
const toType = (actorType: string) => ({
  href: `/operate/${encodeURIComponent(actorType)}`,
  words: actorType,
});

function* stateOf({ silo, name, state, why }: Silo): Iterable<Need> {
  const key = `silo/${silo}`;
  if (state === 'dead') {
    const what = `Silo ${name} is gone without having said so`;
    yield { key, weight: 'danger', what, detail: why, link: toSilos };
  } else if (state === 'silent') {
    const what = `Silo ${name} does not answer`;
    yield { key, weight: 'danger', what, detail: why, link: toSilos };
  }
}

function* storeOf({ silo, name, storeStopped, storeFull }: Silo): Iterable<Need> {
  if (storeStopped) {
    const what = `The store of silo ${name} has stopped`;
    yield { key: `stopped/${silo}`, weight: 'danger', what, detail: storeStopped, link: toSilos };
  }
  if (storeFull) {
    const what = `The store of silo ${name} is full`;
    yield { key: `full/${silo}`, weight: 'danger', what, detail: storeFull, link: toSilos };
  }
}

function* breakersOf({ silo, name, breakers = {} }: Silo): Iterable<Need> {
  for (const [actorType, { state }] of Object.entries(breakers)) {
    if (state === 'closed') continue;
    const isOpen = state === 'open';
    yield {
      key: `breaker/${silo}/${actorType}`,
      weight: isOpen ? 'danger' : 'warning',
      what: isOpen
        ? `${actorType} is not asked on silo ${name}: it failed too often`
        : `${actorType} is asked again on silo ${name}, one message at a time`,
      detail: isOpen ? 'Its breaker is open.' : 'Its breaker is half open.',
      link: toType(actorType),
    };
  }
}

function* automaticIn({ audit }: View, now: number): Iterable<Need> {
  for (const line of audit) {
    if (!isAutomatic(line) || now - line.atMs > DAY_MS) continue;
    const isBack = line.what === 'rolled-back';
    yield {
      key: `automatic/${line.atMs}/${line.digest}`,
      weight: isBack ? 'warning' : 'danger',
      what: isBack
        ? `The silo took ${short(line.digest)} of ${line.actorType} back by itself`
        : `The silo could not take ${short(line.digest)} of ${line.actorType} back`,
      detail: line.detail,
      since: line.atMs,
      link: toType(line.actorType),
    };
  }
}

function* worseOf({ actorType, serving, trial }: Row): Iterable<Need> {
  const [old, fresh] = [serving.figures, trial?.figures];
  if (!trial || trial.percent === 0 || !old || !fresh) return;
  if (fresh.turns < TURNS_MIN || fresh.failed === 0) return;
  const [usual, now] = [old.turns === 0 ? 0 : old.failed / old.turns, fresh.failed / fresh.turns];
  if (now <= usual * WORSE) return;
  yield {
    key: `worse/${actorType}`,
    weight: 'danger',
    what: `${short(trial.digest)}, on trial for ${actorType}, fails more often than what serves`,
    detail: `${rate(fresh.failed, fresh.turns)} of its turns, ${rate(old.failed, old.turns)} of the other's`,
    link: toType(actorType),
  };
}

function* failingOf({ actorType, trial, serving }: Row, rates: Rates | undefined): Iterable<Need> {
  // With a trial it is told what of both fails.
  if (trial && trial.percent > 0) return;
  const { figures } = serving;
  if (!rates || !figures || figures.turns < TURNS_MIN) return;
  if (figures.failed / figures.turns < FAILING) return;
  yield {
    key: `failing/${actorType}`,
    weight: 'warning',
    what: `${rate(figures.failed, figures.turns)} of the turns of ${actorType} fail`,
    detail: `${counted(figures.failed, 'turn')} of ${counted(figures.turns, 'turn')} in the last 5 min`,
    link: toType(actorType),
  };
}

function* deadLettersIn({ stats }: View): Iterable<Need> {
  if (!stats || stats.deadLetters.count === 0) return;
  const { count, more, newest } = stats.deadLetters;
  yield {
    key: 'dead-letters',
    weight: 'warning',
    what: `${more ? 'More than ' : ''}${counted(count, 'dead letter')}`,
    detail: newest ? `The newest: ${newest.what} to ${newest.actor}: ${newest.error}` : undefined,
    since: newest ? Date.parse(newest.at) : undefined,
    link: { href: '#dead-letters', words: 'Look at them' },
  };
}

function* missingIn(rates: Rates | undefined): Iterable<Need> {
  if (!rates || rates.missing.length === 0) return;
  yield {
    key: 'missing',
    weight: 'warning',
    what: `Figures are without those of ${rates.missing.join(', ')}`,
    link: toSilos,
  };
}

/** They come each second, while the stream may live on without them. */
const STALE_MS = 30_000;

function* staleIn(rates: Rates | undefined, now: number): Iterable<Need> {
  const at = rates ? Date.parse(rates.at) : now;
  if (now - at <= STALE_MS) return;
  const what = 'No figures of turns have come for a while';
  yield { key: 'stale', weight: 'warning', what, since: at };
}
