//! Event push as a receiver sees it: the payloads and modes, the order, and what happens if a receiver fails.

mod forms;
mod order;
mod payloads;
mod safety;
mod trouble;
