/** From a basket to an order, and what is missing for it. */

import type { NewOrder } from '../../api/model';
import type { FieldError } from '../../api/problem';

export const ADDRESS_MAX = 500;
export const NAME_MAX = 100;
export const PHONE_MAX = 40;
export const NOTE_MAX = 200;

export type FieldName = 'items' | 'name' | 'phone' | 'address' | 'door' | 'note';
export type FieldErrors = Partial<Record<FieldName, string>>;

export interface Filled {
  lines: [string, number][];
  name: string;
  /** Who is signed in is known by an id alone. */
  isOwn: boolean;
  phone: string;
  note: string;
  address: string;
  door: { lat: number; lon: number } | undefined;
}

/** What has to be said before anything is sent, in the order of the page. */
export function missing({ lines, name, address, door }: Filled): FieldErrors {
  const errors: FieldErrors = {};
  if (lines.length === 0) errors.items = 'Choose at least one pizza.';
  if (customerIdFrom(name) === '')
    errors.name = 'Say who you are, so that the kitchen can call you.';
  if (address.trim() === '' && !door)
    errors.address = 'Say where to bring it, or set your door on the map.';
  return errors;
}

export function orderOf(filled: Filled, restaurantId: string): NewOrder {
  const [name, phone, note, address] = [
    filled.isOwn ? '' : filled.name,
    filled.phone,
    filled.note,
    filled.address,
  ].map(oneLine);
  return {
    customerId: customerIdFrom(filled.name),
    restaurantId,
    items: filled.lines.map(([pizzaType, quantity]) => ({ pizzaType, quantity })),
    ...(name ? { customerName: name } : {}),
    ...(phone ? { phone } : {}),
    ...(note ? { note } : {}),
    ...(address ? { deliveryAddress: address } : {}),
    ...(filled.door ? { deliveryLocation: filled.door } : {}),
  };
}

const oneLine = (text: string) => text.trim().replace(/\s+/g, ' ');

/**
 * A customer is known by an id of letters, digits and four signs. A name becomes one: "Zoë De
 * Luca" is "Zoe-De-Luca".
 */
export function customerIdFrom(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^A-Za-z0-9._:-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 128);
}

/** The fields that the gateway's pointers mean. */
export function errorsByField(errors: FieldError[]): FieldErrors {
  const fields: FieldErrors = {};
  for (const { pointer, message } of errors) fields[fieldOf(pointer)] ??= message;
  return fields;
}

function fieldOf(pointer: string): FieldName {
  if (pointer.startsWith('/customer')) return 'name';
  if (pointer.startsWith('/phone')) return 'phone';
  if (pointer.startsWith('/note')) return 'note';
  if (pointer.startsWith('/deliveryAddress')) return 'address';
  if (pointer.startsWith('/deliveryLocation')) return 'door';
  return 'items';
}
