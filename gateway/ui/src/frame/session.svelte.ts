/** Who one is, for all screens of this page. */

import { problemOfError, type Problem } from '../api/problem';
import { readSession, type Session } from '../api/session';

const RETRY_MS = 5_000;

const NOBODY: Pick<Session, 'role'> & Partial<Session> = { role: 'nobody' };

class SessionState {
  current = $state.raw(NOBODY);
  /** `absent`: this gateway knows no sessions, and whoever it lets in is in. */
  status = $state<'loading' | 'known' | 'absent' | 'failed'>('loading');
  problem = $state.raw<Problem | undefined>();
  /** Grows with each change of who one is, so that screens read again. */
  generation = $state(0);
  readonly #listeners = new Set<() => void>();

  /** For what is no component, and follows nothing by itself. */
  whenChanged(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async load(): Promise<void> {
    try {
      this.current = await readSession();
      this.status = 'known';
    } catch (error) {
      this.problem = problemOfError(error);
      this.status = this.problem.status === 404 ? 'absent' : 'failed';
      // Who one is will be known as soon as there is somebody to ask.
      const wait = Math.max(RETRY_MS, this.problem.retryAfterMs ?? 0);
      if (this.status === 'failed') setTimeout(() => void this.load(), wait);
    }
  }

  /** Somebody has signed in or out. */
  async change(): Promise<void> {
    await this.load();
    this.generation++;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new SessionState();

/** In words, for the bar. */
export function whoIs({ role, subject = '' }: typeof NOBODY): string {
  switch (role) {
    case 'nobody':
      return 'not signed in';
    case 'local':
      return 'this machine';
    case 'kitchen':
    case 'manager':
      return `${role} · ${subject}`;
    default:
      return subject || role;
  }
}
