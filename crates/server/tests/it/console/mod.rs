//! The console: who gets in, what each role may see, and every page and form.

mod account;
mod cards;
mod enter;
mod login;
mod roles;
