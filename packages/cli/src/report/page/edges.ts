/** Marks the sides on which a box that scrolls has more than it shows. */
export function showEdges(frame: HTMLElement): void {
  const box = frame.querySelector<HTMLElement>('.box')!;
  const mark = () => {
    const after = box.scrollWidth - box.clientWidth - box.scrollLeft;
    frame.classList.toggle('more-before', box.scrollLeft > 1);
    frame.classList.toggle('more-after', after > 1);
  };
  box.addEventListener('scroll', mark, { passive: true });
  const resized = new ResizeObserver(mark);
  resized.observe(box);
  for (const content of box.children) resized.observe(content);
}
