//! Event push as a receiver sees it: payloads and forms, in what order, and what happens when a receiver
//! misbehaves.

mod forms;
mod order;
mod payloads;
mod safety;
mod trouble;
