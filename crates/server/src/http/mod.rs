//! The wire's own rules: how a request is read and how an answer looks, whatever the call is about.

pub mod answer;
pub mod body;
pub mod call;
pub mod json_bound;
pub mod link;
pub mod params;
pub mod refusal_id;

pub use answer::Answer;
pub use call::Call;
