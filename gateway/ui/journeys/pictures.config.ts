import journeys from './playwright.config';

/** Pictures of all screens, for people to look at: `scripts/pictures`. */
export default {
  ...journeys,
  projects: [{ name: 'pictures', testMatch: 'pictures.ts' }],
  reporter: 'list',
  workers: 1,
};
