import { styleText } from 'node:util';

type Style = (text: string) => string;

/** What stands out in what is printed. */
export interface Styles {
  readonly place: Style;
  readonly aside: Style;
  readonly match: Style;
}

const plain: Style = (text) => text;

/** Those of a stream: of a terminal that has colours, where nobody has set `NO_COLOR`; plain for any other. */
export function stylesOf(stream: NodeJS.WriteStream): Styles {
  if (!stream.isTTY || process.env.NO_COLOR || !stream.hasColors()) {
    return { place: plain, aside: plain, match: plain };
  }
  return {
    place: (text) => styleText(['bold', 'cyan'], text),
    aside: (text) => styleText('dim', text),
    match: (text) => styleText(['bold', 'yellow'], text),
  };
}
