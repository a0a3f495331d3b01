//! What plain Postgres does with the rows that the service writes, measured by Postgres' own tool.

mod filed;
mod program;
mod script;

pub(crate) use self::{
    filed::{Filed, Rows, shape},
    program::{Pgbench, Ran, find},
    script::Statement,
};
