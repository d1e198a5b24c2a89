'use strict';

// How tests are written: a test is written once and runs on every library that has the methods it needs, so that its
// name says which library, which call, and what is promised.

const assert = require('node:assert/strict');
const test = require('node:test');
const { Refusal } = require('./refusal');
const { claim } = require('./server');
const cards = require('./cards');

const LIBRARIES = ['wechat-api', 'co-wechat-api', 'wechat-card', 'node-easywechat'].map((name) =>
  require('../libraries/' + name),
);

/** Milliseconds for a card to pass an automatic review. */
const REVIEW = 5000;

let tests = 0;
const only = (process.env.KAQUAN_ONLY || '').toLowerCase();

/** A test of one library. */
function one(library, about, promise, run) {
  const name = `${library.name} ${about}: ${promise}`;
  if (name.toLowerCase().includes(only)) {
    tests += 1;
    test(name, { timeout: 30000 }, () => run(library));
  }
}

/** Whether there is a test to run. */
const any = () => tests > 0;

/** A test of every library that has all these methods. */
function each(needs, about, promise, run) {
  const names = needs.split(' ');
  for (const library of LIBRARIES.filter((library) => names.every((name) => name in library))) {
    one(library, about, promise, run);
  }
}

// Steps

/** A new card that has passed its review. */
async function claimable(library, card = cards.coupon()) {
  const cardId = await library.create(card);
  await reviewed(library, cardId);
  return cardId;
}

/** Waits until the card has passed its review; the server's clock cannot be seen from here, so it has to be asked. */
async function reviewed(library, cardId) {
  const until = Date.now() + REVIEW;
  while ((await info(library, cardId)).status !== 'CARD_STATUS_VERIFY_OK') {
    assert.ok(Date.now() < until, 'the card does not pass its review');
  }
}

/** A new card, a holder of it, and the holder's code. */
async function held(library, card) {
  const cardId = await claimable(library, card);
  const openid = cards.newOpenid();
  return { cardId, openid, code: await claim(openid, cardId) };
}

/** The base_info of a card. */
async function info(library, cardId) {
  return (await library.get(cardId)).section.base_info;
}

// Checks

/** The call must be refused with this errcode. */
async function refused(code, promise) {
  const outcome = await promise.then((reply) => ({ reply }), (error) => ({ error }));
  assert.ok(outcome.error, `not refused but answered ${JSON.stringify(outcome.reply)}`);
  assert.ok(outcome.error instanceof Refusal, outcome.error);
  assert.equal(outcome.error.code, code, outcome.error.message);
}

/** `got` has at least what is expected, and the same. */
function holds(got, expected) {
  const part = Object.fromEntries(Object.keys(expected).map((name) => [name, got[name]]));
  assert.deepEqual(plain(part), plain(expected));
}

/** Without prototypes, which one library leaves out and another puts in. */
const plain = (value) => JSON.parse(JSON.stringify(value));

module.exports = { any, one, each, claimable, reviewed, held, info, refused, holds, plain };
