// Prints the installed packages as JSON: of the folder given, or, started by Yarn, of the Plug'n'Play map.
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { findPnpApi } = require('node:module');
const { join, basename, dirname } = require('node:path');

const scripts = ['preinstall', 'install', 'postinstall'];
const found = new Map();

function note(folder) {
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    // A package for another system is in Yarn's map and not on this disk.
    return false;
  }
  if (!manifest.name || !manifest.version) return false;
  const own = scripts.filter((name) => manifest.scripts?.[name]);
  const compiles = own.length === 0 && existsSync(join(folder, 'binding.gyp'));
  found.set(`${manifest.name}@${manifest.version}`, compiles ? ['node-gyp'] : own);
  return true;
}

function walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    const scoped = basename(folder).startsWith('@') && basename(dirname(folder)) === 'node_modules';
    const isPackage = (scoped || basename(folder) === 'node_modules') && note(path);
    if (!isPackage) walk(path);
    // What a package carries in other folders was not installed but is a part of it.
    else if (existsSync(join(path, 'node_modules'))) walk(join(path, 'node_modules'));
  }
}

const pnp = findPnpApi?.(__filename);
if (pnp) {
  const root = pnp.getPackageInformation(pnp.topLevel).packageLocation;
  for (const locator of pnp.getAllLocators()) {
    const { packageLocation } = pnp.getPackageInformation(locator);
    if (packageLocation !== root) note(packageLocation);
  }
} else if (existsSync(process.argv[2])) {
  walk(process.argv[2]);
}

console.log(JSON.stringify([...found].map(([id, own]) => ({ id, scripts: own }))));
