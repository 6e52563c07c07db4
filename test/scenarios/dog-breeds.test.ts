import { cpSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { prepareTorch } from '../../scripts/torch.ts';
import { adopt } from '../support/adopt.ts';
import { expectEnd, inProject, readJournal, readResult, rehearse } from '../support/rehearsal.ts';
import { productRoot } from '../support/step.ts';

const example = 'training/dog-breeds';
const workflows = {
  '.github/workflows/train.yml': adopt('train.yml'),
  '.github/workflows/release.yml': adopt('release.yml'),
};
/** A minute on two idle cores: two searches, four trainings, an endpoint. */
const limitMs = 400_000;
const isPartOfExample = (path: string) => !['tests', '__pycache__'].includes(basename(path));

// Says by itself that it is skipped, and fails in CI instead.
const torch = prepareTorch();

test(
  'the dog breeds go from an archive of pictures to an endpoint that is live, on one host and on two',
  async () => {
    if (!torch) return;
    await inProject({ files: workflows }, async (project) => {
      cpSync(join(productRoot, example), join(project.folder, example), { recursive: true, filter: isPartOfExample });
      const rehearsal = rehearse(project, '--spec', `${example}/trainyard.yml`, '--release');
      await expectEnd(rehearsal, 0, 'tag: deploy success, promote success');
      const output = rehearsal.output();
      expect(output).toContain(`dogImages.zip is played by ${example}/rehearsal/dogImages.zip`);
      expect(output).toMatch(/data\.training: 156 files \([\d.]+ kB\) written, 0 unchanged/);
      expect(output).toMatch(/data\.training: nothing has changed: 156 files/);
      expect(output.match(/tune: completed, 2 trials, best learning-rate/g)).toHaveLength(2);
      expect(output).toMatch(/Hyperparameters: learning-rate \S+, batch-size \d+ from the search dog-breeds-/);

      // The same network whether one host sees all pictures or two share them.
      const [single, multi] = ['single', 'multi'].map((label) => lossOf(output, label));
      expect(single).toBeGreaterThan(0);
      expect(multi).toBeCloseTo(single ?? 0, 3);
      expect(output).toMatch(/multi: completed, \d+ s billed on 2 × ml\.m5\.xlarge/);

      expect(output).toContain('passed: a drawn Alaskan malamute — 10 calls');
      expect(output).toMatch(/dog-breeds-invoke:live {2}answers "a drawn Alaskan malamute" with 200: \[\[-?\d/);
      expect(readResult(project, 'comment.md')).toMatch(/### Rehearsal: ✅ dog-breeds/);
      const journal = readJournal(project);
      expect(journal.filter(({ illegal }) => illegal?.length)).toEqual([]);
      const created = (operation: string) => journal.filter((entry) => entry.operation === operation && entry.status === 200);
      expect(created('CreateHyperParameterTuningJob')).toHaveLength(2);
      expect(created('CreateTrainingJob')).toHaveLength(4);
    });
  },
  limitMs,
);

/** What a run says last of its loss on the test images. */
function lossOf(output: string, label: string): number {
  return Number(new RegExp(`${label}: completed, .* test-loss ([\\d.]+)`).exec(output)?.[1]);
}
