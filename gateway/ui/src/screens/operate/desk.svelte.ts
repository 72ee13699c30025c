/** Everything behind the operator's screen, for all its parts. */

import { problemOfError, type Problem } from '../../api/problem';
import { session } from '../../frame/session.svelte';
import { Live } from '../../stream/live.svelte';
import { readModules } from './admin';
import type { ModuleInfo } from './model';
import { disagreement, Watch } from './outdated';
import { byDigest, byModule, latestOf, rowsOf } from './rows';
import type { Running } from './running.svelte';
import { operateSource, viewOf, type OperateEntity } from './source';

/** A page that stands for weeks does not keep every line of them. */
const AUDIT_MAX = 400;

export class Desk {
  readonly live: Live<OperateEntity>;
  /** By digest; `undefined` until they were read. */
  modules = $state.raw<ReadonlyMap<string, ModuleInfo> | undefined>();
  modulesProblem = $state.raw<Problem | undefined>();
  /** The change that was sent last, whose dialog may be closed already. */
  running = $state.raw<{ actorType: string; title: string; command: Running } | undefined>();
  readonly view = $derived.by(() => viewOf(this.live.current.entities.entries()));
  readonly rows = $derived.by(() =>
    rowsOf({
      plans: this.view.plans,
      modules: this.modules,
      rates: byModule(this.view.rates?.rates ?? []),
      audit: latestOf(this.view.audit),
    }),
  );
  readonly #unsubscribe: () => void;
  #isReading = false;
  #isStale = false;
  readonly #watch = new Watch();

  constructor() {
    this.live = new Live(operateSource());
    this.#unsubscribe = this.live.store.subscribe((changed) => this.#changed(changed));
  }

  /** Whoever may only look is shown nothing that acts. The gateway refuses in any case. */
  get mayAct(): boolean {
    const { role } = session.current;
    return session.status === 'absent' || role === 'admin' || role === 'local';
  }

  get hasData(): boolean {
    return this.live.current.hasData && this.modules !== undefined;
  }

  ofType(actorType: string): ModuleInfo[] {
    return [...(this.modules?.values() ?? [])].filter((module) => module.actorType === actorType);
  }

  /** The modules are in no event; they change with what the audit log tells. */
  async readModules(): Promise<void> {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        this.modules = byDigest(await readModules());
        this.modulesProblem = undefined;
      }
    } catch (error) {
      this.modulesProblem = problemOfError(error);
    } finally {
      this.#isReading = false;
    }
  }

  #changed(changed: ReadonlySet<string>): void {
    const { store } = this.live;
    const isToRead = [...changed].some(
      (key) => key.startsWith('audit/') || key.startsWith('plan/'),
    );
    if (isToRead) void this.readModules();
    if (changed.has('rates')) this.#healPlans();
    if (store.entities.size > AUDIT_MAX * 2) this.#tidy();
  }

  #healPlans(): void {
    const { plans, rates } = viewOf(this.live.store.entities.entries());
    if (rates && this.#watch.see(disagreement(plans, rates))) this.live.store.restart();
  }

  #tidy(): void {
    const { entities } = this.live.store;
    const lines = [...entities.entries()].filter(([key]) => key.startsWith('audit/'));
    const at = (value: OperateEntity) => (value.kind === 'audit' ? value.line.atMs : 0);
    lines.sort(([, a], [, b]) => at(b.value) - at(a.value));
    for (const [key] of lines.slice(AUDIT_MAX)) entities.drop(key);
  }

  close(): void {
    this.#unsubscribe();
    this.live.close();
  }
}
