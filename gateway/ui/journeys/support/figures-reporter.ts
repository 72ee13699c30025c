import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { FIGURE, wasTheMachine, type Figure } from './figures';

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
      this.#figures.map((figure) => {
        const { what, measured, budget, allowed, unit, besides, others } = figure;
        return {
          what,
          measured: round(measured),
          budget,
          allowed: round(allowed),
          unit,
          besides: besides.map(round).join(', '),
          others: `${Math.round(others * 100)} %`,
          verdict: measured <= allowed ? 'ok' : wasTheMachine(figure) ? 'busy' : 'OVER',
        };
      }),
    );
  }

  printsToStdio(): boolean {
    return false;
  }
}
