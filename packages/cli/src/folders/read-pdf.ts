import type { Block, ReadText } from './block.ts';
import { SkippedFile } from './block.ts';

/**
 * The text of a PDF file, page by page; lines are counted in pages. Needs unpdf.
 *
 * @throws SkippedFile where it is not installed
 */
export async function readPdf(bytes: Uint8Array): Promise<ReadText> {
  const { extractText, getDocumentProxy, getMeta } = await import('unpdf').catch(() => {
    throw new SkippedFile('PDF: unpdf is not installed');
  });
  const document = await getDocumentProxy(bytes, { verbosity: 0 });
  try {
    const { text: pages } = await extractText(document, { mergePages: false });
    const { info } = await getMeta(document);
    const blocks = pages.map((text, i): Block => {
      return { kind: 'text', lines: text.split('\n').map((line) => ({ text: line, line: i + 1 })) };
    });
    const { Title: title } = info;
    return { title: typeof title === 'string' && title.trim() !== '' ? title : undefined, blocks };
  } finally {
    await document.loadingTask.destroy();
  }
}
