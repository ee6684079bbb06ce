import { expect, it, vi } from 'vitest';
import { readDocx } from './read-docx.ts';
import { readPdf } from './read-pdf.ts';

vi.mock('unpdf', () => {
  throw new Error('Cannot find package');
});
vi.mock('mammoth', () => {
  throw new Error('Cannot find package');
});

it('says which library a file needs', async () => {
  await expect(readPdf(new Uint8Array(9))).rejects.toThrow('PDF: unpdf is not installed');
  await expect(readDocx(new Uint8Array(9))).rejects.toThrow('DOCX: mammoth is not installed');
});
