// Loaded into every Node process of an install: notes which install scripts are run. All package
// managers name the script and the package in the environment, few of them print it.
const { appendFileSync } = require('node:fs');

const { npm_lifecycle_event: event, npm_package_name: name, INSTALL_SCRIPT_LOG: log } = process.env;
if (log && name && /^(pre|post)?install$/.test(event ?? '')) {
  appendFileSync(log, `${name} ${event}\n`);
}
