import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RecursiveCharacterTextSplitter } from '@langchain/textsplitters';
import { NodeHtmlMarkdown } from 'node-html-markdown';
import type { FoundFile } from './collect-files.ts';
import { splitIntoSections } from './split-into-sections.ts';

/** A piece of a file, short enough to be embedded and read. */
export interface Passage {
  /** The headings above it, from the outermost to the innermost; empty where there are none. */
  readonly headings: readonly string[];
  readonly text: string;
}

/** Characters: about the 256 tokens that sentence encoders read. */
const chunkSize = 1000;
const chunkOverlap = 100;

/**
 * The passages of a file, or the reason why it has none.
 */
export async function readPassages(folder: string, file: FoundFile): Promise<Passage[] | string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(resolve(folder, file.path));
  } catch {
    return 'unreadable';
  }
  const text = decodeText(bytes);
  return text === undefined ? 'binary' : splitText(text, file.kind);
}

/** Passages of a text of this kind, in the order of the text. */
export async function splitText(text: string, kind: FoundFile['kind']): Promise<Passage[]> {
  const markdown =
    kind === 'markdown' ? text : kind === 'html' ? NodeHtmlMarkdown.translate(text) : undefined;
  const sections = markdown === undefined ? [{ headings: [], text }] : splitIntoSections(markdown);
  const splitter = createSplitter(markdown === undefined ? kind : 'markdown');
  const passages: Passage[] = [];
  for (const { headings, text: section } of sections) {
    for (const chunk of await splitter.splitText(section)) {
      // Rules, badges and other passages without a word have nothing to be found by.
      if (/\p{L}{2}/u.test(chunk)) passages.push({ headings, text: chunk });
    }
  }
  return passages;
}

function createSplitter(kind: FoundFile['kind']): RecursiveCharacterTextSplitter {
  const sizes = { chunkSize, chunkOverlap };
  return kind === 'text'
    ? new RecursiveCharacterTextSplitter(sizes)
    : RecursiveCharacterTextSplitter.fromLanguage(kind, sizes);
}

/** Undefined when the bytes are not UTF-8 text. */
function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
