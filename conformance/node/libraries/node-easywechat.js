'use strict';

// node-easywechat, pointed at the server under test by `http.baseURL`. Its third version has no methods for cards; its
// users post to the paths of WeChat's manual through the client that carries the token, and so do we.

const { CacheInterface, OfficialAccount } = require('node-easywechat');
const { APPID, BASE_URL, SECRET } = require('../support/server');
const { refusing, Refusal } = require('../support/refusal');

/** Keeps tokens in memory; the library's own cache writes files into the folder it is run in. */
class Memory extends CacheInterface {
  values = new Map();

  async get(key) {
    return this.values.get(key);
  }

  async set(key, value) {
    this.values.set(key, value);
    return true;
  }
}

/** An application of the library; `more` is laid over its configuration. */
function connect(more = {}) {
  const config = { app_id: APPID, secret: SECRET, http: { baseURL: BASE_URL + '/' }, ...more };
  return new OfficialAccount(config).setCache(new Memory());
}

const app = connect();

/** A call, and its reply if it is a success. */
async function post(path, body) {
  const reply = (await app.getClient().postJson(path, body)).toObject();
  if (reply.errcode) {
    throw new Refusal(reply.errcode, reply.errmsg);
  }
  return reply;
}

const methods = {
  create: async ({ type, section }) => {
    const card = { card_type: type, [type.toLowerCase()]: section };
    return (await post('card/create', { card })).card_id;
  },
  get: async (cardId) => {
    const { card } = await post('card/get', { card_id: cardId });
    return { type: card.card_type, section: card[card.card_type.toLowerCase()] };
  },
  list: (offset, count, statuses) => post('card/batchget', { offset, count, status_list: statuses }),
  update: (cardId, type, section) => post('card/update', { card_id: cardId, [type.toLowerCase()]: section }),
  stock: (cardId, number) => {
    const field = number < 0 ? 'reduce_stock_value' : 'increase_stock_value';
    return post('card/modifystock', { card_id: cardId, [field]: Math.abs(number) });
  },
  remove: (cardId) => post('card/delete', { card_id: cardId }),
  code: (code, cardId) => post('card/code/get', { code, card_id: cardId }),
  consume: async (code, cardId) => {
    const { card, openid } = await post('card/code/consume', { code, card_id: cardId });
    return { cardId: card.card_id, openid };
  },
  retire: (code, cardId) => post('card/code/unavailable', { code, card_id: cardId }),
  rename: (code, cardId, newCode) => post('card/code/update', { code, card_id: cardId, new_code: newCode }),
  decrypt: (text) => post('card/code/decrypt', { encrypt_code: text }),
  cardsOf: async (openid, cardId) => (await post('card/user/getcardlist', { openid, card_id: cardId })).card_list,
  activate: (info) => post('card/membercard/activate', info),
  member: (cardId, code) => post('card/membercard/userinfo/get', { card_id: cardId, code }),
  updateMember: (info) => post('card/membercard/updateuser', info),
  setForm: (form) => post('card/membercard/activateuserform/set', form),
  formUrl: async (cardId, channel) =>
    (await post('card/membercard/activate/geturl', { card_id: cardId, outer_str: channel })).url,
  answers: async (ticket) =>
    (await post('card/membercard/activatetempinfo/get', { activate_ticket: ticket })).info,
  seat: {
    MOVIE_TICKET: (info) => post('card/movieticket/updateuser', info),
    MEETING_TICKET: (info) => post('card/meetingticket/updateuser', info),
    BOARDING_PASS: (info) => post('card/boardingpass/checkin', info),
  },
  mark: (cardId, code, openid, on) => post('card/code/mark', { card_id: cardId, code, openid, is_mark: on }),
  payCell: (cardId, open) => post('card/paycell/set', { card_id: cardId, is_open: open }),
  selfConsumeCell: (cardId, open) => post('card/selfconsumecell/set', { card_id: cardId, is_open: open }),
  whitelist: (openids) => post('card/testwhitelist/set', { openid: openids, username: [] }),
  landingPage: (page) => post('card/landingpage/create', page),
  html: async (cardId) => (await post('card/mpnews/gethtml', { card_id: cardId })).content,
};

module.exports = {
  name: 'node-easywechat',
  connect,
  ...refusing(methods, (error) => [error.code, error.message]),
};
