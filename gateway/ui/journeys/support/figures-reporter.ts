import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { FIGURE, type Figure } from './figures';

/** Prints at the end what was measured, so that a change for the worse is seen before it fails. */
export default class FiguresReporter implements Reporter {
  readonly #figures: Figure[] = [];

  onTestEnd(_: TestCase, { annotations }: TestResult): void {
    for (const { type, description } of annotations) {
      if (type === FIGURE && description) this.#figures.push(JSON.parse(description) as Figure);
    }
  }

  onEnd(): void {
    if (this.#figures.length === 0) return;
    const round = (value: number) => Math.round(value * 1_000) / 1_000;
    console.table(
      this.#figures.map(({ what, measured, budget, unit, before }) => ({
        what,
        measured: round(measured),
        budget,
        unit,
        before: before.map(round).join(', '),
        verdict: measured > budget ? 'OVER' : 'ok',
      })),
    );
  }

  printsToStdio(): boolean {
    return false;
  }
}
