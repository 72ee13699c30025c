/** The stream of one driver: the driver, the order that they carry, and what was taken from them. */

import type { Order } from '../../api/model';
import { read } from '../../api/read';
import {
  ordinal,
  type Change,
  type Entity,
  type Source,
  type StreamEvent,
} from '../../stream/source';
import type { Duty, Gone, Load, Route } from './model';

export type DriveEntity =
  { kind: 'driver'; duty: Duty } | ({ kind: 'order' } & Load) | { kind: 'gone'; gone: Gone };

const DRIVER = 'driver';
const GONE = 'gone';
const ORDER = 'order/';

/** What any of the events may have. */
interface EventData {
  at?: string;
  orderId?: string;
  status?: Order['status'];
  reason?: Gone['reason'];
  driver?: Duty;
}

export function driverSource(
  driverId: string,
  sawRoute: (route: Route | undefined) => void,
): Source<DriveEntity> {
  return {
    url: `/api/drivers/${encodeURIComponent(driverId)}/stream`,
    async snapshot(signal) {
      const answer = await read('/api/drivers/{id}/status', { id: driverId }, signal);
      const { position, route, serverTime, ...duty } = answer;
      void serverTime;
      sawRoute(route);
      const entities: Entity<DriveEntity>[] = [
        { key: DRIVER, version: position, value: { kind: 'driver', duty } },
      ];
      if (duty.orderId !== undefined) {
        entities.push({ ...(await readOrder(duty.orderId, signal)), version: position });
      }
      return { position: String(position), entities };
    },
    changes: changesOf,
    happenedAt: ({ data }) => momentOf(parse(data)),
    fetchOne: (key) => readOrder(key.slice(ORDER.length)),
    staysWhenHidden: true,
  };
}

/** Where the order is, the driver's own stream says: what was read of it comes before all events. */
async function readOrder(orderId: string, signal?: AbortSignal): Promise<Entity<DriveEntity>> {
  const order = await read('/api/orders/{id}', { id: orderId }, signal);
  return { key: ORDER + orderId, version: 0, value: { kind: 'order', ...order } };
}

export function changesOf(event: StreamEvent): Change<DriveEntity>[] {
  const data = parse(event.data);
  if (!data?.driver) return [];
  const version = ordinal(event.id) ?? 0;
  const changes: Change<DriveEntity>[] = [
    {
      key: DRIVER,
      version,
      fields: { kind: 'driver', duty: data.driver },
      isWhole: true,
    },
  ];
  const { orderId, status, reason } = data;
  if (orderId === undefined) return changes;
  if (event.name === 'assigned') {
    // It is given when it is ready; its door is told to whoever asks.
    const fields = { kind: 'order', orderId, status: 'ready' } as const;
    changes.push({ key: ORDER + orderId, version, fields });
  }
  if (event.name === 'order' && status) {
    const fields = { kind: 'order', orderId, status } as const;
    changes.push({ key: ORDER + orderId, version, fields });
  }
  if (reason) {
    const gone = { orderId, reason, at: momentOf(data) ?? 0 };
    changes.push({ key: GONE, version, fields: { kind: 'gone', gone }, isWhole: true });
  }
  return changes;
}

function parse(data: string): EventData | undefined {
  try {
    return JSON.parse(data) as EventData;
  } catch {
    return undefined;
  }
}

function momentOf(data: EventData | undefined): number | undefined {
  return data?.at === undefined ? undefined : Date.parse(data.at);
}

export interface View {
  duty: Duty | undefined;
  /** What the driver carries; its door is absent until it has been read. */
  load: Load | undefined;
  gone: Gone | undefined;
}

type Held = { get(key: string): { value: DriveEntity } | undefined };

export function viewOf(entities: Held): View {
  const driver = entities.get(DRIVER)?.value;
  const duty = driver?.kind === 'driver' ? driver.duty : undefined;
  const order = duty?.orderId === undefined ? undefined : entities.get(ORDER + duty.orderId)?.value;
  const gone = entities.get(GONE)?.value;
  return {
    duty,
    load: order?.kind === 'order' ? order : undefined,
    gone: gone?.kind === 'gone' ? gone.gone : undefined,
  };
}
