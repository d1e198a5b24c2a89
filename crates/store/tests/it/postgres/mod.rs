//! What only the store in PostgreSQL has: several writers, commits whose answers are lost, servers that fall silent, rights to pieces of work, months
//! of the log, and statements that go to one machine each.

mod answers;
mod blanks;
mod citus;
mod cleanup;
mod failover;
mod faults;
mod months;
mod nodes;
mod readers;
mod silence;
mod statements;
