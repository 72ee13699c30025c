/** A module on its way in: the stages as they are done, with the time that each took. */

import { ApiError, isAbort, problemOf, problemOfError, type Problem } from '../../api/problem';
import type { Difference, ModuleInfo, PushLine } from './model';

/** In the order in which a module goes through them. */
export const STAGES = ['verify', 'inspect', 'compile', 'warm', 'check', 'keep'] as const;
export type Stage = (typeof STAGES)[number];

export const STAGE_WORDS: Record<Stage, string> = {
  verify: 'Size, kind and signature',
  inspect: 'Structure, imports and exports',
  compile: 'Machine code',
  warm: 'Its first instance',
  check: 'Against those who call it',
  keep: 'Durable',
};

/** What a push came to, or how far it is. */
export interface Push {
  /** `unknown`: the connection was lost before the end. */
  status: 'sending' | 'working' | 'kept' | 'refused' | 'unknown';
  /** The stages that are done, with the microseconds that each took. */
  took: ReadonlyMap<Stage, number>;
  /** The one that refused. */
  refusedAt: string | undefined;
  why: string | undefined;
  problem: Problem | undefined;
  module: ModuleInfo | undefined;
  changes: Difference[];
  breaks: string[];
}

export const NEW_PUSH: Push = {
  status: 'sending',
  took: new Map(),
  refusedAt: undefined,
  why: undefined,
  problem: undefined,
  module: undefined,
  changes: [],
  breaks: [],
};

/** The push after one more line of the answer. */
export function after(push: Push, text: string): Push {
  const line = JSON.parse(text) as PushLine;
  if (line.refused !== undefined) {
    return { ...push, status: 'refused', refusedAt: line.stage, why: line.refused };
  }
  if (line.module) {
    const { module, changes = [], breaks = [] } = line;
    return { ...push, status: 'kept', module, changes, breaks };
  }
  const took = new Map(push.took);
  if (isStage(line.stage)) took.set(line.stage, line.tookUs ?? 0);
  return { ...push, status: 'working', took };
}

/** The stage that is worked at now. */
export function current(push: Push): Stage | undefined {
  if (push.status !== 'sending' && push.status !== 'working') return undefined;
  return STAGES.find((stage) => !push.took.has(stage));
}

function isStage(text: string | undefined): text is Stage {
  return STAGES.some((stage) => stage === text);
}

/** Cuts what comes into lines, wherever the network has cut it. */
export class Lines {
  #rest = '';

  push(chunk: string): string[] {
    const parts = (this.#rest + chunk).split('\n');
    this.#rest = parts.pop() ?? '';
    return parts.filter((line) => line.trim() !== '');
  }
}

export type Send = (path: string, init: RequestInit) => Promise<Response>;

/**
 * Sends a module and tells of each stage.
 *
 * @param tell called with each new state; the last one is the end
 */
export async function push(
  send: Send,
  path: string,
  headers: Record<string, string>,
  file: Blob,
  tell: (push: Push) => void,
): Promise<void> {
  let state = NEW_PUSH;
  const become = (next: Push) => tell((state = next));
  become(state);
  try {
    const response = await send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/wasm', ...headers },
      body: file,
    });
    if (!response.ok || !response.body) throw new ApiError(await problemOf(response));
    const lines = new Lines();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (const line of lines.push(value)) become(after(state, line));
    }
    if (state.status !== 'kept' && state.status !== 'refused') {
      become({ ...state, status: 'unknown', why: 'The answer ended before the last stage.' });
    }
  } catch (error) {
    const problem = problemOfError(error);
    // A refusal that came as a status is known; where no answer came at all nothing is.
    const isKnown = problem.status > 0 || (!isAbort(error) && problem.code === 'broken');
    become({
      ...state,
      status: isKnown ? 'refused' : 'unknown',
      why: problem.detail,
      problem,
    });
  }
}

/** The least that a file has to be before it is sent: what is no component at all is told at once. */
export async function whyNot(file: Blob): Promise<string | undefined> {
  if (file.size === 0) return 'The file is empty.';
  const head = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const isWasm = [0x00, 0x61, 0x73, 0x6d].every((byte, n) => head[n] === byte);
  if (!isWasm) return 'This is no WebAssembly file.';
  // The layer of the binary format: 0 is a core module, 1 a component.
  if (head[6] !== 1) return 'This is a core module, and actors are components.';
  return undefined;
}
