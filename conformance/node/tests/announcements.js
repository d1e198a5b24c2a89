'use strict';

// Announcements to members: card/announcement, and card/sms/geturl.

const assert = require('node:assert/strict');
const cards = require('../support/cards');
const { each, claimable, held, refused } = require('../support/suite');

const announcement = (cardId, code) => {
  const end = Math.floor(Date.now() / 1000) + 3600;
  return { card_id: cardId, code, end_time: end, text: '店庆双倍积分' };
};

async function member(library) {
  const { cardId, code } = await held(library, cards.memberCard());
  await library.activate({ membership_number: 'N0003', code, card_id: cardId });
  return { cardId, code };
}

each('announce activate', 'card/announcement/send', 'a fifth announcement in a month is 45009', async (library) => {
  const { cardId, code } = await member(library);
  for (let n = 0; n < 4; n += 1) {
    assert.ok((await library.announce(announcement(cardId, code))).create_time > 0);
  }
  await refused(45009, library.announce(announcement(cardId, code)));
});

each('announce activate', 'card/announcement/update', 'an announcement can be ended once', async (library) => {
  const { cardId, code } = await member(library);
  const { create_time: at } = await library.announce(announcement(cardId, code));
  await library.changeAnnouncement({ card_id: cardId, code, create_time: at, close: true });
  await refused(40097, library.changeAnnouncement({ card_id: cardId, code, create_time: at, close: true }));
});

each('smsUrl', 'card/sms/geturl', 'a member card has a short link', async (library) => {
  const cardId = await claimable(library, cards.memberCard());
  assert.match((await library.smsUrl({ card_id: cardId, outer_id: 3 })).url, /\/w\/s\/[\w-]{12}$/);
});
