//! Event push as a receiver sees it: what is told and in what form, in what order, and what happens when a receiver
//! misbehaves.

mod forms;
mod order;
mod safety;
mod told;
mod trouble;
