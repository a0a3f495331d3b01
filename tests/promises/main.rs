//! What Redress promises, each promise as a test. One binary: it starts one private Postgres and gives each test a
//! database of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod firing;
mod house_rules;
mod lifecycle;
mod private_postgres;
mod replay;
mod support;
mod telemetry;
mod working_time;
mod write_path;
