'use strict';

// Every library tells a refusal in a way of its own; the tests want one.

/** A refusal by the server: its errcode and its errmsg. */
class Refusal extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/**
 * The same methods, and groups of methods, which throw a Refusal when the library reports an errcode. `read` takes the
 * code and the message from what the library threw.
 */
function refusing(methods, read) {
  const wrap = (method) => async (...args) => {
    try {
      return await method(...args);
    } catch (error) {
      if (error instanceof Refusal) {
        throw error;
      }
      const [code, message] = read(error);
      throw typeof code === 'number' ? new Refusal(code, message) : error;
    }
  };
  const each = ([name, method]) => [name, typeof method === 'function' ? wrap(method) : refusing(method, read)];
  return Object.fromEntries(Object.entries(methods).map(each));
}

module.exports = { Refusal, refusing };
