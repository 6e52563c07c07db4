export interface Objective {
  readonly goal: 'minimize' | 'maximize';
  readonly metric: string;
}

const lower = /(^|[^a-z])(loss|error|err|rmse|mse|mae|mape|perplexity|wer|cer)([^a-z]|$)/i;
const higher = /(^|[^a-z])(accuracy|acc|auc|f1|precision|recall|r2|bleu|rouge|map|ndcg|iou|dice)([^a-z]|$)/i;

/** Which way is better: as the spec's objective says, else by the words of the name; undefined when neither tells. */
export function findDirection(metric: string, objective?: Objective): 'lower' | 'higher' | undefined {
  if (objective?.metric === metric) return objective.goal === 'minimize' ? 'lower' : 'higher';
  if (lower.test(metric)) return 'lower';
  return higher.test(metric) ? 'higher' : undefined;
}

/** The metric a verdict rests on: the objective's, else a held-out accuracy, else a held-out loss, else the first that has a direction. */
export function findPrimaryMetric(names: readonly string[], objective?: Objective): string | undefined {
  if (objective && names.includes(objective.metric)) return objective.metric;
  const judged = names.filter((name) => findDirection(name, objective));
  const heldOut = judged.filter((name) => /test|val|eval/i.test(name));
  return heldOut.find((name) => higher.test(name)) ?? heldOut[0] ?? judged[0];
}
