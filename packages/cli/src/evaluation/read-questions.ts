import { BitryoshkaError } from '@bitryoshka/core';
import { readBytes } from '@bitryoshka/core/node';
import type { Node } from 'jsonc-parser';
import { getNodeValue, parseTree } from 'jsonc-parser';
import { decodeText } from '../folders/decode-text.ts';

/** Where an answer stands, as its reader wrote it. */
export interface ExpectedPlace {
  /** Relative to the folder, with forward slashes. */
  readonly file: string;
  /** From 1. */
  readonly line?: number | undefined;
  /** A part of the answer. */
  readonly text?: string | undefined;
}

/** A question and where its answer is. */
export interface AskedQuestion extends ExpectedPlace {
  readonly question: string;
  /** The line of the file of questions, from 1. */
  readonly at: number;
}

const mostBytes = 64 * 1024 * 1024;
/** `guide.md:12` or `guide.md:12-20`, as a search prints places. */
const place = /^(.*?)(?::(\d+)(?:-\d+)?)?$/s;

/**
 * Questions and where their answers are: JSON lines or a JSON array of `{ question, file, line?, text? }`, or two
 * columns between tabs, the question and `file` or `file:line`.
 *
 * @throws BitryoshkaError `file-not-found`, `invalid-file` with the line that is wrong, `empty-input`
 */
export async function readQuestions(file: string): Promise<AskedQuestion[]> {
  const text = decodeText(await readBytes(file, mostBytes));
  if (text === undefined) throw invalid(file, 'got bytes that are no text');
  const questions = parse(file, text);
  if (questions.length > 0) return questions;
  throw new BitryoshkaError({
    code: 'empty-input',
    message: `${file}: got no question, expected one a line at least.`,
    remedy: 'Write { "question": "…", "file": "…", "line": 12 } a line.',
  });
}

function parse(file: string, text: string): AskedQuestion[] {
  const start = text.trimStart()[0];
  if (start === '[') return fromArray(file, text);
  const lines = text.split(/\r?\n/).map((line, i) => ({ line, at: i + 1 }));
  const filled = lines.filter(({ line }) => line.trim() !== '');
  if (start === '{') {
    return filled.map(({ line, at }) => toQuestion(`${file}:${at}`, parseLine(line), at));
  }
  const [first, ...rest] = filled;
  const isHead = first !== undefined && /^question\t/i.test(first.line);
  return (isHead ? rest : filled).map(({ line, at }) => fromColumns(`${file}:${at}`, line, at));
}

function fromArray(file: string, text: string): AskedQuestion[] {
  const errors: { readonly offset: number }[] = [];
  const tree = parseTree(text, errors as never[], { disallowComments: true });
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  const [wrong] = errors;
  if (wrong || !tree?.children) {
    throw invalid(`${file}:${lineOf(wrong?.offset ?? 0)}`, 'got text that is not JSON');
  }
  return tree.children.map((node: Node) => {
    const at = lineOf(node.offset);
    return toQuestion(`${file}:${at}`, getNodeValue(node) as unknown, at);
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function toQuestion(name: string, value: unknown, at: number): AskedQuestion {
  const { question, file, line, text } = Object(value) as Record<string, unknown>;
  if (!isFilled(question) || !isFilled(file)) {
    throw invalid(name, 'got a line without "question" and "file"');
  }
  if (line !== undefined && !(Number.isSafeInteger(line) && (line as number) > 0)) {
    throw invalid(name, `got the line ${JSON.stringify(line)}, no whole number from 1 up`);
  }
  if (text !== undefined && !isFilled(text)) throw invalid(name, 'got a "text" that is none');
  return { question, ...toPlace(file), line: line as number | undefined, text, at };
}

function fromColumns(name: string, line: string, at: number): AskedQuestion {
  const [question, where, ...more] = line.split('\t').map((part) => part.trim());
  if (!isFilled(question) || !isFilled(where) || more.length > 0) {
    throw invalid(name, 'got something else than a question, a tab and a file');
  }
  const [, file = where, number] = place.exec(where) ?? [];
  return { question, ...toPlace(file), line: number ? Number(number) : undefined, at };
}

function toPlace(file: string): { readonly file: string } {
  return { file: file.replaceAll('\\', '/').replace(/^(\.\/)+/, '') };
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function invalid(name: string, got: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${name}: ${got}, expected a question and where its answer is.`,
    remedy:
      'Write { "question": "…", "file": "guide.md", "line": 12 } a line, or a question, a tab and guide.md:12.',
  });
}
