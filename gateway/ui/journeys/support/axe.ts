/** What machines can say of how everybody can use a page. */

import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const THEMES = ['light', 'dark'] as const;

/** What is serious or critical on the page as it is now, as lines for people. */
export async function findings(page: Page): Promise<string[]> {
  // In the page itself: the other way opens a page of its own for the result.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary = '' }) => `${id} at ${target.join(' ')}: ${failureSummary}`,
      ),
    );
}

/** In both themes; the page keeps its state. */
export async function isForEverybody(page: Page, state: string): Promise<void> {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    expect(await findings(page), `${state}, ${colorScheme}`).toEqual([]);
  }
}

/** Colours on their way are none that anybody reads. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const running = document
      .getAnimations()
      .filter((a) => a.effect?.getTiming().iterations !== Infinity);
    await Promise.all(running.map((animation) => animation.finished.catch(() => undefined)));
  });
}
