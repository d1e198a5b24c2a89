'use strict';

// Handing cards out: card/qrcode/create and the picture, landing pages, articles, the white list of testers.

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

each('landingPage', 'card/landingpage/create', 'a page of cards has an address', async (library) => {
  const list = [{ card_id: await claimable(library), thumb_url: 'https://mmbiz.qpic.cn/mmbiz/a/0' }];
  const banner = 'https://mmbiz.qpic.cn/mmbiz/b/0';
  const page = { banner, page_title: '秋日书单', can_share: true, scene: 'SCENE_H5', card_list: list };
  const reply = await library.landingPage(page);
  assert.match(reply.url, /^https?:\/\//);
  assert.ok(Number.isInteger(reply.page_id));
  await refused(40129, library.landingPage({ ...page, scene: 'SCENE_NOWHERE' }));
});

each('html', 'card/mpnews/gethtml', 'an article gets an iframe that names the card', async (library) => {
  const cardId = await claimable(library);
  const html = await library.html(cardId);
  assert.match(html, /<iframe[^>]*>.*<\/iframe>/s);
  assert.ok(html.includes(cardId));
  await refused(40073, library.html(cards.unknownCard()));
});

each('whitelist', 'card/testwhitelist/set', 'testers are named, ten at most', async (library) => {
  const openids = Array.from({ length: 11 }, cards.newOpenid);
  const reply = await library.whitelist(openids.slice(0, 2));
  // wechat-card keeps the reply to itself.
  if (reply) {
    holds(reply, { white_list_size: 2, success_openid: openids.slice(0, 2), success_username: [] });
  }
  await refused(45019, library.whitelist(openids));
  await library.whitelist([]);
});
