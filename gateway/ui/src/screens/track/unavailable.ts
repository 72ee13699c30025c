import type { Problem } from '../../api/problem';

export interface UnavailableProps extends Record<string, unknown> {
  /** `expired`: it was seen, until the session ended. */
  kind: 'gone' | 'refused' | 'expired' | 'broken';
  orderId: string;
  problem: Problem | undefined;
  onretry: () => void;
}
