//! The console: who gets in, what each role may see, and every page and form.

mod account;
mod cards;
mod codes;
mod data;
mod enter;
mod events;
mod login;
mod overview;
mod review;
mod roles;
mod settings;
mod till;
