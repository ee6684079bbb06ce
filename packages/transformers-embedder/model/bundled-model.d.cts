/** Files by name, as `tools/bundle-model.mjs` has put them into bundled-model.cjs. */
interface BundledModel {
  readonly texts: Readonly<Record<string, string>>;
  /** In base64. */
  readonly binaries: Readonly<Record<string, string>>;
  /** SHA-256 in hexadecimal. */
  readonly hashes: Readonly<Record<string, string>>;
}

declare const bundledModel: BundledModel;

export = bundledModel;
