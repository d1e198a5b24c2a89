'use strict';

// datacube: the reports on cards that the libraries have methods for, or get one by their own means. No day passes
// while a suite runs, so this is about shape and dates; what is counted is tested in Rust.

const assert = require('node:assert/strict');
const cards = require('../support/cards');
const { each, refused } = require('../support/suite');

each('reports', 'datacube', 'a report is a list and nothing else', async (library) => {
  for (const reply of await library.reports(cards.day(-62), cards.day(-1))) {
    assert.deepEqual(Object.keys(reply), ['list']);
    assert.ok(Array.isArray(reply.list));
  }
});

each('reports', 'datacube', 'today is not in a report', (library) =>
  refused(61501, library.reports(cards.day(-1), cards.day(0))));

each('detail', 'datacube', 'the report on one member card is of a card that is there', async (library) => {
  const cardId = await library.create(cards.memberCard());
  assert.deepEqual((await library.detail(cardId, cards.day(-3), cards.day(-1))).list, []);
  await refused(41012, library.detail(undefined, cards.day(-3), cards.day(-1)));
});
