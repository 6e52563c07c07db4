import { createLog } from '../../runner/log.ts';
import { findUntrusted } from '../../runner/trust.ts';
import { readSpec } from '../../spec/read.ts';
import { run } from './run.ts';
import { findDeps, readRunContext } from './wire.ts';

export interface RefreshOptions {
  readonly specPath: string;
  readonly environment?: string;
  /** Without one nothing can be written, so nothing is tried. */
  readonly token?: string;
  readonly roleToAssume?: string;
}

/**
 * Brings the comment to what the records say now; for the `post` step of another action, which may be the last thing a cancelled
 * job does. The job summary is left alone. Never throws: what goes wrong is one warning.
 * @param _root product folder, as every entry of an action takes it
 */
export async function refreshComment(options: RefreshOptions, _root: string): Promise<void> {
  const log = createLog();
  try {
    const context = await readRunContext();
    if (!options.token || findUntrusted(context) !== undefined) return;
    const spec = await readSpec(options.specPath, { environment: options.environment });
    const inputs = { githubToken: options.token, roleToAssume: options.roleToAssume };
    const deps = await findDeps({ spec, inputs, context, log, step: { summary: async () => undefined } });
    if (deps?.zone.kind !== 'pull-request') return;
    // Other legs of this run may still watch their jobs, so nothing is finished for them here.
    const { settling: _, ...rest } = deps;
    await run(spec, rest);
  } catch (error) {
    log.warning(
      `The comment on the pull request could not be brought up to date: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
