//! Redress: the complaint-handling service of a telecom provider.
pub mod embedded;
