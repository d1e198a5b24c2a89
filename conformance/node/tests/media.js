'use strict';

// Temporary media: cgi-bin/media/upload and get.

const assert = require('node:assert/strict');
const { each } = require('../support/suite');
const { PICTURE, withPicture } = require('../support/picture');

each('upload download', 'media/upload', 'a picture comes back as it was sent', async (library) => {
  const sent = await withPicture((path) => library.upload(path, 'image'));
  assert.deepEqual([sent.type, sent.media_id.length], ['image', 64]);
  assert.deepEqual(await library.download(sent.media_id), PICTURE);
});

each('upload download', 'media/get', 'an unknown id is refused as JSON', (library) =>
  assert.rejects(library.download('unknown'), /invalid media_id/));
