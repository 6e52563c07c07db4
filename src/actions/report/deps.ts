import type { RunContext, Zone } from '../../records/context.ts';
import type { RecordStore, TuningStore } from '../../records/store.ts';
import type { PullRequests } from '../../report/ports.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import type { Clock } from '../../time/clock.ts';
import type { SettleDeps } from '../../training/settling/deps.ts';
import type { Sizes } from '../../training/sizing.ts';

export interface ReportDeps {
  readonly context: RunContext;
  readonly zone: Zone;
  /** Records of this run's own zone. */
  readonly records: Pick<RecordStore, 'readRun' | 'findByCommit' | 'listAll'>;
  /** Tuning jobs of the same zone. */
  readonly tuningRecords: Pick<TuningStore, 'readRun' | 'findByCommit' | 'findByFingerprint' | 'listAll'>;
  /** For finishing what nobody watches any more; absent where other steps of this run may still watch. */
  readonly settling?: SettleDeps;
  /** Records of main, which the baseline comes from. */
  readonly mainRecords: Pick<RecordStore, 'findByCommit'>;
  readonly pullRequests: PullRequests;
  readonly sizes: Sizes;
  readonly log: Log;
  readonly step: Pick<StepResult, 'summary'>;
  readonly clock: Clock;
  /** Writes the whole report below the runner's temp folder and tells its path. */
  readonly saveHtml: (html: string) => Promise<string>;
}
