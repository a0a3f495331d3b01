//! The pure floors with their tests, and nothing else: a mutant of them is built and tested in seconds, without the port and
//! the database. Links rather than paths, since cargo-mutants follows no path out of its package.

pub mod calendar;
pub mod domain;
pub mod ical;
pub mod policy;
pub mod writing;

#[cfg(test)]
mod watchdog;
