import { describe, expect, it } from 'vitest';
import { ServerClock } from './clock';
import { span, timeOfDay } from './words';

const HOUR = 3_600_000;

function at(local: number) {
  let mono = 1_000;
  const clock = new ServerClock(
    () => mono,
    () => local,
  );
  return { clock, pass: (ms: number) => (mono += ms) };
}

describe('the server clock', () => {
  for (const wrong of [-HOUR, 0, HOUR]) {
    it(`is right on a machine that is ${wrong / HOUR} h wrong`, () => {
      const server = 1_750_000_000_000;
      const { clock, pass } = at(server + wrong);
      const sentAt = clock.mark();
      pass(200);
      clock.learn(server + 100, sentAt);
      expect(clock.now()).toBe(server + 200);
      pass(5_000);
      expect(clock.now()).toBe(server + 5_200);
    });
  }

  it('forgives one answer that was held up', () => {
    const { clock, pass } = at(0);
    for (let i = 0; i < 4; i++) {
      const sentAt = clock.mark();
      pass(10);
      clock.learn(clock.mark() + 50_000, sentAt);
    }
    const before = clock.now();
    const sentAt = clock.mark();
    pass(8_000);
    clock.learn(clock.mark() - 7_000 + 50_000, sentAt);
    expect(Math.abs(clock.now() - before - 8_000)).toBeLessThan(20);
  });

  it('believes the header only until it knows better', () => {
    const { clock } = at(0);
    clock.glimpse('Sun, 15 Jun 2025 15:06:40 GMT', clock.mark());
    expect(clock.isKnown).toBe(true);
    expect(clock.now()).toBe(1_750_000_000_500);
    clock.hear(1_760_000_000_000);
    clock.glimpse('Sun, 15 Jun 2025 15:06:40 GMT', clock.mark());
    expect(clock.now()).toBe(1_760_000_000_000);
  });

  it('is not moved by what is no time', () => {
    const { clock } = at(5);
    clock.hear(NaN);
    clock.glimpse('soon', 0);
    clock.glimpse(null, 0);
    expect(clock.isKnown).toBe(false);
  });
});

describe('times in words', () => {
  const cases: [number, string][] = [
    [-4, '0 s'],
    [24_900, '24 s'],
    [89_000, '89 s'],
    [90_000, '1 min'],
    [65 * 60_000, '65 min'],
    [2 * HOUR, '2 h'],
    [2 * HOUR + 5 * 60_000, '2 h 5 min'],
  ];
  it.each(cases)('%d ms are "%s"', (ms, words) => expect(span(ms)).toBe(words));

  it('are those of the place', () => {
    const noon = Date.UTC(2025, 5, 15, 12);
    expect(timeOfDay(noon, 'Europe/Rome')).toBe('14:00');
    expect(timeOfDay(noon, 'Asia/Tokyo', true)).toBe('21:00:00');
  });
});
