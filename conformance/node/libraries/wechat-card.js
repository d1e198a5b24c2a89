'use strict';

// wechat-card, pointed at the server under test by the table of addresses in its `libs/config`. It has one account for
// the whole process, posts JSON as a form, and hands out parts of replies instead of replies.

const { promisify } = require('node:util');
const library = require('wechat-card');
const { api: addresses } = require('wechat-card/libs/config');
const { APPID, BASE_URL, SECRET } = require('../support/server');
const { refusing } = require('../support/refusal');

for (const [name, address] of Object.entries(addresses)) {
  addresses[name] = address.replace(/^https:\/\/(api|mp)\.weixin\.qq\.com/, BASE_URL);
}
library.setConfig({ appId: APPID, appSecret: SECRET });

const call = (part, method, ...args) => promisify(library[part][method])(...args);

const split = (section) => {
  const { base_info: info, ...special } = section;
  return { base_info: info, special_info: special };
};

const methods = {
  create: ({ type, section }) => call('card', 'createCard', { card_type: type, ...split(section) }),
  get: async (cardId) => {
    const card = await call('card', 'getCardDetail', cardId);
    return { type: card.card_type, section: { base_info: card.base_info, ...card.special_info } };
  },
  // The type of the card is asked for by the library itself.
  update: (cardId, _type, section) => call('card', 'modifyCard', { card_id: cardId, ...split(section) }),
  stock: (cardId, number) => call('card', 'modifyCardStock', cardId, number),
  remove: (cardId) => call('card', 'deleteCard', cardId),
  ids: (offset, count) => call('card', 'getCardIdList', offset, count),
  colors: () => call('basic', 'getColorList'),
  code: async (code) => {
    const { openid, ...card } = await call('code', 'getCodeDetail', code);
    return { openid, card };
  },
  consume: async (code, ...cardId) => {
    const { card_id: id, openid } = await call('code', 'consumeCode', code, ...cardId.filter(Boolean));
    return { cardId: id, openid };
  },
  retire: (code) => call('code', 'setCodeExpire', code),
  rename: (code, cardId, newCode) => call('code', 'modifyCode', code, cardId, newCode),
  decrypt: (text) => call('code', 'codeDecrypt', text),
  qrcode: (cardId) => call('card', 'createCardQRCode', cardId, { expire_seconds: 1800, outer_id: 3 }),
  whitelist: (openids) => call('basic', 'setWhiteListWithOpenId', openids),
  ticket: (type) => call('basic', type === 'wx_card' ? 'getApiTicket' : 'getJsApiTicket'),
};

/** The library's other calls of the card API, each with what it least wants. */
const others = {
  batchAddShops: () => call('shop', 'batchAddShops', [{}]),
  batchGetShops: () => call('shop', 'batchGetShops', 0, 1),
  modifyLuckMoneyBalance: () => call('code', 'modifyLuckMoneyBalance', '0', 1),
};

const read = (error) => [error.code, error.msg];

module.exports = {
  name: 'wechat-card',
  token: () => call('basic', 'getAccessToken'),
  sign: (values) => library.basic.getSignatureSync(values),
  others: refusing(others, read),
  ...refusing(methods, read),
};
