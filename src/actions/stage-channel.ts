import type { StageDeps } from '../staging/ports.ts';
import { stage, type StageRequest } from '../staging/stage.ts';

type Place = Omit<StageDeps, 'downloadUrl'>;

/** Stages a channel of the spec as training needs it: nothing is removed. */
export function createStageChannel(place: Place): (request: Pick<StageRequest, 'name' | 'from' | 'to'>) => Promise<unknown> {
  const deps = { ...place, downloadUrl: process.env.TRAINYARD_DOWNLOAD_URL || undefined };
  return (request) => stage({ ...request, delete: false, dryRun: false }, deps);
}
