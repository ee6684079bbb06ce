/** A call that a program has made, as `fixtures/record-writes.c` records it. */
export type RecordedCall =
  | {
      readonly kind: 'open';
      readonly descriptor: number;
      readonly path: string;
      readonly truncates: boolean;
    }
  | { readonly kind: 'close' | 'sync'; readonly descriptor: number }
  | {
      readonly kind: 'write';
      readonly descriptor: number;
      readonly offset: number;
      readonly bytes: Buffer;
    }
  | { readonly kind: 'truncate'; readonly descriptor: number; readonly size: number }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string };

const headBytes = 24;

/** The calls of a record of a little-endian machine, in their order. */
export function* recordedCalls(record: Buffer): Generator<RecordedCall> {
  for (let at = 0; at < record.length; ) {
    const kind = record.readUInt32LE(at);
    const descriptor = record.readInt32LE(at + 4);
    const number = Number(record.readBigUInt64LE(at + 8));
    const end = at + headBytes + Number(record.readBigUInt64LE(at + 16));
    const bytes = record.subarray(at + headBytes, end);
    at = end;
    if (kind === 1)
      yield { kind: 'open', descriptor, path: bytes.toString(), truncates: number === 1 };
    else if (kind === 2) yield { kind: 'close', descriptor };
    else if (kind === 3) yield { kind: 'write', descriptor, offset: number, bytes };
    else if (kind === 4) yield { kind: 'truncate', descriptor, size: number };
    else if (kind === 5) yield { kind: 'sync', descriptor };
    else if (kind === 6) yield { kind: 'unlink', path: bytes.toString() };
    else if (kind === 7) {
      const [from = '', to = ''] = bytes.toString().split('\0');
      yield { kind: 'rename', from, to };
    } else throw new Error(`got a call of kind ${kind}`);
  }
}

/**
 * How many of so many changes, the first ones, have reached a place of the disk: a sector, the size of a file, or what a
 * name stands for. Each place is written as memory has it at some moment, so later changes of it come with earlier ones.
 */
type ReachedChanges = (changes: number) => number;

/** What may be lost of changes that were not synced, by name. */
export const losses: Readonly<Record<string, (random: () => number) => ReachedChanges>> = {
  /** As after the end of a process. */
  nothing: () => (changes) => changes,
  everything: () => () => 0,
  'the last ones': (random) => {
    const share = random();
    return (changes) => Math.floor(share * (changes + 1));
  },
  'some of them': (random) => {
    const share = random();
    return (changes) => (random() < share ? changes : Math.floor(random() * (changes + 1)));
  },
  'few of them': (random) => (changes) => (random() < 0.03 ? 0 : changes),
  'most of them': (random) => (changes) => (random() < 0.03 ? changes : 0),
};

const bytesPerSector = 512;

type FileChange = { readonly offset: number; readonly bytes: Buffer } | { readonly size: number };

/** A file on the disk, and what was changed since it was synced. */
class DiskFile {
  /** Zeros behind `size`. */
  #synced: Buffer = Buffer.alloc(0);
  #size = 0;
  #changes: FileChange[] = [];

  change(change: FileChange): void {
    this.#changes.push(change);
  }

  sync(): void {
    const synced = this.#after((changes) => changes, true);
    this.#synced = synced.bytes;
    this.#size = synced.size;
    this.#changes = [];
  }

  contents(reached: ReachedChanges): Buffer {
    const { bytes, size } = this.#after(reached, false);
    return bytes.subarray(0, size);
  }

  #after(
    reached: ReachedChanges,
    inPlace: boolean,
  ): { readonly bytes: Buffer; readonly size: number } {
    const changes = this.#changes;
    const ends = changes.map((change) =>
      'size' in change ? change.size : change.offset + change.bytes.length,
    );
    const room = Math.max(this.#size, ...ends);
    let bytes = this.#synced;
    if (!inPlace || room > bytes.length) {
      bytes = Buffer.alloc(inPlace ? 2 * room : room);
      this.#synced.copy(bytes, 0, 0, this.#size);
    }
    const sectors = new Map<number, number>();
    const isReached = (change: number, sector: number) => {
      let count = sectors.get(sector);
      if (count === undefined) {
        count = reached(changes.length);
        sectors.set(sector, count);
      }
      return change < count;
    };
    const ofSize = reached(changes.length);
    let [size, reachedSize] = [this.#size, this.#size];
    for (const [i, change] of changes.entries()) {
      // A file that is made shorter is zeros from there on when it grows again.
      const [from, end] =
        'size' in change
          ? [change.size, size]
          : [change.offset, change.offset + change.bytes.length];
      for (let at = from; at < end; ) {
        const sector = Math.floor(at / bytesPerSector);
        const next = Math.min(end, (sector + 1) * bytesPerSector);
        if (isReached(i, sector)) {
          if ('size' in change) bytes.fill(0, at, next);
          else change.bytes.copy(bytes, at, at - from, next - from);
        }
        at = next;
      }
      size = 'size' in change ? change.size : Math.max(size, end);
      if (i < ofSize) reachedSize = size;
    }
    // What has reached the disk behind the end of the file is not of it.
    if (inPlace) bytes.fill(0, reachedSize, room);
    return { bytes, size: reachedSize };
  }
}

interface NameChange {
  readonly path: string;
  /** Undefined where the name is gone. */
  readonly file: DiskFile | undefined;
}

/** What a disk holds of a folder whose files a program changes: all that was synced, and of the rest anything. */
export class RecordedDisk {
  readonly #folder: string;
  readonly #files: Map<number, DiskFile> = new Map();
  readonly #folders: Set<number> = new Set();
  /** As the program sees them. */
  readonly #names: Map<string, DiskFile> = new Map();
  readonly #syncedNames: Map<string, DiskFile> = new Map();
  #nameChanges: NameChange[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  apply(call: RecordedCall): void {
    if (call.kind === 'open') this.#open(call.descriptor, call.path, call.truncates);
    else if (call.kind === 'unlink') this.#rename(call.path, undefined);
    else if (call.kind === 'rename') {
      const file = this.#names.get(call.from);
      this.#rename(call.from, undefined);
      this.#rename(call.to, file);
    } else if (call.kind === 'close') {
      this.#files.delete(call.descriptor);
      this.#folders.delete(call.descriptor);
    } else if (call.kind === 'sync' && this.#folders.has(call.descriptor)) this.#syncNames();
    else {
      const file = this.#files.get(call.descriptor);
      if (!file) throw new Error(`got ${call.kind} of a file that is not open`);
      if (call.kind === 'write' || call.kind === 'truncate') file.change(call);
      else file.sync();
    }
  }

  /** Files by their paths, as they may be when power is lost now. */
  afterLoss(reached: ReachedChanges): Map<string, Buffer> {
    const changes = new Map<string, NameChange[]>();
    for (const change of this.#nameChanges) {
      changes.set(change.path, [...(changes.get(change.path) ?? []), change]);
    }
    const names = new Map(this.#syncedNames);
    for (const ofName of changes.values()) {
      const last = ofName[reached(ofName.length) - 1];
      if (last) setName(names, last);
    }
    return new Map(Array.from(names, ([path, file]) => [path, file.contents(reached)]));
  }

  #open(descriptor: number, path: string, truncates: boolean): void {
    if (path === this.#folder) {
      this.#folders.add(descriptor);
      return;
    }
    const known = this.#names.get(path);
    const file = known ?? new DiskFile();
    if (!known) this.#rename(path, file);
    if (truncates) file.change({ size: 0 });
    this.#files.set(descriptor, file);
  }

  #rename(path: string, file: DiskFile | undefined): void {
    const change = { path, file };
    setName(this.#names, change);
    this.#nameChanges.push(change);
  }

  #syncNames(): void {
    for (const change of this.#nameChanges) setName(this.#syncedNames, change);
    this.#nameChanges = [];
  }
}

function setName(names: Map<string, DiskFile>, { path, file }: NameChange): void {
  if (file) names.set(path, file);
  else names.delete(path);
}
