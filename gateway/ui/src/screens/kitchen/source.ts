/** The stream of one kitchen: its tickets, chefs, ovens and alerts. */

import { read } from '../../api/read';
import {
  ordinal,
  type Change,
  type Entity,
  type Source,
  type StreamEvent,
} from '../../stream/source';
import { byPlace } from './lanes';
import type { Alert, Display, Oven, Plugin, Station, Ticket, View } from './model';

export type KitchenEntity =
  | { kind: 'ticket'; ticket: Ticket }
  | { kind: 'station'; station: Station }
  | { kind: 'oven'; oven: Oven }
  | { kind: 'alert'; alert: Alert }
  | { kind: 'plugin'; plugin: Plugin | undefined }
  | { kind: 'queue'; orderIds: string[] };

/** What any of the events may have. */
interface EventData {
  at?: string;
  ticket?: Ticket;
  station?: Station;
  oven?: Oven;
  alert?: Alert;
  plugin?: Plugin;
  orderIds?: string[];
}

/**
 * More events than any kitchen has, so that an order's version counts first and the position of
 * what told it second: the same version may be in other hands, and an older one never counts.
 */
const POSITIONS = 1_000_000_000;

export function kitchenSource(kitchenId: string): Source<KitchenEntity> {
  return {
    url: `/api/kitchen/${encodeURIComponent(kitchenId)}/stream`,
    async snapshot(signal) {
      const display = await read('/api/kitchen/{id}/display', { id: kitchenId }, signal);
      return { position: String(display.position), entities: entitiesOf(display) };
    },
    changes: changesOf,
    happenedAt: ({ data }) => momentOf(parse(data)),
    staysWhenHidden: true,
  };
}

export function entitiesOf(display: Display): Entity<KitchenEntity>[] {
  const { position, status, stations, queue, active, ready } = display;
  const things: KitchenEntity[] = [
    ...merged([...ready, ...active, ...queue]).map(
      (ticket) => ({ kind: 'ticket', ticket }) as const,
    ),
    ...stations.map((station) => ({ kind: 'station', station }) as const),
    ...status.ovens.map((oven) => ({ kind: 'oven', oven }) as const),
    ...status.alerts.map((alert) => ({ kind: 'alert', alert }) as const),
    { kind: 'plugin', plugin: status.plugin },
    { kind: 'queue', orderIds: adviceIn(queue) },
  ];
  return things.map((value) => ({
    key: keyOf(value),
    version: versionOf(value, position),
    value,
  }));
}

/** An order that is in two lists is one order: the newer of both is right. */
function merged(tickets: Ticket[]): Ticket[] {
  const byId = new Map<string, Ticket>();
  for (const ticket of tickets) {
    const held = byId.get(ticket.orderId);
    if (!held || held.version <= ticket.version) byId.set(ticket.orderId, ticket);
  }
  return [...byId.values()];
}

/** Those at the head of the queue that are not where their places would have them. */
export function adviceIn(queue: Ticket[]): string[] {
  const ids = queue.map(({ orderId }) => orderId);
  let advised = ids.length;
  while (advised > 0 && isByPlace(queue.slice(advised - 1))) advised--;
  return ids.slice(0, advised);
}

function isByPlace(tickets: Ticket[]): boolean {
  return tickets.every((ticket, n) => {
    const before = tickets[n - 1];
    return !before || byPlace(before, ticket) <= 0;
  });
}

export function changesOf(event: StreamEvent): Change<KitchenEntity>[] {
  const value = thingIn(event.name, parse(event.data));
  if (!value) return [];
  const version = versionOf(value, ordinal(event.id) ?? 0);
  return [{ key: keyOf(value), version, fields: value, isWhole: true }];
}

function thingIn(name: string, data: EventData | undefined): KitchenEntity | undefined {
  if (!data) return undefined;
  const { ticket, station, oven, alert, plugin, orderIds } = data;
  if (name === 'ticket' && ticket) return { kind: 'ticket', ticket };
  if (name === 'station' && station) return { kind: 'station', station };
  if (name === 'oven' && oven) return { kind: 'oven', oven };
  if (name === 'alert' && alert) return { kind: 'alert', alert };
  if (name === 'plugin' && plugin) return { kind: 'plugin', plugin };
  if (name === 'queue' && orderIds) return { kind: 'queue', orderIds };
  return undefined;
}

function keyOf(value: KitchenEntity): string {
  switch (value.kind) {
    case 'ticket':
      return `ticket/${value.ticket.orderId}`;
    case 'station':
      return `station/${value.station.chefId}`;
    case 'oven':
      return `oven/${value.oven.ovenId}`;
    case 'alert':
      // One from before they had numbers is known by what it says and when.
      return `alert/${value.alert.id ?? `${value.alert.at} ${value.alert.kind}`}`;
    default:
      return value.kind;
  }
}

function versionOf(value: KitchenEntity, position: number): number {
  const { version } = value.kind === 'ticket' ? value.ticket : { version: 0 };
  return version * POSITIONS + (position % POSITIONS);
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

export function viewOf(entries: Iterable<[string, { value: KitchenEntity }]>): View {
  const view: View = {
    tickets: [],
    stations: [],
    ovens: [],
    alerts: [],
    plugin: undefined,
    advice: [],
  };
  for (const [, { value }] of entries) {
    if (value.kind === 'ticket') view.tickets.push(value.ticket);
    else if (value.kind === 'station') view.stations.push(value.station);
    else if (value.kind === 'oven') view.ovens.push(value.oven);
    else if (value.kind === 'alert') view.alerts.push(value.alert);
    else if (value.kind === 'plugin') view.plugin = value.plugin;
    else view.advice = value.orderIds;
  }
  view.stations.sort((a, b) => a.chefId.localeCompare(b.chefId, 'en', { numeric: true }));
  view.ovens.sort((a, b) => a.ovenId.localeCompare(b.ovenId, 'en', { numeric: true }));
  return view;
}
