'use strict';

// General cards and dynamic codes: card/generalcard, and card/code with the code of the moment.

const assert = require('node:assert/strict');
const cards = require('../support/cards');
const { each, held, refused } = require('../support/suite');

each('activateGeneral', 'card/generalcard', 'a balance begins, changes and is not begun again', async (library) => {
  const { openid, code } = await held(library, cards.giftCard());
  await library.activateGeneral({ code, card_number: 'N0001' });
  const changed = await library.updateGeneral({ code, balance: 2500 });
  assert.deepEqual([changed.result_balance, changed.openid], [2500, openid]);
  await library.activateGeneral({ code, card_number: 'N0002' });
  assert.equal((await library.updateGeneral({ code, record_balance: 'x' })).result_balance, 2500);
});

each('activateGeneral', 'dynamic codes', 'the code of the moment stands for the code', async (library) => {
  const { openid, code } = await held(library, cards.giftCard());
  await library.activateGeneral({ code, card_number: 'N0003' });
  const { dynamic_code: moment } = await library.dynamicCode({ openid, code });
  assert.match(moment, /^1636\d{14}$/);
  assert.equal((await library.updateGeneral({ code: moment, balance: 1 })).result_balance, 1);
  await refused(40056, library.updateGeneral({ code: '163600000000000001', balance: 1 }));
});
