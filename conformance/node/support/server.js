'use strict';

// The server under test and its app, and the holders on it. What a holder does has no call in WeChat's API, so no
// library has a method for it; it goes over Node's own fetch, with a token that no library's token retires.

const BASE_URL = (process.env.KAQUAN_BASE_URL || '').replace(/\/+$/, '');
const APPID = process.env.KAQUAN_APPID || '';
const SECRET = process.env.KAQUAN_SECRET || '';

let token;

async function post(path, body) {
  const reply = await fetch(BASE_URL + path, { method: 'POST', body: JSON.stringify(body) });
  return reply.json();
}

/** The token of the stable family, which lives beside the plain one. */
async function stableToken() {
  const body = { grant_type: 'client_credential', appid: APPID, secret: SECRET };
  return (await post('/cgi-bin/stable_token', body)).access_token;
}

/** One of kaquan's own calls; it has to succeed. */
async function own(path, body) {
  token = token || stableToken();
  const reply = await post(`${path}?access_token=${await token}`, body);
  if (reply.errcode !== 0) {
    throw new Error(`${path} answers ${JSON.stringify(reply)}`);
  }
  return reply;
}

/** A holder takes a card; the code they get. */
async function claim(openid, cardId, extra = {}) {
  return (await own('/wallet/v1/claim', { openid, card_id: cardId, ...extra })).code;
}

/** A holder fills in the form of a member card; where the card says so, an address to go on to. */
const fillIn = (openid, cardId, answers) => own('/wallet/v1/activate/submit', { openid, card_id: cardId, ...answers });

module.exports = { BASE_URL, APPID, SECRET, claim, fillIn };
