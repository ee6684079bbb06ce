// Puts the files of model/ into one module, model/bundled-model.cjs: a module is found by Node, bundlers,
// Jest and browsers alike, where the place of a file is not. CommonJS, because both formats can import it.
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';

const folder = new URL('../model/', import.meta.url);
const target = new URL('bundled-model.cjs', folder);
const textFiles = ['config.json', 'tokenizer.json'];
const binaryFiles = ['model.safetensors', 'quantizer.safetensors'];
const files = [...textFiles, ...binaryFiles];

if (!isUpToDate()) write();

function write() {
  const contents = Object.fromEntries(
    files.map((file) => [file, readFileSync(new URL(file, folder))]),
  );
  const pick = (names, form) =>
    Object.fromEntries(names.map((file) => [file, contents[file].toString(form)]));
  const parts = {
    texts: pick(textFiles, 'utf8'),
    binaries: pick(binaryFiles, 'base64'),
    hashes: Object.fromEntries(
      files.map((file) => [file, createHash('sha256').update(contents[file]).digest('hex')]),
    ),
  };
  writeFileSync(target, `module.exports = ${JSON.stringify(parts)};\n`);
}

function isUpToDate() {
  const written = modified(target);
  const sources = [import.meta.url, ...files.map((file) => new URL(file, folder))];
  return sources.every((source) => modified(new URL(source)) < written);
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
