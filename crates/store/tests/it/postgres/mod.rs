//! Tests for the store in PostgreSQL only: several writers, commits whose replies are lost, servers that fall silent,
//! leases, months of the log, and statements that one machine can run.

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
