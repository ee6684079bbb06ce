import type { Argument, Command, Option } from 'commander';

export type Shell = 'bash' | 'zsh' | 'fish';

/** What can be typed in a place: one of some words, a folder, a file, or what no shell knows. */
type Value = readonly string[] | 'folder' | 'file' | 'text';

interface CompletedOption {
  readonly name: string;
  readonly description: string;
  /** Undefined for one that takes none. */
  readonly value: Value | undefined;
}

interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** In their order; a repeated one is the last. */
  readonly values: readonly Value[];
  readonly isLastRepeated: boolean;
}

/** A script by which a shell completes the commands of a program, their options, and the paths that they take. */
export function completionScript(program: Command, shell: Shell): string {
  const name = program.name();
  const commands = program.commands.map(describe);
  const lines = { bash: bashLines, zsh: zshLines, fish: fishLines }[shell](name, commands);
  return `${lines.join('\n')}\n`;
}

function describe(command: Command): CompletedCommand {
  const { registeredArguments: values } = command;
  return {
    name: command.name(),
    description: command.summary() || command.description(),
    options: command.options.map((option) => ({
      name: option.long ?? option.short ?? '',
      description: option.description,
      value: option.required || option.optional ? valueAt(option) : undefined,
    })),
    values: values.map(valueAt),
    isLastRepeated: values.at(-1)?.variadic ?? false,
  };
}

/** By its choices, or by what it is called in help. */
function valueAt(place: Option | Argument): Value {
  if (place.argChoices) return place.argChoices;
  const name = 'flags' in place ? (/[<[](.*)[>\]]/.exec(place.flags)?.[1] ?? '') : place.name();
  if (/folder$|^folder or/.test(name)) return 'folder';
  return /^(?:file|path|source|other)$/.test(name) ? 'file' : 'text';
}

function bashLines(name: string, commands: readonly CompletedCommand[]): string[] {
  const words = (list: readonly string[]) => `compgen -W $'${list.join('\\n')}' -- "$cur"`;
  const reply = (value: Value) => {
    if (value === 'text') return ':';
    const generate =
      value === 'folder' ? 'compgen -d -- "$cur"' : value === 'file' ? 'compgen -f -- "$cur"' : '';
    return `COMPREPLY=($(${generate || words(value as readonly string[])}))`;
  };
  return [
    `_${name}() {`,
    `  local IFS=$'\\n' cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"`,
    '  COMPREPLY=()',
    '  if [[ $COMP_CWORD -eq 1 ]]; then',
    `    COMPREPLY=($(${words(commands.map((command) => command.name))}))`,
    '    return',
    '  fi',
    `  case "\${COMP_WORDS[1]} $prev" in`,
    ...commands.flatMap((command) =>
      command.options.flatMap(({ name: option, value }) =>
        value === undefined ? [] : [`    '${command.name} ${option}') ${reply(value)}; return ;;`],
      ),
    ),
    '  esac',
    `  case "\${COMP_WORDS[1]}" in`,
    ...commands.flatMap((command) => [
      `    ${command.name})`,
      `      if [[ $cur == -* ]]; then COMPREPLY=($(${words(command.options.map((option) => option.name))}))`,
      `      else ${reply(command.values[0] ?? 'text')}; fi ;;`,
    ]),
    '  esac',
    '}',
    `complete -o filenames -F _${name} ${name}`,
  ];
}

function zshLines(name: string, commands: readonly CompletedCommand[]): string[] {
  const action = (value: Value) => {
    if (value === 'text') return ' ';
    return value === 'folder' ? '_files -/' : value === 'file' ? '_files' : `(${value.join(' ')})`;
  };
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = (text: string) => text.replace(/[\\:[\]]/g, '\\$&');
  return [
    `#compdef ${name}`,
    `_${name}() {`,
    '  local -a commands=(',
    ...commands.map(
      ({ name: command, description }) => `    ${quote(`${command}:${escaped(description)}`)}`,
    ),
    '  )',
    '  if (( CURRENT == 2 )); then',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  shift words; (( CURRENT-- ))',
    '  case $words[1] in',
    ...commands.flatMap(({ name: command, options, values, isLastRepeated }) => [
      `    ${command}) _arguments \\`,
      ...options.map(({ name: option, description, value }) => {
        const taken = value === undefined ? '' : `:value:${action(value)}`;
        return `      ${quote(`${option}[${escaped(description)}]${taken}`)} \\`;
      }),
      ...values.map((value, i) => {
        const place = isLastRepeated && i === values.length - 1 ? '*' : String(i + 1);
        return `      ${quote(`${place}:argument:${action(value)}`)} \\`;
      }),
      '      ;;',
    ]),
    '  esac',
    '}',
    // It is sourced, or found by the name of its file.
    `if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi`,
  ];
}

function fishLines(name: string, commands: readonly CompletedCommand[]): string[] {
  const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const given = (value: Value) => {
    if (value === 'text') return '-x';
    if (value === 'file') return '-r -F';
    return `-x -a ${quote(value === 'folder' ? '(__fish_complete_directories)' : value.join(' '))}`;
  };
  const complete = (rest: string) => `complete -c ${name} ${rest}`;
  return [
    complete('-f'),
    ...commands.flatMap(({ name: command, description, options, values }) => {
      const seen = `-n ${quote(`__fish_seen_subcommand_from ${command}`)}`;
      const [first = 'text'] = values;
      return [
        complete(`-n __fish_use_subcommand -a ${command} -d ${quote(description)}`),
        ...(first === 'text' ? [] : [complete(`${seen} ${given(first).replace(/^-[xr] /, '')}`)]),
        ...options.map((option) => {
          const taken = option.value === undefined ? '' : ` ${given(option.value)}`;
          const long = option.name.replace(/^--/, '');
          return complete(`${seen} -l ${long}${taken} -d ${quote(option.description)}`);
        }),
      ];
    }),
  ];
}
