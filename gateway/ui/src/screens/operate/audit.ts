/** Lines of the audit log in words. */

import type { AuditLine, AuditWhat } from './model';

const WORDS: Record<AuditWhat, string> = {
  pushed: 'Pushed',
  refused: 'Refused',
  activated: 'Activated',
  canary: 'On trial',
  'rolled-back': 'Taken back',
  'dry-run': 'Dry run',
  withdrawn: 'Withdrawn',
  restored: 'Not withdrawn any more',
  removed: 'Removed',
};

export function whatWords(what: AuditWhat): string {
  // A newer silo may do what this page has not heard of.
  return WORDS[what] ?? what;
}

export function byWords(by: string): string {
  if (by === 'silo') return 'the silo, by itself';
  if (by === 'program') return 'the program, as it started';
  return by === 'operator' ? 'an operator' : by;
}

/** The silo took a module back without being asked, or could not. */
export function isAutomatic({ by, what }: Pick<AuditLine, 'by' | 'what'>): boolean {
  return by === 'silo' && (what === 'rolled-back' || what === 'refused');
}

const RATE = /^(\d+) of (\d+) turns failed \(([\d.]+) percent; ([\d.]+) are borne\)$/;

/** Which rate against which threshold; as the silo wrote it where that is not what it says. */
export function automaticWords({ what, detail }: Pick<AuditLine, 'what' | 'detail'>): string {
  const [, failed, turns, had, borne] = RATE.exec(detail) ?? [];
  if (what !== 'rolled-back' || failed === undefined) return detail;
  return `${had} % of its turns failed (${failed} of ${turns}), and ${borne} % are borne.`;
}
