'use strict';

// Tokens and tickets: how each library gets them, when it gets new ones, and what it signs with them.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { promisify } = require('node:util');
const cards = require('../support/cards');
const { one, each, holds } = require('../support/suite');
const { SECRET } = require('../support/server');
const api = require('../libraries/wechat-api');
const co = require('../libraries/co-wechat-api');
const card = require('../libraries/wechat-card');
const easy = require('../libraries/node-easywechat');

const sha1 = (text) => createHash('sha1').update(text).digest('hex');
const inTwoHours = () => Date.now() + 7190 * 1000;

// wechat-api

one(api, 'cgi-bin/token', 'a token is kept for two hours less ten seconds', async () => {
  const client = api.connect();
  await promisify(client.getColors).call(client);
  assert.ok(Math.abs(client.store.expireTime - inTwoHours()) < 5000);
});

one(api, 'cgi-bin/token', 'an expired token is replaced before a call', async () => {
  const client = api.connect();
  client.store = { accessToken: 'over', expireTime: Date.now() - 1 };
  assert.equal((await promisify(client.getColors).call(client)).errcode, 0);
  assert.notEqual(client.store.accessToken, 'over');
});

one(api, 'cgi-bin/token', 'a wrong secret is 40125', async () => {
  const client = api.connect('not-' + SECRET);
  await assert.rejects(promisify(client.getColors).call(client), { code: 40125 });
});

one(api, 'ticket/getticket', 'card_ext is signed with the ticket of cards', async () => {
  const client = api.connect();
  const wanted = { card_id: cards.unknownCard(), code: '1434008071', openid: cards.newOpenid() };
  const ext = await promisify(client.getCardExt).call(client, wanted);
  const { ticket } = client.ticketStore.wx_card;
  assert.equal(ext.signature, sha1([ticket, ext.timestamp, ...Object.values(wanted)].sort().join('')));
});

// co-wechat-api

one(co, 'cgi-bin/token', 'a token the server does not know is replaced and the call repeated', async () => {
  const client = new co.Client();
  // Made like a token, but not signed.
  const { accessToken } = await client.getAccessToken();
  const forged = accessToken.slice(0, -4) + (accessToken.endsWith('AAAA') ? 'BBBB' : 'AAAA');
  client.store = { accessToken: forged, expireTime: inTwoHours() };
  client.paths = [];
  assert.equal((await client.getColors()).errcode, 0);
  assert.deepEqual(client.paths, ['/card/getcolors', '/cgi-bin/token', '/card/getcolors']);
});

one(co, 'cgi-bin/token', 'a wrong secret is 40125 and is not tried again', async () => {
  const client = new co.Client('not-' + SECRET);
  await assert.rejects(client.getColors(), { code: 40125 });
  assert.deepEqual(client.paths, ['/cgi-bin/token']);
});

one(co, 'card/get', 'a refusal of the card is not taken for one of the token', async () => {
  const client = new co.Client();
  await assert.rejects(client.getCard(cards.unknownCard()), { code: 40073 });
  assert.deepEqual(client.paths, ['/cgi-bin/token', '/card/get']);
});

one(co, 'ticket/getticket', 'pages are configured with the ticket of pages', async () => {
  const client = new co.Client();
  const url = 'https://example.com/shelf?page=2';
  const config = await client.getJsConfig({ debug: false, jsApiList: ['addCard'], url });
  const { ticket } = client.ticketStore.jsapi;
  const text = `jsapi_ticket=${ticket}&noncestr=${config.nonceStr}&timestamp=${config.timestamp}&url=${url}`;
  assert.equal(config.signature, sha1(text));
});

one(co, 'ticket/getticket', 'card_ext is signed with the ticket of cards', async () => {
  const client = new co.Client();
  const wanted = { card_id: cards.unknownCard(), code: '', openid: '' };
  const ext = await client.getCardExt(wanted);
  const { ticket } = client.ticketStore.wx_card;
  assert.equal(ext.signature, sha1([ticket, ext.timestamp, wanted.card_id].sort().join('')));
});

// wechat-card

one(card, 'cgi-bin/token', 'a token is had by an empty post and kept', async () => {
  const token = await card.token();
  assert.ok(token.length > 0 && token.length <= 512);
  assert.equal(await card.token(), token);
});

one(card, 'signature', "the sample of WeChat's manual is signed as there", () => {
  const values = ['1434008071', '1404896688', 'pjZ8Yt1XGILfi-FUsewpnnolGgZk', 'ojZ8YtyVyr30HheH3CM73y7h4jJE', '123'];
  assert.equal(card.sign(values), 'f137ab68b7f8112d20ee528ab6074564e2796250');
});

// node-easywechat

one(easy, 'cgi-bin/stable_token', 'the stable token is the same for two programs', async () => {
  const [first, second] = [1, 2].map(() => easy.connect({ use_stable_access_token: true }).getAccessToken());
  assert.equal(await first.refresh(), await second.refresh());
});

one(easy, 'cgi-bin/token', 'a wrong secret is no token', () =>
  assert.rejects(easy.connect({ secret: 'not-' + SECRET }).getAccessToken().refresh(), /40125/));

one(easy, 'ticket/getticket', 'pages are configured with the ticket of pages', async () => {
  const ticket = easy.connect().getTicket();
  const config = await ticket.configSignature('https://example.com/shelf', 'nonce', 1404896688);
  const rest = 'noncestr=nonce&timestamp=1404896688&url=https://example.com/shelf';
  const text = `jsapi_ticket=${await ticket.getTicket()}&${rest}`;
  holds(config, { signature: sha1(text), nonceStr: 'nonce' });
});

one(easy, 'ticket/getticket', "the sample of WeChat's manual is signed as there", () => {
  const ticket = 'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg';
  const page = 'http://mp.weixin.qq.com?params=value';
  const signature = easy.connect().getTicket().getTicketSignature(ticket, 'Wm3WZYTPz0wzccnW', 1414587457, page);
  assert.equal(signature, '0f9de62fce790f9a083d5c99e95740ceb90c27ed');
});

// All that can

each('ticket', 'ticket/getticket', 'a ticket stays the same and the two kinds differ', async (library) => {
  const first = await library.ticket('wx_card');
  assert.match(first, /^[A-Za-z0-9_-]{20,512}$/);
  assert.equal(await library.ticket('wx_card'), first);
  assert.notEqual(await library.ticket('jsapi'), first);
});
