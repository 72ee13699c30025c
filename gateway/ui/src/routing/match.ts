/** Finds out which screen a path is. */

import type { Parameters } from './screens';

/** The parameters of a path that fits; `undefined` for one that does not. */
export function match(pattern: string, path: string): Parameters | undefined {
  const [wanted, given] = [steps(pattern), steps(path)];
  if (wanted.length !== given.length) return undefined;
  const parameters: Parameters = {};
  for (const [index, step] of wanted.entries()) {
    const value = decoded(given[index] ?? '');
    const name = /^\{(\w+)\}$/.exec(step)?.[1];
    if (value === undefined || (name === undefined && step !== value)) return undefined;
    if (name !== undefined) parameters[name] = value;
  }
  return parameters;
}

/** Without the slash that somebody may have typed at the end. */
function steps(path: string): string[] {
  return path.split('/').filter((step, index) => step !== '' || index === 0);
}

function decoded(step: string): string | undefined {
  try {
    return decodeURIComponent(step);
  } catch {
    return undefined;
  }
}
