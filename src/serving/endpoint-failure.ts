import type { ErrorKind } from '../action-error.ts';

/** Why an endpoint did not come up, in one sentence, and what to change. */
export interface EndpointFailure {
  readonly kind: ErrorKind;
  readonly sentence: string;
  readonly fix: string;
}

interface Evidence {
  /** The service's FailureReason. */
  readonly reason: string;
  /** Last lines of the containers, oldest first. */
  readonly logTail: readonly string[];
  readonly instanceType: string;
  readonly entryPoint: string;
}

/** In order. What only the service says comes first; a missing module shows in the log alone, as one more /ping without an answer. */
const patterns: readonly {
  readonly in: 'reason' | 'log';
  readonly matches: RegExp;
  readonly explain: (evidence: Evidence) => EndpointFailure;
}[] = [
  {
    in: 'reason',
    matches: /capacity/i,
    explain: ({ instanceType }) => ({
      kind: 'capacity',
      sentence: `AWS had no capacity for ${instanceType}.`,
      fix: 'Name another serve.instance-type, or run it again later.',
    }),
  },
  {
    in: 'reason',
    matches: /ResourceLimitExceeded|service limit/i,
    explain: ({ instanceType }) => ({
      kind: 'quota',
      sentence: `The account's quota for endpoints on ${instanceType} is used up.`,
      fix: `Ask for more of "${instanceType} for endpoint usage" in Service Quotas (service SageMaker), or use another type. A candidate needs its machines beside those that are live.`,
    }),
  },
  {
    in: 'reason',
    matches: /model data|could not (?:be )?download|Access ?Denied|not authorized/i,
    explain: ({ reason }) => ({
      kind: 'permission',
      sentence: `The endpoint could not read its model or image: ${firstLine(reason)}`,
      fix: 'Check that roles.serving is the role of infra/bootstrap.yml: it may read trainyard/release/ of the bucket and pull the image.',
    }),
  },
  {
    in: 'log',
    matches: /^\s*(?:ModuleNotFoundError|ImportError)\b/m,
    explain: ({ logTail, entryPoint }) => ({
      kind: 'script',
      sentence: `The container cannot import what ${entryPoint} needs: ${findException(logTail) ?? 'see its log'}.`,
      fix: `Add the module to a requirements.txt beside ${entryPoint}, or choose an image that has it.`,
    }),
  },
  {
    in: 'reason',
    matches: /health check/i,
    explain: ({ logTail, entryPoint }) => {
      const said = findException(logTail);
      return {
        kind: 'script',
        sentence: `The container started and never answered /ping${said === undefined ? '' : `; its log says: ${said}`}.`,
        fix: `Most often model_fn of ${entryPoint} throws or takes too long: try it on the model of the training job, or with \`trainyard rehearse\`.`,
      };
    },
  },
];

/** Explains a FailureReason and the log that led to it. */
export function explainEndpointFailure(evidence: Evidence): EndpointFailure {
  const text = { reason: evidence.reason, log: evidence.logTail.join('\n') };
  const found = patterns.find((pattern) => pattern.matches.test(text[pattern.in]));
  return (
    found?.explain(evidence) ?? {
      kind: 'aws',
      sentence: evidence.reason === '' ? 'SageMaker gave no reason.' : firstLine(evidence.reason),
      fix: 'Read the last lines of its log; the endpoint in the AWS console may say more.',
    }
  );
}

/** The last line that looks like an exception: `ValueError: …`. */
function findException(lines: readonly string[]): string | undefined {
  const line = lines.findLast((text) => /^\s*[\w.]{1,100}(?:Error|Exception)\b(?:: |$)/.test(text));
  return line === undefined ? undefined : shorten(line.trim());
}

const firstLine = (text: string): string => shorten(text.split('\n', 1)[0]?.trim() ?? '');

const shorten = (text: string): string => (text.length <= 300 ? text : `${text.slice(0, 299)}…`);
