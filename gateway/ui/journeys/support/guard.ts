/**
 * What no page may ever do, whatever a journey is about: ask another server, break its own policy,
 * or fail without anybody noticing.
 */

import type { BrowserContext, Page } from '@playwright/test';

/** The browser says it of each answer above 399, which are no mistakes of a page. */
const OF_ANSWERS = /^Failed to load resource/;

export class Guard {
  readonly complaints: string[] = [];
  /** Mistakes are planted, and the test itself says which have to be found. */
  isTested = false;

  /** @param home the origin of the pages, which is the only one that they may ask */
  constructor(readonly home: string) {}

  async watch(context: BrowserContext): Promise<void> {
    context.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (['data:', 'blob:', 'about:'].includes(protocol) || origin === this.home) return;
      this.complaints.push(`a request leaves: ${request.url()}`);
    });
    context.on('weberror', (error) => this.complaints.push(`thrown: ${error.error().stack ?? ''}`));
    context.on('console', (message) => {
      const text = message.text();
      const isPolicy = /content security policy/i.test(text);
      if (!isPolicy && (message.type() !== 'error' || OF_ANSWERS.test(text))) return;
      this.complaints.push(`the console says: ${text}`);
    });
    // Violations that the browser does not print are told to the page all the same.
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
  }
}

/** Everything that is inserted from data is text; an element of that kind would show it. */
export function markupIn(page: Page): Promise<number> {
  return page.locator('main :is(img, iframe, object, embed, script, marquee, b.planted)').count();
}
