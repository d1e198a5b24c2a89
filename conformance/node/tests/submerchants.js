'use strict';

// Sub-merchants: card/submerchant and card/getapplyprotocol, for those who make cards on behalf of others.

const assert = require('node:assert/strict');
const cards = require('../support/cards');
const { withPicture } = require('../support/picture');
const { each, refused, holds } = require('../support/suite');

/** An application, with a paper that was uploaded. */
const merchant = async (library) => ({
  brand_name: '渡口分店',
  app_id: 'wxb11529c136998cb6',
  logo_url: 'https://mmbiz.qpic.cn/mmbiz/d/0',
  protocol: (await withPicture((path) => library.upload(path, 'image'))).media_id,
  end_time: cards.midnight(365),
  primary_category_id: 1,
  secondary_category_id: 101,
});

each('protocol', 'card/getapplyprotocol', 'there are categories with categories', async (library) => {
  const [first] = await library.protocol();
  assert.ok(first.primary_category_id > 0 && first.secondary_category.length > 0);
});

each('addMerchant merchant', 'card/submerchant', 'a new sub-merchant passes where cards pass', async (library) => {
  const sent = await merchant(library);
  const { merchant_id: id } = await library.addMerchant(sent);
  const { protocol, ...kept } = sent;
  holds(await library.merchant(id), { ...kept, merchant_id: id, status: 'APPROVED' });
  const sub = { sub_merchant_info: { merchant_id: id } };
  holds((await library.get(await library.create(cards.coupon('GIFT', sub)))).section.base_info, sub);
});

each('addMerchant updateMerchant', 'card/submerchant', 'a sub-merchant can be changed', async (library) => {
  const { merchant_id: id } = await library.addMerchant(await merchant(library));
  const changed = { ...(await merchant(library)), merchant_id: id, brand_name: '车站分店' };
  holds(await library.updateMerchant(changed), { merchant_id: id, brand_name: '车站分店' });
});

each('addMerchant merchants', 'card/submerchant', 'the list goes on behind a number', async (library) => {
  const { merchant_id: id } = await library.addMerchant(await merchant(library));
  assert.deepEqual((await library.merchants(id - 1)).map((info) => info.merchant_id), [id]);
});

each('merchant', 'card/submerchant', 'an unknown sub-merchant is 40139', (library) =>
  refused(40139, library.merchant(2000000000)));
