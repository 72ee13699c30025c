import { describe, expect, it } from 'vitest';
import { unbind } from './actions';
import { at, digest } from './fixtures';
import type { BoundPlugin } from './model';
import { stateOf, troubleOf, worstFirst } from './plugins';
import { actorLink, partsOf } from './words';

function pluginOf(actor: string, more: Partial<BoundPlugin> = {}): BoundPlugin {
  return { actor, digest: digest('p'), bytes: 1_000, boundAt: at(0), signedBy: null, ...more };
}

const standing = (trust: 'asked' | 'resting') => ({
  standing: { binding: 'shortest-job', failures: 3, failuresInARow: 3, lastFailure: 'slow', trust },
});

describe('a plugin', () => {
  it.each([
    ['asked', {}, undefined],
    ['asked', { lastFailure: 'once' }, 'once'],
    ['asked', standing('asked'), 'slow'],
    ['rests', standing('resting'), 'slow'],
    ['unusable', { unusable: 'of another world' }, 'of another world'],
  ] as const)('is %s', (state, more, trouble) => {
    const plugin = pluginOf('kitchen/a', more);
    expect(stateOf(plugin)).toBe(state);
    expect(troubleOf(plugin)).toBe(trouble);
  });

  it('that somebody has to look at comes first', () => {
    const plugins = [
      pluginOf('kitchen/b'),
      pluginOf('kitchen/a'),
      pluginOf('kitchen/c', standing('resting')),
      pluginOf('kitchen/d', { unusable: 'broken' }),
    ];
    expect(worstFirst(plugins).map(({ actor }) => actor.slice(-1))).toEqual(['d', 'c', 'a', 'b']);
  });

  it('that is taken away already is as good as taken away', () => {
    const { path, isDone } = unbind('kitchen/a b/c');
    expect(path).toBe('/api/admin/plugins/kitchen/a%20b%2Fc');
    expect(isDone?.({ status: 404 } as Parameters<NonNullable<typeof isDone>>[0])).toBe(true);
    expect(partsOf('kitchen/a b/c')).toEqual({ type: 'kitchen', key: 'a b/c' });
    expect(actorLink('kitchen/a b')).toBe('/operate/kitchen?actor=a%20b');
  });
});
