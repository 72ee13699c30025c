import { describe, expect, it } from 'vitest';
import { Entities } from '../../stream/entities';
import type { StreamEvent } from '../../stream/source';
import { duty, NOW, offer } from './fixtures';
import { changesOf, viewOf, type DriveEntity } from './source';

function event(id: number, name: string, data: object): StreamEvent {
  const at = new Date(NOW + id).toISOString();
  return { name, id: String(id), data: JSON.stringify({ at, ...data }) };
}

/** What a page holds after these events, and what it asks for. */
function after(...events: StreamEvent[]) {
  const entities = new Entities<DriveEntity>();
  const asked: string[] = [];
  for (const one of events) {
    for (const change of changesOf(one)) if (entities.apply(change)) asked.push(change.key);
  }
  return { entities, asked, view: viewOf(entities) };
}

const busy = duty({ status: 'busy', orderId: 'o' });

describe('the events of a driver', () => {
  it('replace the driver whole, so that an offer that is gone is gone', () => {
    const one = offer({ expiresAt: NOW + 60_000 });
    const offered = event(1, 'offer', { orderId: 'o', driver: duty({ offer: one }) });
    expect(after(offered).view.duty?.offer?.orderId).toBe('o');
    const gone = event(2, 'withdrawn', { orderId: 'o', reason: 'expired', driver: duty({}) });
    const { view } = after(offered, gone);
    expect(view.duty?.offer).toBeUndefined();
    expect(view.gone).toEqual({ orderId: 'o', reason: 'expired', at: NOW + 2 });
  });

  it('count by their place in the stream, in whatever order they come', () => {
    const assigned = event(3, 'assigned', { orderId: 'o', driver: busy });
    const older = event(2, 'duty', { driver: duty({ status: 'offline' }) });
    const { view } = after(assigned, older, assigned);
    expect(view.duty?.status).toBe('busy');
  });

  it('have an order read once, of which they tell', () => {
    const assigned = event(3, 'assigned', { orderId: 'o', driver: busy });
    const moved = event(4, 'order', {
      orderId: 'o',
      status: 'outForDelivery',
      version: 9,
      driver: busy,
    });
    const { asked, view, entities } = after(assigned, moved, moved);
    expect(asked).toEqual(['order/o']);
    expect(view.load?.status).toBe('outForDelivery');
    // What was read meanwhile is older than the event.
    const address = {
      kind: 'order',
      orderId: 'o',
      status: 'ready',
      deliveryAddress: 'Via',
    } as const;
    entities.complete({ key: 'order/o', version: 0, value: address });
    expect(viewOf(entities).load).toMatchObject({
      status: 'outForDelivery',
      deliveryAddress: 'Via',
    });
  });

  it('leave nothing of an order that is not theirs any more', () => {
    const assigned = event(3, 'assigned', { orderId: 'o', driver: busy });
    const released = event(5, 'released', { orderId: 'o', reason: 'returned', driver: duty({}) });
    const { view } = after(assigned, released);
    expect(view.load).toBeUndefined();
    expect(view.gone?.reason).toBe('returned');
  });

  it('say anew where an order is that comes a second time', () => {
    const assigned = (id: number) => event(id, 'assigned', { orderId: 'o', driver: busy });
    const moved = event(4, 'order', { orderId: 'o', status: 'outForDelivery', driver: busy });
    const released = event(5, 'released', { orderId: 'o', reason: 'returned', driver: duty({}) });
    expect(after(assigned(3), moved, released, assigned(6)).view.load?.status).toBe('ready');
  });

  it('of a newer server, or of nonsense, change nothing', () => {
    expect(changesOf(event(1, 'news', { orderId: 'o' }))).toEqual([]);
    expect(changesOf({ name: 'offer', id: '1', data: '{' })).toEqual([]);
  });
});
