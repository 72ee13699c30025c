/** The part of an address behind the question mark. */

export function valueIn(search: string, name: string): string | undefined {
  return new URLSearchParams(search).get(name) ?? undefined;
}

/**
 * @param changes what is `undefined` or empty is taken out
 * @returns with the question mark, or nothing where nothing is left
 */
export function changed(search: string, changes: Record<string, string | undefined>): string {
  const parameters = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') parameters.delete(name);
    else parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** Whether a click on a link is to be answered here, and not by another tab or window. */
export function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}
