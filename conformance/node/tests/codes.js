'use strict';

// Codes: card/code/get, consume, mark, unavailable, update, deposit, getdepositcount, checkcode and decrypt, and
// card/user/getcardlist.

const assert = require('node:assert/strict');
const cards = require('../support/cards');
const { claim } = require('../support/server');
const { each, claimable, held, refused, holds, plain } = require('../support/suite');

/** A code that no holder ever got. */
const NOBODYS = '000000000000';

const custom = () => cards.coupon('GIFT', { use_custom_code: true });

/** A card that gives out codes the merchant puts in. */
const depositable = () => {
  const mode = { use_custom_code: true, get_custom_code_mode: 'GET_CUSTOM_CODE_MODE_DEPOSIT' };
  return cards.coupon('GIFT', { ...mode, sku: { quantity: 0 } });
};

each('code', 'card/code/get', 'a fresh code names its card, its holder and its window', async (library) => {
  const { cardId, openid, code } = await held(library);
  const reply = await library.code(code, cardId);
  const { begin_timestamp: begin, end_timestamp: end } = cards.window();
  assert.equal(reply.openid, openid);
  holds(reply.card, { card_id: cardId, begin_time: begin, end_time: end });
});

each('code', 'card/code/get', 'an unknown code is 40056', (library) =>
  refused(40056, library.code(NOBODYS)));

each('consume', 'card/code/consume', 'a code is consumed once and names the card and the holder', async (library) => {
  const { cardId, openid, code } = await held(library);
  assert.deepEqual(plain(await library.consume(code)), { cardId, openid });
  await refused(40099, library.consume(code));
});

each('consume', 'card/code/consume', 'a code the merchant chose is found only with its card', async (library) => {
  const cardId = await claimable(library, custom());
  const [code, openid] = [cards.newCode(), cards.newOpenid()];
  await claim(openid, cardId, { code });
  await refused(40056, library.consume(code));
  assert.deepEqual(plain(await library.consume(code, cardId)), { cardId, openid });
});

each('retire', 'card/code/unavailable', 'a code out of use cannot be consumed', async (library) => {
  const { cardId, code } = await held(library);
  await library.retire(code, cardId);
  await refused(40127, library.consume(code, cardId));
  await refused(40056, library.retire(NOBODYS));
});

each('rename', 'card/code/update', 'a code gets another text and the old one is gone', async (library) => {
  const cardId = await claimable(library, custom());
  const [code, fresh, openid] = [cards.newCode(), cards.newCode(), cards.newOpenid()];
  await claim(openid, cardId, { code });
  await library.rename(code, cardId, fresh);
  await refused(40056, library.consume(code, cardId));
  assert.deepEqual(plain(await library.consume(fresh, cardId)), { cardId, openid });
});

each('renameWrongly', 'card/code/update', 'newcode for new_code is 41011 and changes nothing', async (library) => {
  const cardId = await claimable(library, custom());
  const code = cards.newCode();
  await claim(cards.newOpenid(), cardId, { code });
  await refused(41011, library.renameWrongly(code, cardId, cards.newCode()));
  holds((await library.code(code, cardId)).card, { code });
});

each('decrypt', 'card/code/decrypt', 'a text that is no code of this app is 40075', (library) =>
  refused(40075, library.decrypt('XXIzTtMqCxwOaawoE91+VJdsFmv7b8g0VZIZkqf4GWA60Fzpc8ksZ/5ZZ0DVkXdE')));

each('cardsOf', 'card/user/getcardlist', 'a holder has what was claimed and not yet used', async (library) => {
  const { cardId, openid, code } = await held(library);
  const other = await claimable(library);
  const second = await claim(openid, other);
  const both = [{ card_id: cardId, code }, { card_id: other, code: second }];
  const listed = plain(await library.cardsOf(openid));
  assert.deepEqual(listed.map(({ card_id, code }) => ({ card_id, code: String(code) })), both);
  assert.equal((await library.cardsOf(openid, other)).length, 1);
  await library.consume(code, cardId);
  assert.equal((await library.cardsOf(openid)).length, 1);
});

each('deposit', 'card/code/deposit', 'codes put in are given out, and are put in once', async (library) => {
  const cardId = await claimable(library, depositable());
  const codes = [cards.newCode(), cards.newCode()];
  const reply = await library.deposit(cardId, codes.slice(0, 1));
  assert.deepEqual([reply.succ_code, reply.duplicate_code, reply.fail_code], [codes.slice(0, 1), [], []]);
  const again = await library.deposit(cardId, codes);
  assert.deepEqual([again.succ_code, again.duplicate_code], [codes.slice(1), codes.slice(0, 1)]);
  await library.stock(cardId, 2);
  assert.ok(codes.includes(await claim(cards.newOpenid(), cardId)));
});

each('deposit deposited', 'card/code/getdepositcount', 'codes put in are counted', async (library) => {
  const cardId = await claimable(library, depositable());
  assert.equal(await library.deposited(cardId), 0);
  await library.deposit(cardId, [cards.newCode(), cards.newCode()]);
  assert.equal(await library.deposited(cardId), 2);
  await refused(40073, library.deposited(cards.unknownCard()));
});

each('deposit checkCodes', 'card/code/checkcode', 'imported codes are distinguished from others', async (library) => {
  const cardId = await claimable(library, depositable());
  const [known, unknown] = [cards.newCode(), cards.newCode()];
  await library.deposit(cardId, [known]);
  const reply = await library.checkCodes(cardId, [unknown, known]);
  assert.deepEqual([reply.exist_code, reply.not_exist_code], [[known], [unknown]]);
});

each('mark consume', 'card/code/mark', 'a code kept for another is not consumed', async (library) => {
  const { cardId, code } = await held(library);
  const other = cards.newOpenid();
  await library.mark(cardId, code, other, true);
  await refused(40146, library.consume(code, cardId));
  await library.mark(cardId, code, other, false);
  await library.consume(code, cardId);
});
