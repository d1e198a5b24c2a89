'use strict';

// Handing cards out: card/qrcode/create and the picture.

const assert = require('node:assert/strict');
const cards = require('../support/cards');
const { each, claimable, refused, holds } = require('../support/suite');
const { BASE_URL } = require('../support/server');

each('qrcode', 'card/qrcode/create', 'the ticket leads to a picture', async (library) => {
  const address = await library.qrcode(await claimable(library));
  assert.ok(address.startsWith(BASE_URL + '/cgi-bin/showqrcode?ticket='), address);
  const reply = await fetch(address);
  assert.deepEqual([reply.status, reply.headers.get('content-type')], [200, 'image/png']);
  const picture = Buffer.from(await reply.arrayBuffer());
  assert.equal(picture.subarray(1, 4).toString(), 'PNG');
});

each('qrcode', 'card/qrcode/create', 'an unknown card is 40073', (library) =>
  refused(40073, library.qrcode(cards.unknownCard())));

each('qrcodeOf', 'card/qrcode/create', 'a life that is null is 365 days, and others are kept', async (library) => {
  const card = { card_id: await claimable(library), outer_str: 'shelf-4' };
  holds(await library.qrcodeOf({ card }), { expire_seconds: 365 * 86400 });
  holds(await library.qrcodeOf({ card }, 1800), { expire_seconds: 1800 });
});

each('qrcodeOf', 'card/qrcode/create', 'one picture may lead to several cards', async (library) => {
  const list = [{ card_id: await claimable(library) }, { card_id: await claimable(library) }];
  const reply = await library.qrcodeOf({ multiple_card: { card_list: list } });
  assert.ok(reply.ticket && reply.url && reply.show_qrcode_url);
});
