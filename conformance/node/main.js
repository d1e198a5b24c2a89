'use strict';

// Runs the tests of all npm libraries. The TAP comes from Node's own reporter, which `cargo xtask conformance` asks
// for. The environment says what to drive; ../README.md lists the variables.

const fs = require('node:fs');
const path = require('node:path');

// The server under test is never behind a proxy, and two of the libraries would ask the environment for one.
for (const name of Object.keys(process.env)) {
  if (/^(https?|all)_proxy$/i.test(name)) {
    delete process.env[name];
  }
}

const suite = require('./support/suite');
const tests = path.join(__dirname, 'tests');
for (const file of fs.readdirSync(tests).sort()) {
  require(path.join(tests, file));
}
if (!suite.any()) {
  // Node's reporter has no plan for no tests.
  console.log('1..0');
}
