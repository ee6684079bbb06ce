import type { ReadText } from './block.ts';
import { SkippedFile } from './block.ts';
import { readHtmlFragment } from './read-html.ts';

/**
 * The headings, text and tables of a DOCX file; lines are counted in paragraphs. Needs mammoth.
 *
 * @throws SkippedFile where it is not installed
 */
export async function readDocx(bytes: Uint8Array): Promise<ReadText> {
  const { default: mammoth } = await import('mammoth').catch(() => {
    throw new SkippedFile('DOCX, mammoth is not installed');
  });
  const { value } = await mammoth.convertToHtml(
    { buffer: Buffer.from(bytes) },
    {
      externalFileAccess: false,
      convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
    },
  );
  const html = value.replace(/<\/(?:p|h[1-6]|li|tr)>/g, '$&\n');
  return { blocks: readHtmlFragment(html, 1) };
}
