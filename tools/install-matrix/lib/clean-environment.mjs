/** This process's environment without what a package manager that started it has put there. */
export function cleanEnvironment(home) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|pnpm_|yarn_|xdg_|node_options$|init_cwd$|vitest|jest)/i.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    USERPROFILE: home,
    // A user's settings are empty, and so are the machine's.
    NPM_CONFIG_GLOBALCONFIG: `${home}/none`,
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
    FORCE_COLOR: '0',
    NO_COLOR: '1',
  };
}
