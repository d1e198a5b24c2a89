'use strict';

// co-wechat-api, pointed at the server under test by a subclass: WeChat's host is written into every method, and all
// of them go through `request`.

const API = require('co-wechat-api');
const { APPID, BASE_URL, SECRET } = require('../support/server');
const { refusing } = require('../support/refusal');

/** A merchant's client of the app under test. */
class Client extends API {
  constructor(secret = SECRET) {
    super(APPID, secret);
    this.mpPrefix = BASE_URL + '/cgi-bin/';
    this.paths = [];
  }

  request(url, options, retry) {
    const there = url.replace('https://api.weixin.qq.com', BASE_URL);
    this.paths.push(new URL(there).pathname);
    return super.request(there, options, retry);
  }
}

const api = new Client();

const methods = {
  create: async ({ type, section }) =>
    (await api.createCard({ card_type: type, [type.toLowerCase()]: section })).card_id,
  get: async (cardId) => {
    const { card } = await api.getCard(cardId);
    return { type: card.card_type, section: card[card.card_type.toLowerCase()] };
  },
  list: (offset, count, statuses) => api.getCards(offset, count, statuses),
  // The library updates member cards only.
  updateMemberCard: (cardId, section) => api.updateCard(cardId, section),
  stock: (cardId, number) => api.updateCardStock(cardId, number),
  remove: (cardId) => api.deleteCard(cardId),
  colors: async () => (await api.getColors()).colors,
  code: (code, cardId) => api.getCode(code, cardId),
  consume: async (code, cardId) => {
    const { card, openid } = await api.consumeCode(code, cardId);
    return { cardId: card.card_id, openid };
  },
  retire: (code, cardId) => api.unavailableCode(code, cardId),
  renameWrongly: (code, cardId, newCode) => api.updateCode(code, cardId, newCode),
  decrypt: (text) => api.decryptCode(text),
  cardsOf: async (openid, cardId) => (await api.getCardList(openid, cardId)).card_list,
  activate: (info) => api.activateMembercard(info),
  updateMember: (info) => api.updateMembercard(info),
  upload: (path, type) => api.uploadMedia(path, type),
  download: (mediaId) => api.getMedia(mediaId),
  qrcode: async (cardId) => api.showQRCodeURL((await api.createQRCode({ card_id: cardId })).ticket),
  whitelist: (openids) => api.setTestWhitelist({ openid: openids }),
  setForm: (form) => api.activateUserForm(form),
  formUrl: async (cardId, channel) => (await api.getActivateMembercardUrl({ card_id: cardId, outer_str: channel })).url,
  answers: async (ticket) => (await api.getActivateTempinfo(ticket)).info,
  seat: {
    MOVIE_TICKET: (info) => api.updateMovieTicket(info),
    MEETING_TICKET: (info) => api.updateMeetingTicket(info),
    BOARDING_PASS: (info) => api.checkInBoardingPass(info),
  },
  addStore: async (info) => (await api.addPoi(info)).poi_id,
  store: async (poiId) => (await api.getPoi(poiId)).business.base_info,
  stores: (begin, limit) => api.getPois(begin, limit),
  updateStore: (info) => api.updatePoi(info),
  removeStore: (poiId) => api.delPoi(poiId),
  ticket: async (type) => (await api.getTicket(type)).ticket,
};

/** The library's other calls of the card API, each with what it least wants. */
const others = {
  addLocations: () => api.addLocations([]),
  getLocations: () => api.getLocations(0, 1),
  updateLuckyMonkeyBalance: () => api.updateLuckyMonkeyBalance('0', '0', 1),
};

const read = (error) => [error.code, error.message];

module.exports = {
  name: 'co-wechat-api',
  Client,
  others: refusing(others, read),
  ...refusing(methods, read),
};
