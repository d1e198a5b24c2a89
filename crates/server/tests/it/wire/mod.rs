//! The rules of the transport: every answer is HTTP 200 with one line of JSON, whatever the request was, and each
//! fault of a request has its errcode. WeChat manual: "全局返回码说明" (global return codes).

mod body;
mod bounded;
mod clock;
mod failure;
mod idempotency;
mod lenient;
mod limits;
mod path;
mod readyz;
mod refusal;
mod restart;
mod shares;
