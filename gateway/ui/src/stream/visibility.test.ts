import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { StreamStore } from './store';
import { followVisibility } from './visibility';

class Page extends EventTarget {
  hidden = false;
}
let page = new Page();
let browser = new EventTarget();

beforeEach(() => {
  vi.useFakeTimers();
  page = new Page();
  browser = new EventTarget();
  vi.stubGlobal('document', page);
  vi.stubGlobal('window', browser);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function setUp(staysWhenHidden: boolean) {
  const told: string[] = [];
  const tell = (what: string) => () => void told.push(what);
  const store = {
    staysWhenHidden,
    ...{ pause: tell('pause'), resume: tell('resume') },
    ...{ retryNow: tell('retry'), doubt: tell('doubt') },
  };
  const end = followVisibility(store as unknown as StreamStore<unknown>);
  const look = (hidden: boolean) => {
    page.hidden = hidden;
    page.dispatchEvent(new Event('visibilitychange'));
  };
  return { told, look, end };
}

const MINUTE = 60_000;

it('lets go of a stream that was hidden for five minutes, and takes it up when it is seen', () => {
  const { told, look } = setUp(false);
  look(true);
  vi.advanceTimersByTime(5 * MINUTE - 1);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual(['pause']);
  look(false);
  expect(told).toEqual(['pause', 'resume', 'retry']);
});

it('keeps one that was hidden for less, and one of a screen on a wall', () => {
  const short = setUp(false);
  short.look(true);
  vi.advanceTimersByTime(4 * MINUTE);
  short.look(false);
  vi.advanceTimersByTime(10 * MINUTE);
  expect(short.told).not.toContain('pause');
  short.end();
  const wall = setUp(true);
  wall.look(true);
  vi.advanceTimersByTime(60 * MINUTE);
  expect(wall.told).toEqual([]);
});

it('follows what the browser says of the network, until it ends', () => {
  const { told, end, look } = setUp(false);
  browser.dispatchEvent(new Event('offline'));
  browser.dispatchEvent(new Event('online'));
  expect(told).toEqual(['doubt', 'retry']);
  look(true);
  end();
  vi.advanceTimersByTime(10 * MINUTE);
  browser.dispatchEvent(new Event('online'));
  expect(told).toEqual(['doubt', 'retry']);
});
