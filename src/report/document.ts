import type { Scale } from '../training/search/scale.ts';

/**
 * A report as data: what it says, not how it looks. Strings are plain text that may come from anywhere; only the renderers
 * write markup, so escaping happens in one place for Markdown and in one for HTML.
 */
export type Inline =
  | string
  | { readonly strong: string }
  | { readonly code: string }
  | { readonly link: string; readonly href: string }
  | { readonly lineBreak: true };

export type Text = readonly Inline[];

export const lineBreak = { lineBreak: true } as const;

export interface Table {
  readonly kind: 'table';
  readonly header: readonly string[];
  readonly align?: readonly ('left' | 'right')[];
  readonly rows: readonly (readonly Text[])[];
}

export interface Code {
  readonly kind: 'code';
  readonly lines: readonly string[];
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Text[];
}

/** Lines over seconds since each run's training began; values are per cent. */
export interface Chart {
  readonly kind: 'chart';
  readonly title: string;
  readonly endSeconds: number;
  readonly lines: readonly {
    readonly name: string;
    readonly values: readonly (number | undefined)[];
    readonly seconds: number;
  }[];
}

/** One hyperparameter against the objective, one point a trial. Whoever writes one chooses ends that hold every point. */
export interface Scatter {
  readonly kind: 'scatter';
  readonly title: string;
  readonly x: NumberAxis | CategoryAxis;
  readonly y: NumberAxis;
  readonly goal: 'minimize' | 'maximize';
  readonly points: readonly ScatterPoint[];
}

export interface NumberAxis {
  readonly name: string;
  readonly scale: Scale;
  readonly min: number;
  readonly max: number;
}

export interface CategoryAxis {
  readonly name: string;
  readonly categories: readonly string[];
}

export interface ScatterPoint {
  readonly name: string;
  /** A value, or the index of a category. */
  readonly x: number;
  readonly y: number;
  /** `open`: the value is not the trial's result, because it ended early or has not ended. */
  readonly mark: 'plain' | 'best' | 'open';
}

/** What may stand below a fold. */
export type Body = Table | Code | List | Chart | Scatter;

/** `weight`: blocks of low weight are shortened first when a comment is too long; blocks without one are never dropped. */
export type Block = (
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: Text }
  | List
  | Table
  | Chart
  | Scatter
  | { readonly kind: 'details'; readonly summary: string; readonly body: Body; readonly open?: boolean }
) & { readonly weight?: number };
