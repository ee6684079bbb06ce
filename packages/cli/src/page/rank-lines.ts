import { headsOf } from './answer-list.ts';
import { drawing } from './dom.ts';

/** Lines between two columns, from each answer to where the other column has it. */
export class RankLines {
  readonly drawing: SVGSVGElement = drawing('svg', { class: 'rank-lines', 'aria-hidden': 'true' });
  readonly #left: HTMLElement;
  readonly #right: HTMLElement;
  #places: readonly (number | null)[] = [];

  constructor(left: HTMLElement, right: HTMLElement) {
    this.#left = left;
    this.#right = right;
    // Answers open and close, and text wraps in other places.
    const observer = new ResizeObserver(() => this.draw(this.#places));
    observer.observe(left);
    observer.observe(right);
  }

  /** @param places of the answers on the right among those on the left, counted from 1 */
  draw(places: readonly (number | null)[]): void {
    this.#places = places;
    const { width, top } = this.drawing.getBoundingClientRect();
    if (width === 0) return;
    const middles = (list: HTMLElement) =>
      headsOf(list).map((head) => {
        const box = head.getBoundingClientRect();
        return (box.top + box.bottom) / 2 - top;
      });
    const [from, to] = [middles(this.#left), middles(this.#right)];
    const lines = places.flatMap((place, i) => {
      const [start, end] = [place === null ? undefined : from[place - 1], to[i]];
      if (start === undefined || end === undefined) return [];
      const bend = width / 2;
      return [
        drawing('path', {
          d: `M0 ${start} C${bend} ${start} ${bend} ${end} ${width} ${end}`,
          class: place === i + 1 ? 'same' : 'moved',
        }),
      ];
    });
    this.drawing.replaceChildren(...lines);
  }
}
