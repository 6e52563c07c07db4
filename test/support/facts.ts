/** The repository and the pull request of every scenario. */
export const repository = { owner: 'octo-org', name: 'digits', id: 4711 } as const;
export const pullNumber = 7;
export const headCommit = 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00';
export const baseCommit = 'ba5eba11ba5eba11ba5eba11ba5eba11ba5eba11';
export const olderCommit = '01de200001de200001de200001de200001de2000';
export const bucket = 'octo-ml';
export const trainingRole = 'arn:aws:iam::000000000000:role/octo-training';
/** Assumed by the jobs of the pull request with their identity token. */
export const pullRequestRole = 'arn:aws:iam::000000000000:role/octo-pull-request';
/** What a release is made of. */
export const releaseTag = 'v1.2.0';
export const servingRole = 'arn:aws:iam::000000000000:role/octo-serving';
export const lambdaRole = 'arn:aws:iam::000000000000:role/octo-lambda';
