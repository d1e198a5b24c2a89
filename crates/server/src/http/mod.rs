//! The rules of the wire that all calls share: how a request is read and what a reply looks like.

pub mod answer;
pub mod body;
pub mod call;
mod form_token;
pub mod json_bound;
pub mod large;
pub mod link;
pub mod params;
pub mod refusal_id;

pub use answer::Answer;
pub use call::Call;
