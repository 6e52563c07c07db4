import { handleAction } from '../../runner/handle.ts';
import { reportMain } from './main.ts';

export function main(_root: string): Promise<void> {
  return handleAction(reportMain);
}
