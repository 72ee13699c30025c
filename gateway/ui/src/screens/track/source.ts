/** The stream of one order: the order itself, and the steps it has taken. */

import { type Order, type OrderChange, type Step } from '../../api/model';
import { ApiError } from '../../api/problem';
import { read, readJson } from '../../api/read';
import { openOrder } from '../../api/sessions';
import type { Change, Entity, Source, StreamEvent } from '../../stream/source';

export type TrackedOrder = Order & {
  /** When the driver was where the order says. */
  driverAt?: string;
};

export type TrackEntity = TrackedOrder | Step;

export const ORDER = 'order';
const STEP = 'step/';

/** A key that was used, or is not known, is no reason not to look. */
const KEY_IS_NO_USE = [401, 403, 404, 405];

export function orderSource(
  orderId: string,
  key: string | undefined,
  keyUsed: () => void,
): Source<TrackEntity> {
  const path = `/api/orders/${encodeURIComponent(orderId)}`;
  let unused = key;
  return {
    url: `${path}/track`,
    async snapshot(signal) {
      if (unused !== undefined) {
        await openWithKey(orderId, unused);
        unused = undefined;
        keyUsed();
      }
      const [order, steps] = await Promise.all([
        read('/api/orders/{id}', { id: orderId }, signal),
        readSteps(path, signal),
      ]);
      return { position: undefined, entities: [ofOrder(order), ...steps.map(ofStep)] };
    },
    changes: changesOf,
    happenedAt: ({ data }) => parse(data)?.at,
  };
}

async function openWithKey(orderId: string, key: string): Promise<void> {
  try {
    await openOrder(orderId, key);
  } catch (error) {
    if (error instanceof ApiError && KEY_IS_NO_USE.includes(error.problem.status)) return;
    throw error;
  }
}

/** A gateway that does not give them sends them with the stream. */
async function readSteps(path: string, signal: AbortSignal): Promise<Step[]> {
  try {
    const answer = await readJson<{ steps?: Step[] } | Step[]>(`${path}/timeline`, signal);
    return Array.isArray(answer) ? answer : (answer.steps ?? []);
  } catch {
    return [];
  }
}

function ofOrder(order: Order): Entity<TrackEntity> {
  const { driverLocation, updatedAt, version } = order;
  const value: TrackedOrder = driverLocation ? { ...order, driverAt: updatedAt } : order;
  return { key: ORDER, version, value };
}

function ofStep(step: Step): Entity<TrackEntity> {
  return { key: `${STEP}${step.version}`, version: step.version, value: step };
}

export function changesOf(event: StreamEvent): Change<TrackEntity>[] {
  if (event.name !== 'status' && event.name !== 'driver' && event.name !== 'eta') return [];
  const change = parse(event.data)?.change;
  if (!change) return [];
  const { version, at, from, by, ...fields } = change;
  const whereabouts = event.name === 'driver' && fields.driverLocation ? { driverAt: at } : {};
  const changes: Change<TrackEntity>[] = [
    {
      key: ORDER,
      version,
      // A driver who gives an order back is not in the event any more, nor in the order.
      fields: {
        driverId: undefined,
        ...fields,
        ...whereabouts,
        version,
        updatedAt: at,
      } as Partial<TrackedOrder>,
      isWhole: true,
    },
  ];
  if (event.name === 'status') {
    const step: Step = { version, at, to: fields.status, ...(from && { from }), ...(by && { by }) };
    changes.push({ key: `${STEP}${version}`, version, fields: step, isWhole: true });
  }
  return changes;
}

function parse(data: string): { change: OrderChange; at: number | undefined } | undefined {
  try {
    const change = JSON.parse(data) as OrderChange;
    return { change, at: change.at ? Date.parse(change.at) : undefined };
  } catch {
    return undefined;
  }
}

/** The steps among entities, oldest first. */
export function stepsOf(entries: Iterable<[string, { value: TrackEntity }]>): Step[] {
  const steps: Step[] = [];
  for (const [key, { value }] of entries) if (key.startsWith(STEP)) steps.push(value as Step);
  return steps.sort((a, b) => a.version - b.version);
}
