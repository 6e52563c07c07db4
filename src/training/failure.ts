import type { ErrorKind } from '../action-error.ts';

/** Why a job failed, in one sentence, and what to change. */
export interface Failure {
  readonly kind: ErrorKind;
  readonly sentence: string;
  readonly fix: string;
}

interface Evidence {
  /** The service's FailureReason. */
  readonly reason: string;
  /** Last lines of the log, oldest first. */
  readonly logTail: readonly string[];
  readonly instanceType: string;
  readonly entryPoint: string;
}

interface Pattern {
  readonly matches: RegExp;
  readonly explain: (evidence: Evidence, match: RegExpExecArray) => Failure;
}

/** In order: what only the service says comes before what a script may also print. */
const patterns: readonly Pattern[] = [
  {
    matches: /^SpotInterruption: (.*)/,
    explain: (_evidence, [, text = '']) => ({
      kind: 'capacity',
      sentence: firstLine(text),
      fix: 'Run it again: it goes on from its checkpoints when the same workflow run is re-run; or train without spot.',
    }),
  },
  {
    matches: /^MachineError: ([^]*)/,
    explain: (_evidence, [, text = '']) => explainMachine(text),
  },
  {
    matches: /CapacityError|Unable to provision requested ML compute capacity|InsufficientInstanceCapacity/i,
    explain: ({ instanceType }) => ({
      kind: 'capacity',
      sentence: `AWS had no capacity for ${instanceType}.`,
      fix: 'List further instance types in order of preference (instance-type: [first, second]), or run it again later.',
    }),
  },
  {
    matches: /ResourceLimitExceeded|account-level service limit/i,
    explain: ({ instanceType }) => ({
      kind: 'quota',
      sentence: `The account's quota for ${instanceType} is used up.`,
      fix: `Ask for more of "${instanceType} for training job usage" in Service Quotas (service SageMaker), or use another type.`,
    }),
  },
  {
    matches: /No S3 objects found|Data download failed|S3 key: .* has an illegal char|NoSuchKey/i,
    explain: ({ reason }) => ({
      kind: 'input',
      sentence: `The training data could not be downloaded: ${firstLine(reason)}`,
      fix: 'Check the S3 prefix under data in trainyard.yml and that the training role may read it.',
    }),
  },
  {
    matches: /AccessDenied|not authorized to perform|does not have permission|Access denied/i,
    explain: ({ reason }) => ({
      kind: 'permission',
      sentence: `A permission is missing: ${firstLine(reason)}`,
      fix: 'Give it to the role under roles.training; infra/bootstrap.yml has what a training role needs.',
    }),
  },
  {
    matches: /CannotPullContainer|(?:repository|image) .*(?:does not exist|not found)|Cannot find repository|docker image/i,
    explain: ({ reason }) => ({
      kind: 'input',
      sentence: `The image could not be started: ${firstLine(reason)}`,
      fix: 'Check image in trainyard.yml: its tag, its region, and that the training role may pull it.',
    }),
  },
  {
    matches: /InternalServerError|internal error/i,
    explain: () => ({
      kind: 'aws',
      sentence: 'SageMaker failed with an internal error.',
      fix: 'Run it again; the job itself did nothing wrong.',
    }),
  },
  {
    matches: /^AlgorithmError/i,
    explain: (evidence) => explainScript(evidence),
  },
];

const raiseVolume = 'Raise volume-gb of this run in trainyard.yml.';
/** In a script's failure: the system's words, and those that the program on a machine of EC2 puts in front of them. */
const noRoom = /No space left on device|Disk quota exceeded|no more room to write|disk of the machine is full/;
/** That program gives its advice in the same line; here it is the fix. */
const withoutAdvice = (sentence: string) => sentence.replace(/: raise volume-gb of this run in trainyard\.yml\.$/, '.');

/** What the machine, not the script, could not do. */
function explainMachine(text: string): Failure {
  const sentence = withoutAdvice(firstLine(text));
  if (/AccessDenied|not authorized|403/.test(text)) {
    return {
      kind: 'permission',
      sentence,
      fix: 'Give it to the role of the instance profile under roles.ec2; infra/bootstrap.yml has what it needs.',
    };
  }
  if (/disk|No space left/i.test(text)) return { kind: 'input', sentence, fix: raiseVolume };
  if (/There is no object below|names no file/.test(text)) {
    return { kind: 'input', sentence, fix: 'Check the data in trainyard.yml and what lies at its S3 prefix.' };
  }
  return {
    kind: 'aws',
    sentence,
    fix: 'Read the last lines of its log and console; most often the machine ran out of memory or time. Run it again.',
  };
}

/** The exit code is the last thing SageMaker adds to a script's failure; -9 and 137 are the kernel taking memory back. */
function explainScript({ reason, logTail, entryPoint }: Evidence): Failure {
  const exitCode = /exit code:? *(-?\d+)/i.exec(reason)?.[1];
  const ended = exitCode === undefined ? 'failed' : `exited with code ${exitCode}`;
  if (exitCode === '137' || exitCode === '-9') {
    return {
      kind: 'script',
      sentence: `${entryPoint} was killed (code ${exitCode}), most often because the instance ran out of memory.`,
      fix: 'Use an instance type with more memory or smaller batches.',
    };
  }
  const missing = [...logTail, reason].join('\n').match(/ModuleNotFoundError: No module named '([\w.]{1,80})'/)?.[1];
  if (missing !== undefined) {
    return {
      kind: 'script',
      sentence: `${entryPoint} ${ended}: the module ${missing} is not in the image.`,
      fix: `Add it to a requirements.txt beside ${entryPoint}, or choose an image that has it.`,
    };
  }
  const said = findHeadline(reason) ?? findException(logTail);
  const sentence = `${entryPoint} ${ended}${said === undefined ? '' : `: ${withoutAdvice(said)}`}${said?.endsWith('.') ? '' : '.'}`;
  if (noRoom.test(reason)) return { kind: 'script', sentence, fix: raiseVolume };
  return {
    kind: 'script',
    sentence,
    fix: `Correct ${entryPoint}; its last log lines are shown with this, all of them in the step's log.`,
  };
}

/** Explains a FailureReason and the log that led to it. */
export function explainFailure(evidence: Evidence): Failure {
  for (const { matches, explain } of patterns) {
    const match = matches.exec(evidence.reason);
    // A script's own words ("AccessDenied", "docker image") are not the service's.
    if (match && (match.index === 0 || !/^AlgorithmError/i.test(evidence.reason))) return explain(evidence, match);
  }
  return {
    kind: 'aws',
    sentence: evidence.reason === '' ? 'SageMaker gave no reason.' : firstLine(evidence.reason),
    fix: 'Read the last lines of the log; the job in the AWS console may say more.',
  };
}

/** The last line that looks like an exception: `ValueError: …`, `torch.cuda.OutOfMemoryError: …`. */
function findException(lines: readonly string[]): string | undefined {
  const line = lines.findLast((text) => /^[\w.]{1,100}(?:Error|Exception|Interrupt|Exit)\b(?:: |$)/.test(text.trim()));
  return line === undefined ? undefined : shorten(line.trim());
}

/** The launcher puts the line that says most first; SageMaker's own toolkits put only a heading there. */
function findHeadline(reason: string): string | undefined {
  const line = firstLine(reason)
    .replace(/^AlgorithmError:\s*/i, '')
    .replace(/,? *exit code:? *-?\d+$/i, '')
    .trim();
  return /^$|:$|\bexit code\b/i.test(line) ? undefined : line;
}

function firstLine(text: string): string {
  return shorten(text.split('\n', 1)[0]?.trim() ?? '');
}

function shorten(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 299)}…`;
}
