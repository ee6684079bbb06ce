/** `float32` for whole vectors, `float32-64` for their first 64 dimensions. */
export function baselineName(format: string, dimensions: number, all: number): string {
  return dimensions === all ? format : `${format}-${dimensions}`;
}
