//! Redress: the complaint-handling service of a telecom provider.

pub mod calendar;
pub mod domain;
pub mod embedded;
pub mod policy;
pub mod proto;
