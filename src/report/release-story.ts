import { aliases, getFunctionName } from '../serving/names.ts';
import type { PromoteRecord } from '../serving/record.ts';
import type { Text } from './document.ts';
import { formatDuration, formatTime, joinWords } from './format.ts';
import { nameRelease, type ReleaseInput, type ReleaseSteps } from './release-input.ts';

/** What came of a release, as a reader must know it first. */
interface Story {
  readonly icon: string;
  /** Continues the name of the model: `digits: v1 is live`. */
  readonly headline: string;
  readonly happened: string;
  readonly live: Text;
}

const untouched: Text = ['what was live before this run; nothing of it was changed'];
const time = (iso: string) => formatTime(new Date(iso));

/** `✅ digits: v1 is live`; a rehearsal says first that it is one. */
export function writeReleaseHeadline(input: ReleaseInput, steps: ReleaseSteps): string {
  const { icon, headline } = tell(input, steps);
  const rehearsal = input.records.some((record) => record.rehearsal) ? 'Rehearsal: ' : '';
  return `${rehearsal}${icon} ${input.spec.name}: ${headline}`;
}

/** What happened, what is live now, and how long it took. */
export function writeReleaseStory(input: ReleaseInput, steps: ReleaseSteps): Text[] {
  const { happened, live } = tell(input, steps);
  const { deploy, promote } = steps;
  const took = [
    ...(deploy ? [`deploying took ${formatDuration(deploy.seconds)}`] : []),
    ...(promote ? [`promoting ${deploy ? '' : 'took '}${formatDuration(promote.seconds)}`] : []),
  ];
  return [
    [{ strong: 'What happened:' }, ` ${happened}`],
    [{ strong: 'Live now:' }, ' ', ...live, '.'],
    ...(took.length > 0 ? [[{ strong: 'Time:' }, ` ${joinWords(took)}.`]] : []),
  ];
}

function tell(input: ReleaseInput, steps: ReleaseSteps): Story {
  const name = nameRelease(input.context);
  return steps.promote ? tellPromotion(steps.promote, name) : tellCandidate(input, steps, name);
}

function tellPromotion({ outcome, release, spec }: PromoteRecord, name: string): Story {
  if (outcome.kind === 'promoted')
    return {
      icon: '✅',
      headline: `${name} is live`,
      happened: `${name} was promoted and answered its live check.`,
      live: [{ code: release }, ...describeKept(outcome.from, outcome.keepUntil)],
    };
  if (outcome.kind === 'unchanged')
    return {
      icon: '✅',
      headline: `${name} was live already`,
      happened: 'The candidate is what is live, so nothing was switched.',
      live: [{ code: release }],
    };
  if (outcome.kind === 'rolled-back')
    return {
      icon: '❌',
      headline: `${name} was rolled back`,
      happened: `${name} was made live, failed there and was taken back: ${sentence(outcome.reason)}`,
      live: outcome.to === undefined ? ['nothing; there was no release before this one'] : [{ code: outcome.to }, ', as before'],
    };
  if (outcome.kind === 'returned')
    return {
      icon: '↩️',
      headline: `back to ${outcome.to}`,
      happened: 'A return to the release before was asked for and done.',
      live: [{ code: outcome.to }, '; ', { code: outcome.from }, ' was taken back'],
    };
  if (outcome.kind === 'stuck')
    return {
      icon: '❌',
      headline: `${name} needs somebody to look`,
      happened: `The promotion of ${name} was neither verified nor taken back: ${sentence(outcome.reason)}`,
      live: [
        'not known: look at alias ',
        { code: aliases.live },
        ' of ',
        { code: getFunctionName(spec.name) },
        ' and the endpoint it calls',
      ],
    };
  return {
    icon: '❌',
    headline: `${name} was not promoted`,
    happened: `Promotion was refused: ${sentence(outcome.reason)}`,
    live: untouched,
  };
}

function tellCandidate(input: ReleaseInput, { deploy, smoke }: ReleaseSteps, name: string): Story {
  const failed = smoke.filter((record) => !record.passed);
  const outcome = deploy?.outcome;
  if (outcome?.kind === 'failed') {
    const happened = `The candidate could not be deployed: ${sentence(outcome.reason)}`;
    return { icon: '❌', headline: `${name} could not be deployed`, happened, live: untouched };
  }
  if (failed.length > 0) {
    const cases = failed.flatMap((record) => record.cases.filter((one) => !one.passed).map((one) => `“${one.name}”`));
    const where = joinWords([...new Set(failed.map((record) => record.alias))]);
    return {
      icon: '❌',
      headline: `${name} was refused by its smoke test`,
      happened: `${where} did not answer as the spec expects: ${joinWords(cases.slice(0, 5)) || 'see below'}. It was not promoted.`,
      live: untouched,
    };
  }
  if (outcome?.kind === 'unchanged') {
    const happened = 'Live is this model in this configuration already, so nothing was deployed.';
    return { icon: '✅', headline: `${name} was live already`, happened, live: deploy ? [{ code: deploy.release }] : untouched };
  }
  if (outcome?.kind === 'candidate') return tellWaiting(outcome.expiresAt, name, input, smoke.length > 0);
  const steps = joinWords(smoke.map(({ alias }) => `the smoke test of ${alias}`)) || 'its scaling';
  return { icon: 'ℹ️', headline: `no deployment in this run`, happened: `Only ${steps} was recorded.`, live: untouched };
}

/** A candidate that nobody promoted in this run; where its test is missing, a step before it failed and no approval will be asked for. */
function tellWaiting(expiresAt: string, name: string, { now, smokeCases }: ReleaseInput, tested: boolean): Story {
  const until = time(expiresAt);
  if (Date.parse(expiresAt) <= now.getTime()) {
    const happened = `Nobody promoted the candidate before it expired at ${until}. Run the workflow again to deploy it anew.`;
    return { icon: '⌛', headline: `${name} expired`, happened, live: untouched };
  }
  if (!tested && smokeCases > 0) {
    const happened = `The candidate is deployed, but this run has not called it: a step before that failed, or is still to come. Unless it is promoted, it is removed after ${until}.`;
    return { icon: '⚠️', headline: `${name} is deployed, but not tested`, happened, live: untouched };
  }
  const happened = `The candidate is deployed and waits to be approved and promoted until ${until}; then it is removed.`;
  return { icon: '⏳', headline: `${name} waits for approval`, happened, live: untouched };
}

function describeKept(from: string | undefined, keepUntil: string | undefined): Text {
  if (from === undefined) return ['; it is the first release, so there is nothing to go back to'];
  const until = keepUntil === undefined ? '' : ` until ${time(keepUntil)}`;
  return ['; ', { code: from }, `, live before, is kept for a way back${until}`];
}

/** With one full stop at its end, and bounded: reasons quote what services and models say. */
function sentence(text: string): string {
  const line = text.trim().replace(/\.+$/, '');
  return `${line.length > 500 ? `${line.slice(0, 500)}…` : line}.`;
}
