import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { productRoot } from './step.ts';

/** A workflow of this repository as another repository takes it over: its own actions by the name of this one. */
export function adopt(name: string): string {
  return readFileSync(join(productRoot, '.github/workflows', name), 'utf8')
    .replaceAll(/uses: \.\/(actions\/[\w-]+)/g, 'uses: octo-org/trainyard/$1@v1')
    .replaceAll(/uses: \.\/$/gm, 'uses: octo-org/trainyard@v1');
}

/** The training workflow for a spec that has nothing to search. */
export const adoptTraining = (): string => adopt('train.yml').replace(/ {6}- name: Tune\n[^]*?(?= {6}- name: Train)/, '');
