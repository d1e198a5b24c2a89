//! HTTP for all calls: how a request is read, and how a reply is written.

pub mod answer;
pub mod body;
pub mod call;
pub mod form_token;
mod json_body;
pub mod json_bound;
pub mod large;
pub mod link;
pub mod params;
mod payload;
pub mod query;
pub mod refusal_id;
pub mod whole;

pub use answer::Answer;
pub use call::Call;
