/** What comes next with a ticket, and what can be done with it besides. */

import type { OrderStatus } from '../../api/model';
import type { Problem } from '../../api/problem';
import type { Ticket } from './model';

export interface Step {
  /** The only state in which it means what was tapped. */
  from: OrderStatus;
  to: 'preparing' | 'baking' | 'ready';
  word: string;
  /** What is said once it was tapped. */
  towards: string;
}

const STEPS = {
  created: { from: 'created', to: 'preparing', word: 'Start', towards: 'Being made' },
  preparing: { from: 'preparing', to: 'baking', word: 'In the oven', towards: 'In the oven' },
  baking: { from: 'baking', to: 'ready', word: 'Ready', towards: 'Ready' },
} satisfies Partial<Record<OrderStatus, Step>>;

/** What was put back, or is to be made anew, waits as one that is being prepared. */
const AGAIN: Step = { ...STEPS.created, from: 'preparing' };

export function nextStep({ status, place }: Pick<Ticket, 'status' | 'place'>): Step | undefined {
  const waitsAgain = status === 'preparing' && place !== undefined;
  return waitsAgain ? AGAIN : (STEPS as Partial<Record<OrderStatus, Step>>)[status];
}

/** The step that a command's body asks for. */
export function stepTo(body: unknown): Step | undefined {
  const { status, from } = (body ?? {}) as { status?: unknown; from?: unknown };
  const steps = [...Object.values(STEPS), AGAIN].filter(({ to }) => to === status);
  return steps.find((step) => step.from === from) ?? steps[0];
}

const WAY: OrderStatus[] = [
  'created',
  'preparing',
  'baking',
  'ready',
  'outForDelivery',
  'delivered',
];

/** It is there already, or further: somebody else was quicker, or the oven's timer was. */
export function hasReached(status: unknown, to: Step['to']): boolean {
  return WAY.indexOf(status as OrderStatus) >= WAY.indexOf(to);
}

/** A refusal that says that the step has happened is no trouble to anybody. */
export function happened(problem: Problem, to: Step['to']): boolean {
  return problem.status === 409 && hasReached(problem.members['current'], to);
}

/** Only a start can be taken back once the server has it: what was baked cannot be unbaked. */
export function isReversible(step: Step): boolean {
  return step.to === 'preparing';
}

export interface Possible {
  burn: boolean;
  putBack: boolean;
  assign: boolean;
}

export function possible({ status, place }: Ticket): Possible {
  const isMade = status === 'created' || status === 'preparing';
  return {
    burn: status === 'baking',
    putBack: isMade && place === undefined,
    assign: isMade,
  };
}

/** Why one that left cannot come back, or `undefined` if it can. */
export function whyNotBack({ status }: Pick<Ticket, 'status'>): string | undefined {
  switch (status) {
    case 'baking':
      return 'It is in the oven. If it is lost, say so under “…” on its card.';
    case 'ready':
      return 'It is ready and cannot go back. It waits for a driver.';
    case 'outForDelivery':
      return 'The driver has it, so it cannot come back.';
    case 'delivered':
      return 'The customer has it, so it cannot come back.';
    case 'cancelled':
      return 'It was cancelled and is not made any more.';
    case 'rejected':
      return 'It was never taken.';
    default:
      return undefined;
  }
}
