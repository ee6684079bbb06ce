import { expect, it } from 'vitest';
import type { FolderLibrary } from '../library/folder-library.ts';
import { captureOutput } from '../terminal/capture-output.suite.ts';
import { printLibrary } from './search-folder.ts';

const output = captureOutput();

const library = {
  files: 1,
  passages: 2,
  filesRead: 0,
  filesRemoved: 0,
  indexFolder: '/index',
  skipped: [
    { path: 'a.pdf', reason: 'PDF: unpdf is not installed' },
    { path: 'b\u001b[31m\n.txt', reason: 'binary' },
    { path: 'c.pdf', reason: 'PDF: unpdf is not installed' },
    { path: 'd.docx', reason: 'DOCX: mammoth is not installed' },
  ],
} as unknown as FolderLibrary;

it('counts what was left out in a line, and says how to read it', () => {
  printLibrary('notes', library);
  expect(output.complained.split('\n')).toEqual([
    'notes: 2 passages of 1 file (nothing changed)',
    'skipped: 2 PDF: unpdf is not installed, 1 binary, 1 DOCX: mammoth is not installed',
    'To read these, too: npm install --global bitryoshka unpdf mammoth',
    'index: /index',
    '',
  ]);
});

it('lists it when told to', () => {
  printLibrary('notes', library, { verbose: true });
  expect(output.complained).toMatch(/\nskipped: b \.txt: binary\n/);
  expect(output.complained).toMatch(/\nskipped: c\.pdf: PDF: unpdf is not installed\n/);
});
