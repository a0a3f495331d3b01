//! The runners' packages, installed where a run keeps its data.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    node::{Node, last_lines, output},
    script::{Finished, Kind, Runner},
};
use crate::error::BenchError;

/// The package in `bench/runners`, carried along so that the tree is only read when this is built.
const PACKAGE: [(&str, &str); 6] = [
    (".npmrc", include_str!("../../runners/.npmrc")),
    ("package.json", include_str!("../../runners/package.json")),
    (
        "package-lock.json",
        include_str!("../../runners/package-lock.json"),
    ),
    ("jobs.mjs", include_str!("../../runners/jobs.mjs")),
    (
        "graphile-worker.mjs",
        include_str!("../../runners/graphile-worker.mjs"),
    ),
    ("pg-boss.mjs", include_str!("../../runners/pg-boss.mjs")),
];

/// Runners that are ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Runners {
    node: PathBuf,
    folder: PathBuf,
}

impl Runners {
    /// Installs the very versions of the lock file into a new folder `runners` of this folder, which goes with it. Needs
    /// the network, or a cache of npm that has them. Blocks, for some seconds.
    ///
    /// # Errors
    /// [`BenchError::NoNode`] where Node or npm is missing, or Node too old; [`BenchError::Install`] when npm failed.
    pub(crate) fn install(folder: &Path) -> Result<Runners, BenchError> {
        let Node { node, npm } = Node::find()?;
        let folder = folder.join("runners");
        unpack(&folder)?;
        install(&npm, &folder)?;
        Ok(Runners { node, folder })
    }

    /// Has a runner do so many jobs in a database that is new and empty. Bounded by the script's own deadline. Blocks.
    ///
    /// # Errors
    /// [`BenchError::Runner`] when it did not do every job exactly once, or said nothing that we understand.
    pub(crate) fn run(
        &self,
        runner: Runner,
        kind: Kind,
        jobs: u32,
        database_url: &str,
    ) -> Result<Finished, BenchError> {
        runner.run(&self.node, &self.folder, kind, jobs, database_url)
    }
}

fn unpack(folder: &Path) -> Result<(), BenchError> {
    fs::create_dir(folder).map_err(|source| BenchError::io("create", folder, source))?;
    for (name, text) in PACKAGE {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|source| BenchError::io("write", &path, source))?;
    }
    Ok(())
}

fn install(npm: &Path, folder: &Path) -> Result<(), BenchError> {
    let mut command = Command::new(npm);
    // A package that is pinned needs no advice, and none of them is built.
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    command.current_dir(folder);
    let output = output(&mut command, npm)?;
    if output.status.success() {
        Ok(())
    } else {
        Err(BenchError::Install(last_lines(&output)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_unpacked_with_every_script_and_its_lock_names_no_address_to_fetch_from() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("runners");
        unpack(&package).unwrap();
        for runner in Runner::ALL {
            assert!(package.join(format!("{}.mjs", runner.title())).is_file());
        }
        let lock = fs::read_to_string(package.join("package-lock.json")).unwrap();
        assert!(lock.contains("\"integrity\"") && !lock.contains("\"resolved\""));
    }

    #[test]
    fn what_npm_complained_of_last_is_in_the_error() {
        // A shell in npm's place: it takes `ci` for the script that it is to run.
        let folder = tempfile::tempdir().unwrap();
        let script =
            "for i in $(seq 40); do echo \"line $i\"; done; echo 'npm error offline' >&2; exit 1";
        fs::write(folder.path().join("ci"), script).unwrap();
        let Err(BenchError::Install(said)) = install(Path::new("/bin/sh"), folder.path()) else {
            panic!("npm failed, and it was not told");
        };
        assert!(said.ends_with("line 40\nnpm error offline"), "{said}");
        assert!(!said.contains("line 5\n"), "{said}");

        fs::write(folder.path().join("ci"), "exit 0").unwrap();
        install(Path::new("/bin/sh"), folder.path()).unwrap();
    }
}
