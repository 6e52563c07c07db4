import * as core from '@actions/core';
import { ActionError } from '../action-error.ts';
import type { MintWebIdentity } from './ports.ts';

/** GitHub's OIDC token for an audience, from the runner. It is masked in the log before it is returned. */
export const mintWebIdentity: MintWebIdentity = async (audience) => {
  if (!process.env.ACTIONS_ID_TOKEN_REQUEST_URL || !process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN) {
    throw new ActionError({
      kind: 'permission',
      message: 'The job may not have an OIDC token, so role-to-assume cannot be used.',
      fix: 'Add `id-token: write` under `permissions:` of the job.',
    });
  }
  try {
    return await core.getIDToken(audience);
  } catch (error) {
    throw new ActionError({
      kind: 'github',
      message: `GitHub did not give an OIDC token for the audience ${audience}: ${error instanceof Error ? error.message.trim() : String(error)}`,
      fix: 'Run the job again; if it stays so, see the status page of GitHub Actions.',
      cause: error,
    });
  }
};
