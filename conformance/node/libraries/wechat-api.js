'use strict';

// wechat-api, pointed at the server under test by its field `endpoint`. It takes callbacks, and calls the library has
// no method for are added with `API.patch`, the way its manual says.

const { promisify } = require('node:util');
const API = require('wechat-api');
const { APPID, BASE_URL, SECRET } = require('../support/server');
const { refusing } = require('../support/refusal');

API.patch('sendAnnouncement', BASE_URL + '/card/announcement/send');
API.patch('updateAnnouncement', BASE_URL + '/card/announcement/update');
API.patch('activateGeneralCard', BASE_URL + '/card/generalcard/activate');
API.patch('updateGeneralCardUser', BASE_URL + '/card/generalcard/updateuser');
API.patch('getDynamicCode', BASE_URL + '/wallet/v1/dynamic_code');
API.patch('getSmsUrl', BASE_URL + '/card/sms/geturl');
API.patch('createLandingPage', BASE_URL + '/card/landingpage/create');
API.patch('getArticleHtml', BASE_URL + '/card/mpnews/gethtml');
API.patch('getCardList', BASE_URL + '/card/user/getcardlist');
API.patch('getMemberCardInfo', BASE_URL + '/datacube/getcardmembercardinfo');
API.patch('getMemberCardDetail', BASE_URL + '/datacube/getcardmembercarddetail');

/** A client of the app, as its users make it. */
function connect(secret = SECRET) {
  const api = new API(APPID, secret);
  api.endpoint = BASE_URL;
  // The server has no other host for pictures.
  api.mpPrefix = BASE_URL + '/cgi-bin/';
  return api;
}

const api = connect();
const call = (method, ...args) => promisify(api[method]).apply(api, args);

const methods = {
  create: async ({ type, section }) =>
    (await call('createCard', { card_type: type, [type.toLowerCase()]: section })).card_id,
  get: async (cardId) => {
    const { card } = await call('getCard', cardId);
    return { type: card.card_type, section: card[card.card_type.toLowerCase()] };
  },
  list: (offset, count, statuses) => call('getCards', offset, count, ...(statuses ? [statuses] : [])),
  update: (cardId, type, section) => call('updateCard', cardId, type, section),
  stock: (cardId, number) => call('updateCardStock', cardId, number),
  remove: (cardId) => call('deleteCard', cardId),
  colors: async () => (await call('getColors')).colors,
  code: (code, ...cardId) => call('getCode', code, ...cardId),
  consume: async (code, cardId) => {
    const { card, openid } = await call('consumeCode', code, cardId);
    return { cardId: card.card_id, openid };
  },
  retire: (code, ...cardId) => call('unavailableCode', code, ...cardId),
  renameWrongly: (code, cardId, newCode) => call('updateCode', code, cardId, newCode),
  decrypt: (text) => call('decryptCode', text),
  deposit: (cardId, codes) => call('importCustomizedCodes', cardId, codes),
  deposited: async (cardId) => (await call('getDepositCodesCount', cardId)).count,
  checkCodes: (cardId, codes) => call('checkCustomizedCodes', cardId, codes),
  cardsOf: async (openid, cardId) => (await call('getCardList', { openid, card_id: cardId })).card_list,
  activate: (info) => call('activateMembercard', info),
  member: (cardId, code) => call('getMemberCardUserInfo', { card_id: cardId, code }),
  updateMember: (info) => call('updateMemberCardUserInfo', info),
  announce: (info) => call('sendAnnouncement', info),
  changeAnnouncement: (info) => call('updateAnnouncement', info),
  activateGeneral: (info) => call('activateGeneralCard', info),
  updateGeneral: (info) => call('updateGeneralCardUser', info),
  dynamicCode: (info) => call('getDynamicCode', info),
  smsUrl: (info) => call('getSmsUrl', info),
  upload: (path, type) => call('uploadMedia', path, type),
  download: (mediaId) => call('getMedia', mediaId),
  qrcode: async (cardId) => api.showQRCodeURL((await call('createQRCode', { card_id: cardId })).ticket),
  qrcodeOf: (info, seconds) => call('createCardQRCode', info, ...(seconds ? [seconds] : [])),
  whitelist: (openids) => call('setTestWhitelist', { openid: openids }),
  landingPage: (page) => call('createLandingPage', page),
  html: async (cardId) => (await call('getArticleHtml', { card_id: cardId })).content,
  reports: async (begin, end) => [
    await call('getTotalCardDataInfo', begin, end, 1),
    await call('getCardDataInfo', '', begin, end, 1),
    await call('getMemberCardInfo', { begin_date: begin, end_date: end, cond_source: 1 }),
  ],
  detail: (cardId, begin, end) => call('getMemberCardDetail', { begin_date: begin, end_date: end, card_id: cardId }),
  setForm: (form) => call('activateMembercardUserForm', form),
  seat: {
    MOVIE_TICKET: (info) => call('updateMovieTicket', info),
    MEETING_TICKET: (info) => call('updateMeetingTicket', info),
    BOARDING_PASS: (info) => call('checkInBoardingPass', info),
  },
  addStore: async (info) => (await call('addPoi', info)).poi_id,
  store: async (poiId) => (await call('getPoi', poiId)).business.base_info,
  stores: (begin, limit) => call('getPois', begin, limit),
  updateStore: (info) => call('updatePoi', info),
  removeStore: (poiId) => call('delPoi', poiId),
  categories: async () => (await call('getWXCategory')).category_list,
  protocol: async () => (await call('getApplyProtocol')).category,
  addMerchant: async (info) => (await call('submitSubmerchant', info)).info,
  updateMerchant: async (info) => (await call('updateSubmerchant', info)).info,
  merchant: async (id) => (await call('getSubmerchant', id)).info,
  merchants: async (begin) =>
    (await call('batchgetSubmerchant', { begin_id: begin, limit: 100, status: 'APPROVED' })).info_list,
  ticket: async (type) => (await call('getTicket', type)).ticket,
};

/** The library's other calls of the card API, each with what it least wants. */
const others = {
  addLocations: () => call('addLocations', []),
  getLocations: () => call('getLocations', 0, 1),
  updateLuckyMonkeyBalance: () => call('updateLuckyMonkeyBalance', '0', '0', 1),
  addConsumer: () => call('addConsumer', 'unknown', 0),
};

const read = (error) => [error.code, error.message];

module.exports = {
  name: 'wechat-api',
  connect,
  others: refusing(others, read),
  ...refusing(methods, read),
};
