/** The address of the page: links, Back and Forward lead to screens without a reload. */

import { match } from './match';
import { NOT_FOUND, SCREENS, type Parameters, type Screen } from './screens';

export interface Place {
  screen: Screen;
  parameters: Parameters;
  path: string;
}

class Router {
  place = $state.raw<Place>(find(location.pathname));
  /** Behind the path, for screens that say there what is filtered and what is open. */
  search = $state(location.search);
  hash = $state(location.hash);
  /** Grows with each change that somebody made, so that the new page gets the focus. */
  moves = $state(0);

  go(to: string, { replace = false } = {}): void {
    if (replace) history.replaceState(null, '', to);
    else history.pushState(null, '', to);
    if (this.#arrive()) window.scrollTo(0, 0);
  }

  listen(): void {
    window.addEventListener('popstate', () => this.#arrive());
    document.addEventListener('click', (event) => this.#click(event));
  }

  /** @returns whether it is another screen than before */
  #arrive(): boolean {
    const { pathname, search, hash } = location;
    this.search = search;
    this.hash = hash;
    if (pathname === this.place.path) return false;
    this.place = find(pathname);
    this.moves++;
    return true;
  }

  #click(event: MouseEvent): void {
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey);
    if (event.defaultPrevented || !isPlain || event.altKey) return;
    const link = (event.target as Element).closest('a');
    if (!link || link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    // A jump within the page is the browser's, and so is what is no screen, as the API's pages.
    if (url.origin !== location.origin || find(url.pathname).screen === NOT_FOUND) return;
    const isHere = url.pathname === location.pathname && url.search === location.search;
    if (isHere && url.hash) return;
    event.preventDefault();
    this.go(url.pathname + url.search + url.hash);
  }
}

function find(path: string): Place {
  for (const screen of SCREENS) {
    const parameters = match(screen.path, path);
    if (parameters) return { screen, parameters, path };
  }
  return { screen: NOT_FOUND, parameters: {}, path };
}

export const router = new Router();
