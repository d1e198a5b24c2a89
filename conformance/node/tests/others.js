'use strict';

// The calls of the card API that a library has and the other files do not drive: tickets, shops, sub-merchants and what
// WeChat itself has given up. Whether kaquan has them or not, a program that makes one must get an answer it can read.

const assert = require('node:assert/strict');
const { each } = require('../support/suite');
const { Refusal } = require('../support/refusal');

/** What makes some library fetch a new token, or wait and repeat the call. */
const REPEATED = [-1, 40001, 40014, 42001];

each('others', 'other calls', 'each is answered, or refused with an errcode that clients do not repeat on', async (library) => {
  for (const [name, call] of Object.entries(library.others)) {
    const refusal = await call().then(() => null, (error) => error);
    if (refusal) {
      assert.ok(refusal instanceof Refusal, `${name}: ${refusal}`);
      assert.ok(!REPEATED.includes(refusal.code), `${name}: ${refusal.message}`);
    }
  }
});
