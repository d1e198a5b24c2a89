//! The console: who gets in, what each role may see, and every page and form.

mod account;
mod cards;
mod codes;
mod enter;
mod login;
mod review;
mod roles;
mod till;
