/** The one order that this page places, until there is an answer. */

import type { NewOrder, Order } from '../../api/model';
import type { Command } from '../../command/command';
import { commands } from '../../command/commands';
import { newKey } from '../../command/key';
import type { Basket } from './basket.svelte';

export class Placing {
  /** Drawn again at each change of the command. */
  current = $state.raw<{ command: Command<Order> } | undefined>();

  constructor(
    private readonly basket: Basket,
    private readonly placed: (order: Order) => void,
  ) {
    // Sent before a reload and not answered: the same again, and never a second one.
    const { pending } = basket;
    if (pending && !pending.isStopped) this.#send(pending.body, pending.key);
  }

  get isUnderWay(): boolean {
    return this.current !== undefined && !this.current.command.isSettled;
  }

  place(body: NewOrder): void {
    if (this.isUnderWay) return;
    const key = newKey();
    this.basket.pending = { key, body };
    this.basket.save();
    this.#send(body, key);
  }

  /** The same order with the same key, after somebody stopped it in doubt. */
  placeAgain(): void {
    const { pending } = this.basket;
    if (pending && !this.isUnderWay) this.#send(pending.body, pending.key);
  }

  /** Whoever orders something else takes it upon them that there may be two. */
  forget(): void {
    this.basket.pending = undefined;
    this.basket.save();
    this.dismiss();
  }

  stop(): void {
    this.current?.command.stop();
  }

  dismiss(): void {
    this.current = undefined;
  }

  /** The page is left; whatever comes of it is asked again with the same key next time. */
  leave(): void {
    this.#unsubscribe();
  }

  #unsubscribe: () => void = () => undefined;

  #send(body: NewOrder, key: string): void {
    this.#unsubscribe();
    const command = commands.send<Order>({ method: 'POST', path: '/api/orders', body, key });
    this.#unsubscribe = command.subscribe(() => this.#changed(command));
    this.current = { command };
  }

  #changed(command: Command<Order>): void {
    this.current = { command };
    if (!command.isSettled) return;
    // Stopped in doubt it may still have happened: the next try has to be the same.
    const isOpen = command.isStopped && command.isInDoubt && command.status !== 'done';
    const { pending } = this.basket;
    this.basket.pending = isOpen && pending ? { ...pending, isStopped: true } : undefined;
    this.basket.save();
    if (command.status === 'done' && command.answer) {
      this.basket.clear();
      this.placed(command.answer);
    }
  }
}
