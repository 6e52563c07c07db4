import { copyFileSync, existsSync, mkdirSync, readlinkSync, lstatSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { execFileSync } from 'node:child_process';
import { assumeRole } from './assume-role.ts';
import { findArtifactFiles } from './artifact-files.ts';
import { listWorkingTree } from './working-tree.ts';
import type { StepCall } from './step-call.ts';

type StandIn = (call: StepCall, inputs: Readonly<Record<string, string>>) => Promise<Record<string, string>>;

/** Actions of others that workflows around this product use, as far as one machine can play them. */
export const standIns: Readonly<Record<string, StandIn>> = {
  'actions/checkout': checkOut,
  'actions/setup-node': async (call) => sayVersion(call, call.state.run.node, 'node-version'),
  'actions/setup-python': async (call) => sayVersion(call, 'python3', 'python-version'),
  'actions/upload-artifact': uploadArtifact,
  'aws-actions/configure-aws-credentials': configureCredentials,
};

async function checkOut({ state }: StepCall, inputs: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const { facts } = state.run;
  const other = inputs['repository'];
  if (other && other.toLowerCase() !== `${facts.owner}/${facts.name}`.toLowerCase()) {
    throw new Error(`The repository ${other} cannot be checked out: a rehearsal has this working tree only.`);
  }
  const target = resolve(state.workspace, inputs['path'] ?? '.');
  const files = await listWorkingTree(facts.root);
  for (const file of files) copy(join(facts.root, file), join(target, file));
  state.log.aside(
    `copied ${files.length} files of the working tree, without .git${facts.dirty.length > 0 ? ', with uncommitted changes' : ''}`,
  );
  return { ref: inputs['ref'] ?? state.run.event.ref, commit: state.run.event.sha };
}

function copy(from: string, to: string): void {
  const kind = lstatSync(from, { throwIfNoEntry: false });
  // A tracked file that was deleted, or the folder of a submodule.
  if (!kind || kind.isDirectory()) return;
  mkdirSync(dirname(to), { recursive: true });
  if (kind.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else copyFileSync(from, to);
}

function sayVersion({ state }: StepCall, command: string, output: string): Record<string, string> {
  const version = execFileSync(command, ['--version'], { encoding: 'utf8' }).trim();
  state.log.aside(`this machine's ${version.startsWith('v') ? 'Node ' : ''}${version} is used; nothing was installed`);
  return { [output]: version.replace(/^(?:v|Python )/, '') };
}

async function uploadArtifact({ state }: StepCall, inputs: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const files = findArtifactFiles(state.workspace, inputs['path'] ?? '');
  const single = inputs['archive'] === 'false' ? files[0]?.name : undefined;
  const name = single ?? (inputs['name'] || 'artifact');
  if (/["*:<>?|\r\n\\/]/.test(name)) throw new Error(`The artifact name is not valid: ${name}.`);
  if (files.length === 0) {
    const message = `No files were found with the provided path: ${inputs['path'] ?? ''}. No artifacts will be uploaded.`;
    const policy = inputs['if-no-files-found'] || 'warn';
    if (policy === 'error') throw new Error(message);
    if (policy !== 'ignore') state.log.annotate({ level: 'warning', message });
    return {};
  }
  // Names are unique within a workflow run; a rehearsal has one for each event.
  const { id, results } = state.run;
  const folder = join(results, 'artifacts', ...(id === 1 ? [] : [`run-${id}`]), ...(single ? [] : [name]));
  if (!single && existsSync(folder) && inputs['overwrite'] !== 'true') {
    throw new Error(`Failed to CreateArtifact: an artifact with this name already exists on the workflow run: ${name}.`);
  }
  for (const file of files) copy(file.path, join(folder, file.name));
  state.log.aside(`copied ${files.length === 1 ? '1 file' : `${files.length} files`} to ${folder}`);
  return { 'artifact-id': '1', 'artifact-url': `file://${folder}` };
}

async function configureCredentials(
  { state }: StepCall,
  inputs: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { cloud } = state.run;
  const region = inputs['aws-region'] ?? cloud.region;
  Object.assign(state.env, { AWS_REGION: region, AWS_DEFAULT_REGION: region });
  const role = inputs['role-to-assume'];
  if (!role) {
    state.log.aside('no role-to-assume: the keys of the local cloud stay as they are');
    return {};
  }
  if (!state.idToken) {
    throw new Error(
      'Credentials could not be loaded: the job has no `permissions: id-token: write`, so GitHub gives it no identity token.',
    );
  }
  const keys = await assumeRole({
    cloudUrl: cloud.url,
    role,
    session: inputs['role-session-name'] ?? 'GitHubActions',
    idToken: state.idToken,
  });
  state.run.log.mask(keys.secretAccessKey);
  state.run.log.mask(keys.sessionToken);
  Object.assign(state.env, {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
  });
  state.log.aside(`assumed ${role} of the local cloud with GitHub's identity token`);
  return {};
}
