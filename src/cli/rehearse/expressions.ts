import { Evaluator, Lexer, Parser } from '@actions/expressions';
import { BooleanData } from '@actions/expressions/data/boolean';
import { Dictionary } from '@actions/expressions/data/dictionary';
import type { ExpressionData } from '@actions/expressions/data/expressiondata';
import { replacer } from '@actions/expressions/data/replacer';
import { reviver } from '@actions/expressions/data/reviver';
import { StringData } from '@actions/expressions/data/string';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import { truthy } from '@actions/expressions/result';
import { ensureStatusFunction } from '@actions/workflow-parser/model/converter/if-condition';
import { DefinitionInfo } from '@actions/workflow-parser/templates/schema/definition-info';
import { getWorkflowSchema } from '@actions/workflow-parser/workflows/workflow-schema';

/** What an expression may see: contexts by name, and how the job or step stands for `success()` and its sisters. */
export interface Scope {
  readonly contexts: Readonly<Record<string, unknown>>;
  readonly status: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** SHA-256 over the workspace's files that match; empty when none does. */
  readonly hashFiles?: (patterns: readonly string[]) => string;
}

/** An `if` as YAML gives it. */
export type Condition = string | number | boolean | null | undefined;

const contextNames = [
  'github',
  'env',
  'vars',
  'secrets',
  'needs',
  'strategy',
  'matrix',
  'steps',
  'job',
  'jobs',
  'runner',
  'inputs',
];

/** `${{ … }}` with GitHub's strings, in which a quote is doubled and braces mean nothing. */
const expressionPattern = /\$\{\{((?:'(?:[^']|'')*'|[^'])*?)\}\}/g;

/** Evaluates every expression inside a text and joins the parts as GitHub does. */
export function evaluateText(template: string, scope: Scope): string {
  return template.replaceAll(expressionPattern, (_, source: string) => evaluate(source, scope).coerceString());
}

/** Evaluates the expressions of a value of the workflow; a text that is one expression keeps the type of its result. */
export function evaluateValue(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') {
    const [only, ...more] = [...value.trim().matchAll(expressionPattern)];
    if (only?.[1] !== undefined && more.length === 0 && only[0] === value.trim()) return toPlain(evaluate(only[1], scope));
    return evaluateText(value, scope);
  }
  if (Array.isArray(value)) return value.map((item) => evaluateValue(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [evaluateText(key, scope), evaluateValue(item, scope)]));
}

/** An `if`: with or without braces, and with `success() &&` in front unless it asks for the status itself. */
export function evaluateCondition(condition: Condition, scope: Scope): boolean {
  return truthy(
    evaluate(ensureStatusFunction(conditionSource(condition), new DefinitionInfo(getWorkflowSchema(), 'step-if')), scope),
  );
}

/** A `post-if` of an action: as it stands, without `success() &&`. */
export function evaluatePostCondition(condition: string | undefined, scope: Scope): boolean {
  return truthy(evaluate(condition ?? 'always()', scope));
}

function conditionSource(condition: Condition): string {
  const text = String(condition ?? '').trim();
  const [only] = [...text.matchAll(expressionPattern)];
  if (only?.[0] === text && only[1] !== undefined) return only[1];
  // Text beside an expression makes a string, which is true when it is not empty: GitHub's best known trap, kept as it is.
  if (only) return `'${text.replaceAll("'", "''")}'`;
  return text === '' ? 'success()' : text;
}

const zeroArguments = { minArgs: 0, maxArgs: 0 };
const statusFunctions = ['success', 'failure', 'cancelled', 'always'].map((name) => ({ name, minArgs: 0, maxArgs: 0 }));
const functionInfos = [...statusFunctions, { name: 'hashFiles', minArgs: 1, maxArgs: 255 }];

function evaluate(source: string, scope: Scope): ExpressionData {
  const tokens = new Lexer(source.trim()).lex().tokens;
  const tree = new Parser(tokens, contextNames, functionInfos).parse();
  return new Evaluator(tree, toDictionary(scope.contexts), functionsOf(scope)).evaluate();
}

function functionsOf(scope: Scope): Map<string, FunctionDefinition> {
  const answers: Record<string, boolean> = {
    success: scope.status === 'success',
    failure: scope.status === 'failure',
    cancelled: scope.status === 'cancelled',
    always: true,
  };
  const functions = new Map<string, FunctionDefinition>();
  for (const [name, answer] of Object.entries(answers))
    functions.set(name, { name, ...zeroArguments, call: () => new BooleanData(answer) });
  functions.set('hashfiles', {
    name: 'hashFiles',
    minArgs: 1,
    maxArgs: 255,
    call: (...patterns) => new StringData(scope.hashFiles?.(patterns.map((pattern) => pattern.coerceString())) ?? ''),
  });
  return functions;
}

function toDictionary(contexts: Readonly<Record<string, unknown>>): Dictionary {
  const dictionary = new Dictionary();
  for (const [name, value] of Object.entries(contexts)) dictionary.add(name, toData(value));
  return dictionary;
}

function toData(value: unknown): ExpressionData {
  const data: ExpressionData = JSON.parse(JSON.stringify(value ?? null), reviver);
  return data;
}

function toPlain(data: ExpressionData): unknown {
  const value: unknown = JSON.parse(JSON.stringify(data, replacer));
  return value;
}
