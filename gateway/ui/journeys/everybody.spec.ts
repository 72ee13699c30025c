/** For everybody: what axe says of each screen in each state, in both themes; motion, zoom, colours. */

import type { Page } from '@playwright/test';
import { cutTest as test, expect } from './support/journey';
import { findings, isForEverybody } from './support/axe';
import { STATES } from './support/states';

// So many states are more than one process should go through alone.
test.describe.configure({ mode: 'parallel' });

/** 1280 pixels at 400 %. */
const ZOOMED = { width: 320, height: 256 };
const WHOLE = { width: 1_180, height: 820 };

test.use({ viewport: WHOLE });

for (const { name, show } of STATES) {
  test(`everybody: ${name}`, async ({ page, api, network }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await show(page, api, network);
    expect(await moving(page), `${name}: what moves`).toEqual([]);
    await isForEverybody(page, name);
    await page.setViewportSize(ZOOMED);
    expect(await sideways(page), `${name} at 400 %: what is cut off`).toEqual([]);
    await page.setViewportSize(WHOLE);
    await page.emulateMedia({ forcedColors: 'active' });
    expect(await borderless(page), `${name}: what has no border in forced colours`).toEqual([]);
  });
}

test.describe('planted', () => {
  test('letters that are too pale are found', async ({ page }) => {
    await plant(page, '.muted { color: #a9a39a !important; }');
    await page.goto('/sign-in');
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect((await findings(page)).join('\n')).toContain('color-contrast');
  });

  test('what moves, what is too wide and what has no border is found', async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' });
    await plant(
      page,
      `h1 { transition: color 1s; } .page { min-width: 700px; }
       .button { border: 0 !important; forced-color-adjust: none; }
       .mark { margin-left: 200px; }`,
    );
    await page.goto('/sign-in');
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect(await moving(page)).toContain('h1: transition');
    expect(await borderless(page)).not.toEqual([]);
    await page.setViewportSize(ZOOMED);
    const found = (await sideways(page)).join(' ');
    expect(found, 'cut off from the bar').toContain('a.who');
    expect(found, 'pushed sideways').toContain('px of 320');
  });
});

/** A mistake in the styles, as somebody could make it. */
async function plant(page: Page, css: string): Promise<void> {
  await page.route('**/assets/*.css', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${await response.text()}\n${css}` });
  });
}

/** Elements whose look would change over time. */
function moving(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isLong = (times: string) => times.split(',').some((time) => parseFloat(time) > 0);
    const found = new Set<string>();
    for (const element of document.querySelectorAll('body *')) {
      const name = element.tagName.toLowerCase();
      const style = getComputedStyle(element);
      if (isLong(style.transitionDuration)) found.add(`${name}: transition`);
      if (style.animationName !== 'none' && isLong(style.animationDuration)) {
        found.add(`${name}: ${style.animationName}`);
      }
    }
    return [...found];
  });
}

/**
 * What would have to be pushed sideways to be read, unless it lies in something that scrolls; and what nobody
 * can push, since the bar that it is cut off from stays where it is.
 */
function sideways(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.documentElement;
    const wide = (elements: Iterable<Element>) =>
      [...elements]
        .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1)
        .slice(0, 5)
        .map((e) => `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''}`);
    const found = wide(document.querySelectorAll('header.bar *'));
    if (root.scrollWidth > root.clientWidth) {
      found.push(`${root.scrollWidth} px of ${root.clientWidth}`);
      found.push(...wide(document.querySelectorAll('body *')));
    }
    return found;
  });
}

/** Controls and cards that only a tint would show. */
function borderless(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const things = document.querySelectorAll('main :is(.button, .card, article, input, textarea)');
    return [...things]
      .filter(
        (thing) =>
          thing.checkVisibility() &&
          !thing.matches('.quiet, .visually-hidden, [type="checkbox"], [type="radio"]'),
      )
      .filter((thing) => {
        const { borderTopStyle, borderTopWidth } = getComputedStyle(thing);
        return borderTopStyle === 'none' || parseFloat(borderTopWidth) === 0;
      })
      .map((thing) => `${thing.tagName.toLowerCase()}.${thing.className}`);
  });
}
