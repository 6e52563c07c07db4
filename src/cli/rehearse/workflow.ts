import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { parse } from 'yaml';
import { z } from 'zod';

/** One thing that is wrong with a workflow, in the parser's words. */
export interface WorkflowProblem {
  readonly file: string;
  readonly line?: number | undefined;
  readonly message: string;
}

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const scalars = z.record(z.string(), scalar);
const flag = z.union([z.boolean(), z.string()]);
const minutes = z.union([z.number(), z.string()]);
const runDefaults = z.object({
  run: z.object({ shell: z.string().optional(), 'working-directory': z.string().optional() }).optional(),
});

export const stepSchema = z.object({
  id: z.string().optional(),
  name: z.union([z.string(), z.number()]).optional(),
  if: scalar.optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  shell: z.string().optional(),
  'working-directory': z.string().optional(),
  with: scalars.optional(),
  env: scalars.optional(),
  'continue-on-error': flag.optional(),
  'timeout-minutes': minutes.optional(),
});
export type StepDefinition = z.infer<typeof stepSchema>;

const permissions = z.union([z.string(), z.record(z.string(), z.string()), z.null()]);
export type Permissions = z.infer<typeof permissions>;

const jobSchema = z.object({
  name: z.string().optional(),
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  if: scalar.optional(),
  permissions: permissions.optional(),
  env: scalars.optional(),
  defaults: runDefaults.optional(),
  strategy: z
    .object({
      matrix: z.unknown().optional(),
      'fail-fast': flag.optional(),
      'max-parallel': z.union([z.number(), z.string()]).optional(),
    })
    .optional(),
  outputs: scalars.optional(),
  environment: z
    .union([z.string(), z.object({ name: z.string(), url: z.string().optional(), deployment: flag.optional() })])
    .optional(),
  'timeout-minutes': minutes.optional(),
  'continue-on-error': flag.optional(),
  container: z.unknown().optional(),
  services: z.unknown().optional(),
  steps: z.array(stepSchema, { error: 'a job that calls another workflow cannot be rehearsed' }),
});
export type JobDefinition = z.infer<typeof jobSchema>;

const names = z.union([z.string(), z.array(z.string())]);
const filter = z.looseObject({
  types: names.optional(),
  branches: names.optional(),
  'branches-ignore': names.optional(),
  tags: names.optional(),
  'tags-ignore': names.optional(),
  paths: names.optional(),
  'paths-ignore': names.optional(),
});
export type EventFilter = z.infer<typeof filter>;

const workflowSchema = z.object({
  name: z.string().optional(),
  on: z.union([z.string(), z.array(z.string()), z.record(z.string(), z.union([filter, z.array(z.unknown()), z.null()]))]),
  permissions: permissions.optional(),
  env: scalars.optional(),
  defaults: runDefaults.optional(),
  jobs: z.record(z.string(), jobSchema),
});

export interface Workflow extends z.infer<typeof workflowSchema> {
  /** As given, e.g. .github/workflows/train.yml. */
  readonly path: string;
  /** The id GitHub gives each step, in order, by job: its own, or `__run_2`, `__actions_checkout`. */
  readonly stepIds: Readonly<Record<string, readonly string[]>>;
}

/** Reads a workflow with GitHub's own parser. All problems come back at once, each with its line. */
export async function readWorkflow(path: string, text: string): Promise<Workflow | WorkflowProblem[]> {
  const parsed = parseWorkflow({ name: path, content: text }, new NoOperationTraceWriter());
  const template = parsed.value && (await convertWorkflowTemplate(parsed.context, parsed.value));
  const errors = parsed.context.errors.getErrors();
  if (errors.length > 0 || !template) {
    return errors.map(({ rawMessage, range }) => ({ file: path, message: rawMessage, line: range?.start.line }));
  }
  const tree = workflowSchema.safeParse(parse(text));
  if (!tree.success) {
    return tree.error.issues.map((issue) => ({ file: path, message: `${issue.path.join('.')}: ${issue.message}` }));
  }
  const stepIds: Record<string, string[]> = {};
  for (const job of template.jobs) if (job.type === 'job') stepIds[job.id.value] = job.steps.map((step) => step.id);
  return { ...tree.data, path, stepIds };
}
