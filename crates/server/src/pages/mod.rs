//! The common part of the pages of the console and the wallet: languages, requests, responses with their headers,
//! stylesheets and scripts, and the texts of refusals.

pub mod assets;
pub mod benefit;
pub mod card_details;
pub mod card_view;
pub mod code_view;
pub mod cookie;
pub mod fault;
mod fault_page;
pub mod fields;
pub mod form;
pub mod form_token;
pub mod format;
pub mod lang;
pub mod once;
pub mod peer;
pub mod refusal;
pub mod reply;
pub mod serve;
pub mod unread_form;
pub mod visitor;

pub use fault::{Fault, PageResult};
pub use fields::Fields;
pub use form::{Form, HiddenFields};
pub use lang::Lang;
pub(crate) use lang::texts;
pub use unread_form::{FormLimit, UnreadForm};
pub use visitor::Visitor;
