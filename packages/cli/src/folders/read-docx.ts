import type { ReadText } from './block.ts';
import { SkippedFile } from './block.ts';
import { readHtmlFragment } from './read-html.ts';

/** A file that is larger when it is unpacked is no text. */
const maximumUnpacked = 64 * 1024 * 1024;

/**
 * The headings, text and tables of a DOCX file; lines are counted in paragraphs. Needs mammoth.
 *
 * @throws SkippedFile where it is not installed, and for a file that is much larger than it seems
 */
export async function readDocx(bytes: Uint8Array): Promise<ReadText> {
  if (unpackedSize(Buffer.from(bytes)) > maximumUnpacked) {
    throw new SkippedFile('larger than 64 MiB when unpacked');
  }
  const { default: mammoth } = await import('mammoth').catch(() => {
    throw new SkippedFile('DOCX: mammoth is not installed');
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

/** As the directory of the archive has it; one that lies is ended by the time that it takes. */
function unpackedSize(archive: Buffer): number {
  let size = 0;
  const entry = Buffer.from('PK\x01\x02');
  for (let i = archive.indexOf(entry); i >= 0; i = archive.indexOf(entry, i + 4)) {
    if (i + 28 <= archive.length) size += archive.readUInt32LE(i + 24);
  }
  return size;
}
