/** Whether a value is an object as literals and JSON make them; true for those of other realms too. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype ||
    prototype === null ||
    Object.getPrototypeOf(prototype) === null
  );
}

export function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

/** A copy of plain objects, arrays and dates, however deep; anything else is shared. */
export function copyValue<T>(value: T, copies: Map<unknown, unknown> = new Map()): T {
  if (isDate(value)) return new Date(value) as T;
  const isArray = Array.isArray(value);
  if (!isArray && !isPlainObject(value)) return value;
  const known = copies.get(value);
  if (known !== undefined) return known as T;
  const copy: unknown[] | Record<string, unknown> = isArray ? [] : {};
  copies.set(value, copy);
  for (const [key, item] of Object.entries(value)) {
    // Unlike an assignment, this treats a key named __proto__ like any other.
    Object.defineProperty(copy, key, {
      value: copyValue(item, copies),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  if (isArray) (copy as unknown[]).length = value.length;
  return copy as T;
}

/** Whether two values consist of the same plain objects, arrays, dates and primitive values. */
export function isSameValue(
  a: unknown,
  b: unknown,
  ancestors: ReadonlySet<unknown> = new Set(),
): boolean {
  if (Object.is(a, b)) return true;
  if (isDate(a) && isDate(b)) return Object.is(a.getTime(), b.getTime());
  const comparable = Array.isArray(a) ? Array.isArray(b) : isPlainObject(a) && isPlainObject(b);
  // What contains itself could be compared for ever: only the very same object is the same then.
  if (!comparable || ancestors.has(a)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  const within = new Set([...ancestors, a]);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSameValue(left[key], right[key], within))
  );
}
