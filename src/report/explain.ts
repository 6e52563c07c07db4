import { escapeMarkdown, inlineCode } from './escape.ts';

/** Summary of a report without records: what would be here, and what is missing for it. */
export function explainProduct(specPath: string, hint: string): string {
  return `### Trainyard: nothing was trained in this run

No training of ${inlineCode(specPath)} was recorded for this workflow run or its commit. ${escapeMarkdown(hint)}

This step reports what \`train-model\` and \`tune-model\` did: one comment on the pull request with the state of every run, its
duration, its cost with the source of the price, how busy the machines were, its metrics, how all of that differs from main, and
what the tuning found. For that it needs

1. a job with \`train-model\` **before** this step in the same workflow run, with the same \`spec\`, \`environment\` and bucket;
2. \`permissions\` with \`id-token: write\` (AWS), \`pull-requests: write\` (the comment) and \`contents: read\`;
3. \`if: always()\` on this step or job, so that a failed training is reported too.

If \`train-model\` ran and failed before it planned a run, its own log says why.
`;
}

/** Summary for a run that has no secrets and may not write: why, and what a maintainer can do. */
export function explainForkRun(why: string): string {
  return `### Trainyard: not on the pull request

${escapeMarkdown(why)}

GitHub gives a run of a fork or of Dependabot no AWS credentials and a token that may only read. That is as it should be: the
code of a stranger must not spend your money. A maintainer who has read the change can train it by pushing the reviewed commit to a
branch of this repository:

\`\`\`sh
git fetch origin pull/NUMBER/head && git push origin FETCH_HEAD:refs/heads/reviewed-NUMBER
\`\`\`

and opening a pull request from that branch. Do not use \`pull_request_target\` for it: it would run that code with your secrets.
`;
}
