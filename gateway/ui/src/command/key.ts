/** 128 bits by chance: what makes it safe to send a command again. */
export function newKey(): string {
  // Not `randomUUID`, which pages over plain HTTP do not have.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
