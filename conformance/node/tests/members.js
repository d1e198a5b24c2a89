'use strict';

// Members: card/membercard/activate, userinfo/get and updateuser.

const assert = require('node:assert/strict');
const cards = require('../support/cards');
const { each, held, refused, holds } = require('../support/suite');

/** A member whose card is activated with 100 points. */
async function member(library) {
  const { cardId, openid, code } = await held(library, cards.memberCard());
  const start = { init_bonus: 100, init_bonus_record: '入会' };
  await library.activate({ membership_number: 'N0001', code, card_id: cardId, ...start });
  return { cardId, openid, code };
}

each('activate', 'card/membercard/activate', 'a claimed member card is activated', async (library) => {
  await member(library);
  const { code } = await held(library, cards.memberCard());
  await refused(41011, library.activate({ code }));
  await refused(40056, library.activate({ membership_number: 'N0002', code: '000000000000' }));
});

each('activate updateMember', 'card/membercard/updateuser', 'points are added and set', async (library) => {
  const { cardId, openid, code } = await member(library);
  const added = await library.updateMember({ code, card_id: cardId, add_bonus: 30, record_bonus: '消费三十元' });
  holds(added, { result_bonus: 130, openid });
  const set = await library.updateMember({ code, card_id: cardId, bonus: '3000', add_bonus: '30' });
  holds(set, { result_bonus: 3000 });
});

each('activate updateMember', 'card/membercard/updateuser', 'points below zero are 45022', async (library) => {
  const { cardId, code } = await member(library);
  await refused(45022, library.updateMember({ code, card_id: cardId, add_bonus: -101 }));
});

each('activate member', 'card/membercard/userinfo/get', 'a member is known by number and points', async (library) => {
  const { cardId, openid, code } = await member(library);
  const reply = await library.member(cardId, code);
  holds(reply, { openid, membership_number: 'N0001', bonus: 100, user_card_status: 'NORMAL', has_active: true });
  assert.ok(Array.isArray(reply.user_info.common_field_list));
});
