/** What is looked at, in the address: a reload, a link, and Back lead to the same. */

import { changed, valueIn } from './search';

export class Address {
  search = $state(location.search);
  readonly #look = () => (this.search = location.search);

  constructor() {
    window.addEventListener('popstate', this.#look);
  }

  get(name: string): string | undefined {
    return valueIn(this.search, name);
  }

  /** @param isStep whether Back returns to how it was */
  set(changes: Record<string, string | undefined>, isStep = false): void {
    const search = changed(location.search, changes);
    if (search !== location.search) {
      const to = location.pathname + search;
      if (isStep) history.pushState(null, '', to);
      else history.replaceState(null, '', to);
    }
    this.#look();
  }

  close(): void {
    window.removeEventListener('popstate', this.#look);
  }
}
