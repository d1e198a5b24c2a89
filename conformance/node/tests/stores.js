'use strict';

// Stores: cgi-bin/poi. What the libraries call a point of interest is a shop that cards name in their lists.

const assert = require('node:assert/strict');
const { each, refused, holds } = require('../support/suite');

const STORE = {
  sid: '33788392',
  business_name: '山脚书店',
  branch_name: '渡口店',
  province: '浙江省',
  city: '杭州市',
  district: '西湖区',
  address: '渡口路11号',
  telephone: '0571-12345678',
  categories: ['购物,书店'],
  offset_type: 1,
  longitude: 120.1551,
  latitude: 30.2741,
  photo_list: [{ photo_url: 'https://mmbiz.qpic.cn/mmbiz/c/0' }],
  introduction: '临水的书店',
  open_time: '9:00-21:00',
};

/** The suite may run again on the same app, and a store is known by its address too. */
const store = () => ({ ...STORE, sid: String(Math.random()), address: `渡口路${Math.random()}号` });

each('addStore store', 'poi/addpoi', 'a store comes back as it was sent', async (library) => {
  const sent = store();
  const poiId = await library.addStore(sent);
  const { longitude, latitude, ...found } = await library.store(poiId);
  const { longitude: east, latitude: north, ...words } = sent;
  holds(found, words);
  // co-wechat-api reads some numbers into a class of its own.
  assert.deepEqual([Number(longitude), Number(latitude)], [east, north]);
});

each('addStore stores', 'poi/getpoilist', 'a new store is in the list', async (library) => {
  const poiId = String(await library.addStore(store()));
  const { total_count: total } = await library.stores(0, 1);
  const seen = [];
  for (let begin = 0; begin < total; begin += 50) {
    seen.push(...(await library.stores(begin, 50)).business_list);
  }
  assert.ok(seen.some((business) => String(business.base_info.poi_id) === poiId));
});

each('addStore updateStore store', 'poi/updatepoi', 'a telephone number can be changed', async (library) => {
  const poiId = await library.addStore(store());
  await library.updateStore({ poi_id: poiId, telephone: '0571-87654321' });
  holds(await library.store(poiId), { telephone: '0571-87654321' });
});

each('addStore removeStore store', 'poi/delpoi', 'a store that was taken away is gone', async (library) => {
  const poiId = await library.addStore(store());
  await library.removeStore(poiId);
  await refused(65116, library.store(poiId));
});

each('categories', 'poi/getwxcategory', 'there is a list of categories', async (library) => {
  assert.ok((await library.categories()).length > 0);
});
