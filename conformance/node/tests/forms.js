'use strict';

// The form by which holders become members: card/membercard/activateuserform/set, activate/geturl and
// activatetempinfo/get.

const assert = require('node:assert/strict');
const cards = require('../support/cards');
const { each, refused, reviewed, holds, plain } = require('../support/suite');
const { fillIn } = require('../support/server');

const FORM = {
  service_statement: { name: '会员守则', url: 'https://example.com/rules' },
  required_form: { can_modify: false, common_field_id_list: ['USER_FORM_INFO_FLAG_MOBILE'] },
  optional_form: { can_modify: true, custom_field_list: ['喜欢的作家'] },
};

const ANSWERS = {
  common_field_list: [{ name: 'USER_FORM_INFO_FLAG_MOBILE', value: '13800000000' }],
  custom_field_list: [{ name: '喜欢的作家', value: '汪曾祺' }],
};

/** A member card that is activated by the form. */
async function byForm(library, more = {}) {
  const { type, section } = cards.memberCard();
  const { activate_url: _, ...rest } = section;
  const cardId = await library.create({ type, section: { ...rest, wx_activate: true, ...more } });
  await reviewed(library, cardId);
  await library.setForm({ card_id: cardId, ...FORM });
  return cardId;
}

each('setForm', 'activateuserform/set', 'who fills in the form is a member', async (library) => {
  const cardId = await byForm(library);
  const openid = cards.newOpenid();
  const { code } = await fillIn(openid, cardId, ANSWERS);
  if (library.member) {
    const member = await library.member(cardId, code);
    holds(member, { openid, membership_number: code, has_active: true });
    holds(member.user_info.common_field_list[0], ANSWERS.common_field_list[0]);
  }
});

each('setForm', 'activateuserform/set', 'an unknown card is 40073', (library) =>
  refused(40073, library.setForm({ card_id: cards.unknownCard(), ...FORM })));

each('setForm formUrl', 'activate/geturl', 'the link names the channel', async (library) => {
  const address = await library.formUrl(await byForm(library), 'window-2');
  assert.match(address, /activatemembercard\?.*encrypt_card_id=.+&outer_str=window-2&biz=.+#wechat_redirect$/);
});

each('setForm answers', 'activatetempinfo/get', 'the answers are there before the activation', async (library) => {
  const after = { wx_activate_after_submit: true, wx_activate_after_submit_url: 'https://example.com/welcome' };
  const cardId = await byForm(library, after);
  const { url } = await fillIn(cards.newOpenid(), cardId, ANSWERS);
  const answers = plain(await library.answers(new URL(url).searchParams.get('activate_ticket')));
  holds(answers.common_field_list[0], { name: 'USER_FORM_INFO_FLAG_MOBILE' });
  holds(answers.custom_field_list[0], { name: '喜欢的作家', value: '汪曾祺' });
  await refused(72011, library.answers('none'));
});
