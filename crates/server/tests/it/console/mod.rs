//! The console: who can sign in, what each role may see, and every page and form.

mod account;
mod card_forms;
mod cards;
mod codes;
mod data;
mod enter;
mod events;
mod login;
mod overview;
mod repeats;
mod review;
mod roles;
mod settings;
mod stale;
mod till;
