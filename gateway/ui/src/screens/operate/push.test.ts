import { describe, expect, it } from 'vitest';
import { moduleOf } from './fixtures';
import { after, current, Lines, NEW_PUSH, push, whyNot, type Push, type Send } from './push';

const wasm = (layer: number) =>
  new Blob([new Uint8Array([0, 0x61, 0x73, 0x6d, layer === 1 ? 0x0d : 1, 0, layer, 0])]);

/** An answer that comes in the pieces that the network makes of it. */
function answering(pieces: string[], status = 200): Send {
  return () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    });
    return Promise.resolve(new Response(body, { status }));
  };
}

async function told(send: Send): Promise<Push[]> {
  const states: Push[] = [];
  await push(send, '/api/admin/modules?type=order', {}, wasm(1), (state) => states.push(state));
  return states;
}

describe('a push', () => {
  it('shows each stage as it is done, wherever the answer is cut', async () => {
    const lines =
      '{"stage":"verify","tookUs":85}\n{"stage":"inspect","tookUs":2300}\n' +
      `{"module":${JSON.stringify(moduleOf('a'))},"changes":[{"place":"order.tip","what":"goes","warning":true}],"breaks":["x"]}\n`;
    const states = await told(
      answering([lines.slice(0, 11), lines.slice(11, 60), lines.slice(60)]),
    );
    expect(states.map(({ status }) => status)).toEqual(['sending', 'working', 'working', 'kept']);
    expect(states.map(current)).toEqual(['verify', 'inspect', 'compile', undefined]);
    expect(states.at(-1)).toMatchObject({
      module: { actorType: 'order' },
      changes: [{ place: 'order.tip' }],
      breaks: ['x'],
    });
    expect(states.at(-1)?.took.get('inspect')).toBe(2300);
  });

  it('says which stage refused, and why', async () => {
    const states = await told(
      answering([
        '{"stage":"verify","tookUs":1}\n{"refused":"no such import","stage":"inspect"}\n',
      ]),
    );
    expect(states.at(-1)).toMatchObject({
      status: 'refused',
      refusedAt: 'inspect',
      why: 'no such import',
    });
  });

  it('does not call a push kept whose answer ended early', async () => {
    const states = await told(answering(['{"stage":"verify","tookUs":1}\n']));
    expect(states.at(-1)?.status).toBe('unknown');
  });

  it('knows nothing when no answer came', async () => {
    const states = await told(() => Promise.reject(new TypeError('network')));
    expect(states.at(-1)?.status).toBe('unknown');
  });

  it('is refused by a status', async () => {
    const body = JSON.stringify({ type: 'urn:x:too-large', detail: 'at most 32 MB are taken' });
    const states = await told(answering([body], 413));
    expect(states.at(-1)).toMatchObject({ status: 'refused', why: 'at most 32 MB are taken' });
  });

  it('passes over a stage that it has not heard of', () => {
    const next = after(NEW_PUSH, '{"stage":"polish","tookUs":4}');
    expect(next).toMatchObject({ status: 'working' });
    expect(next.took.size).toBe(0);
  });
});

it('cuts lines', () => {
  const lines = new Lines();
  expect(lines.push('a\nb')).toEqual(['a']);
  expect(lines.push('c\n\nd\n')).toEqual(['bc', 'd']);
});

it('tells what is no component before it is sent', async () => {
  expect(await whyNot(new Blob([]))).toMatch(/empty/);
  expect(await whyNot(new Blob(['#!/bin/sh']))).toMatch(/no WebAssembly/);
  expect(await whyNot(wasm(0))).toMatch(/core module/);
  expect(await whyNot(wasm(1))).toBeUndefined();
});
