import { defineConfig } from '@playwright/test';

/** Debian's, since nothing is downloaded but packages of the lock file. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const target = process.env['CARGO_TARGET_DIR'] ?? '../../../target';

/** Beside nothing else: what is measured is the page, and not whoever shares the machine. */
const MEASURED = ['budgets.spec.ts', 'crowd.spec.ts'];

export default defineConfig({
  testDir: '.',
  outputDir: `${target}/journeys/results`,
  // A file has a pizzeria of its own, and its journeys have restaurants of their own.
  fullyParallel: false,
  workers: Number(process.env['JOURNEY_WORKERS'] ?? 2),
  // Each journey waits for conditions; this is for machines that are slow.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  // A journey that fails now and then has found something, and is listed as flaky; a machine that checks many
  // things at once may still go on.
  retries: Number(process.env['JOURNEY_RETRIES'] ?? (process.env['CI'] ? 2 : 0)),
  forbidOnly: true,
  reporter: [['list'], ['./support/figures-reporter.ts']],
  projects: [
    { name: 'journeys', testIgnore: MEASURED },
    { name: 'budgets', testMatch: MEASURED, workers: 1 },
  ],
  use: {
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Rome',
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    trace: process.env['JOURNEY_TRACE'] ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath },
  },
});
