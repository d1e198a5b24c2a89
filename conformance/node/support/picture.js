'use strict';

// The smallest picture, in a file for libraries that upload files.

const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');

const PICTURE = Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1');

/** Runs `use` with the path of a file that has the picture. */
async function withPicture(use) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'kaquan-'));
  const file = path.join(folder, 'paper.gif');
  await fs.writeFile(file, PICTURE);
  return use(file).finally(() => fs.rm(folder, { recursive: true }));
}

module.exports = { PICTURE, withPicture };
