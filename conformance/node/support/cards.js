'use strict';

// The cards that the tests make: a small bookshop with every kind of coupon, and its holders.

const { randomBytes } = require('node:crypto');

const DAY = 86400;
// WeChat counts its days at UTC+8.
const CHINA = 8 * 3600;

/** What each coupon type has besides base_info. */
const COUPONS = {
  GENERAL_COUPON: { default_detail: '任意图书包书皮一次' },
  GROUPON: { deal_detail: '绘本三册\n明信片一套' },
  CASH: { least_cost: 9900, reduce_cost: 2000 },
  DISCOUNT: { discount: 20 },
  GIFT: { gift: '藏书票一枚' },
};

const MEMBER_CARD = {
  prerogative: '会员日全场九折',
  supply_bonus: true,
  supply_balance: false,
  bonus_rules: '每消费一元积一分',
  activate_url: 'https://example.com/join',
};

/** What each ticket has besides base_info. */
const TICKETS = {
  MOVIE_TICKET: { detail: '作家纪录片放映' },
  MEETING_TICKET: { meeting_detail: '读书会' },
  BOARDING_PASS: { from: '成都', to: '广州', flight: 'CA1234' },
};

/** The first second of a day relative to today. */
function midnight(offset) {
  const now = Math.floor(Date.now() / 1000) + CHINA;
  return now - (now % DAY) + offset * DAY - CHINA;
}

/** A day relative to today, as reports want it. */
function day(offset) {
  return new Date((midnight(offset) + CHINA) * 1000).toISOString().slice(0, 10);
}

/** A date_info from the start of one day to the end of another. */
function window(begin = -10, end = 20) {
  return {
    type: 'DATE_TYPE_FIX_TIME_RANGE',
    begin_timestamp: midnight(begin),
    end_timestamp: midnight(end + 1) - 1,
  };
}

/** The least a card must say, with changes. */
function baseInfo(changes = {}) {
  return {
    logo_url: 'https://mmbiz.qpic.cn/mmbiz/bookshop/0?wx_fmt=png',
    code_type: 'CODE_TYPE_QRCODE',
    brand_name: '山脚书店',
    title: '秋日阅读券',
    color: 'Color060',
    notice: '结账前出示',
    description: '不与其他优惠同享\n每单限用一张',
    date_info: window(),
    sku: { quantity: 20 },
    ...changes,
  };
}

/** A coupon or a ticket as its type and its section. */
function coupon(type = 'GENERAL_COUPON', info = {}) {
  return { type, section: { base_info: baseInfo(info), ...COUPONS[type], ...TICKETS[type] } };
}

/** A member card as its type and its section. */
function memberCard(info = {}) {
  const dates = { date_info: { type: 'DATE_TYPE_PERMANENT' } };
  return { type: 'MEMBER_CARD', section: { base_info: baseInfo({ ...dates, ...info }), ...MEMBER_CARD } };
}

/** A gift card with a balance and codes that change over time. */
function giftCard() {
  const info = { date_info: { type: 'DATE_TYPE_PERMANENT' }, get_limit: 0, use_dynamic_code: true };
  const section = { sub_card_type: 'GIFT_CARD', supply_balance: true, init_balance: 10000, prerogative: '全店通用' };
  return { type: 'GENERAL_CARD', section: { base_info: baseInfo(info), ...section } };
}

/** A new holder. */
const newOpenid = () => 'o' + randomBytes(14).toString('hex').slice(0, 27);

/** A code of the merchant's own, never used before. */
const newCode = () => 'N' + randomBytes(7).toString('hex').toUpperCase();

/** A card id of the right shape that no card has. */
const unknownCard = () => 'p' + randomBytes(14).toString('hex').slice(0, 27);

module.exports = { COUPONS, MEMBER_CARD, midnight, day, window, coupon, memberCard, giftCard, newOpenid, newCode, unknownCard };
