//! Where and how a private Postgres runs.

use std::path::PathBuf;

/// The database superuser that owns the cluster, and that every URL names.
pub(super) const SUPERUSER: &str = "redress";

/// What a crash may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed is lost.
    Full,
    /// For tests, which are faster this way: a crash of the server may lose the last commits, one of the machine the cluster.
    None,
}

/// Where and how to run a private Postgres.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A directory of ours, or one that is empty or does not exist yet. When we are root, the account that the server
    /// runs under must be able to reach it, so it cannot lie under `/root`.
    pub data_dir: PathBuf,
    /// What a crash may cost.
    pub durability: Durability,
    /// More server settings, as in `postgresql.conf`. They prevail over the defaults chosen here, but not over what keeps
    /// the server private.
    pub extra: Vec<(String, String)>,
}
