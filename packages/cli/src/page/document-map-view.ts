import type { DocumentMap, MapPoint, MapResponse } from '../server/api-types.ts';
import { drawing, element } from './dom.ts';
import { count, inGroups, percent } from './format.ts';

const width = 720;
const height = 440;
const margin = 16;
/** Groups that have a colour of their own. */
const mostColors = 6;

/** Files along the two directions in which they differ most, with how much that shows. */
export function mapView(
  { map, reason }: MapResponse,
  onFile: (point: MapPoint) => void,
): HTMLElement {
  const title = element('h2', { text: 'Map of the files' });
  if (!map) return element('div', { class: 'card' }, title, element('p', { text: reason ?? '' }));
  const groups = groupsOf(map.points);
  const label = element('p', { class: 'map-label', 'aria-hidden': 'true' });
  const svg = drawing(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      class: 'map',
      role: 'img',
      'aria-label': `${count(map.points.length, 'file')} as points, along their two leading principal components. The table of sources below has them all.`,
    },
    ...dots(map.points, groups, onFile, (text) => {
      label.textContent = text;
    }),
  );
  const legend = element(
    'ul',
    { class: 'legend' },
    ...groups.map((name, i) => element('li', {}, element('i', { class: `group-${i}` }), name)),
  );
  return element(
    'div',
    { class: 'card wide-card' },
    title,
    element('p', { class: 'hint', text: honesty(map) }),
    groups.length > 1 && legend,
    element('div', { class: 'map-frame' }, svg, label),
  );
}

/** Rings the files that answered last. */
export function ringFiles(within: HTMLElement, keys: ReadonlySet<string>): void {
  for (const dot of within.querySelectorAll('circle')) {
    dot.classList.toggle('found', keys.has(dot.getAttribute('data-key') ?? ''));
  }
}

function honesty({
  files,
  points,
  variance,
  neighboursKept,
  neighboursByChance,
}: DocumentMap): string {
  const some =
    points.length < files ? ` ${inGroups(points.length)} of ${inGroups(files)} files.` : '';
  return `The two directions in which files differ most (principal components of the means of their passages) show ${percent(variance, 0)} of the variance. Of the ten files nearest to a file, ${percent(neighboursKept, 0)} are also among the ten nearest here; by chance it would be ${percent(neighboursByChance, 0)}. It shows themes, not distances.${some}`;
}

/** The folders in which most files are, and the rest. */
function groupsOf(points: readonly MapPoint[]): string[] {
  const counts = new Map<string, number>();
  for (const point of points) counts.set(groupOf(point), (counts.get(groupOf(point)) ?? 0) + 1);
  const names = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  return names.length > mostColors ? [...names.slice(0, mostColors), 'other'] : names;
}

function groupOf({ folder, source }: MapPoint): string {
  const [first, ...rest] = source.split('/');
  return rest.length > 0 ? `${folder}/${first}` : folder;
}

function dots(
  points: readonly MapPoint[],
  groups: readonly string[],
  onFile: (point: MapPoint) => void,
  onHover: (text: string) => void,
): SVGCircleElement[] {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const range = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;
  const [[left, right], [low, high]] = [range(xs), range(ys)];
  // One scale for both, so that distances are what they are.
  const scale = Math.min(
    (width - 2 * margin) / (right - left || 1),
    (height - 2 * margin) / (high - low || 1),
  );
  // Small ones above large ones, so that none is hidden.
  return points
    .toSorted((a, b) => b.passages - a.passages)
    .map((point) => {
      const group = groups.indexOf(groupOf(point));
      const dot = drawing('circle', {
        cx: (width + scale * (2 * point.x - left - right)) / 2,
        cy: (height - scale * (2 * point.y - low - high)) / 2,
        r: Math.min(9, 2.5 + Math.sqrt(point.passages)),
        class: `group-${group < 0 ? groups.length - 1 : group}`,
        'data-key': `${point.folder}/${point.source}`,
      });
      dot.addEventListener('pointerenter', () =>
        onHover(`${point.source}: ${count(point.passages, 'passage')}`),
      );
      dot.addEventListener('click', () => onFile(point));
      return dot;
    });
}
