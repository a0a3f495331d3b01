//! Node and npm, as they are on this machine.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::error::BenchError;

/// The oldest Node that the runners declare to work with.
const OLDEST: u32 = 20;

/// The two programs.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) node: PathBuf,
    pub(super) npm: PathBuf,
}

impl Node {
    /// Finds both on the PATH. Blocks.
    pub(super) fn find() -> Result<Node, BenchError> {
        let node = Node::on(&env::var_os("PATH").unwrap_or_default())?;
        let mut command = Command::new(&node.node);
        let output = output(command.arg("--version"), &node.node)?;
        ensure_new_enough(&String::from_utf8_lossy(&output.stdout))?;
        Ok(node)
    }

    fn on(path: &OsStr) -> Result<Node, BenchError> {
        let find = |program: &str| {
            let mut places = env::split_paths(path).map(|folder| folder.join(program));
            let found = places.find(|place| place.is_file());
            found.ok_or_else(|| BenchError::NoNode(format!("no {program} was found on the PATH")))
        };
        Ok(Node {
            node: find("node")?,
            npm: find("npm")?,
        })
    }
}

/// Reads what Node says of itself, such as `v20.20.2`.
fn ensure_new_enough(version: &str) -> Result<(), BenchError> {
    let version = version.trim();
    let major = version
        .strip_prefix('v')
        .and_then(|rest| rest.split('.').next());
    match major.and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= OLDEST => Ok(()),
        _ => Err(BenchError::NoNode(format!(
            "the node on the PATH is `{version}`"
        ))),
    }
}

/// Runs a program to its end. It gets a pipe for its standard input that closes when we are gone, however we go: what
/// watches it never outlives us. Blocks.
pub(super) fn output(command: &mut Command, program: &Path) -> Result<Output, BenchError> {
    let failed = |source| BenchError::io("run", program, source);
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    // Taken out, or it would be closed before the waiting begins.
    let _held = child.stdin.take();
    child.wait_with_output().map_err(failed)
}

/// The end of what a program said, its complaints last.
pub(super) fn last_lines(output: &Output) -> String {
    const LINES: usize = 15;
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let lines: Vec<&str> = said.iter().flat_map(|text| text.lines()).collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_machine_without_node_or_npm_is_told_what_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let missing = |name: &str| {
            let error = Node::on(folder.path().as_os_str()).unwrap_err();
            assert!(matches!(error, BenchError::NoNode(_)), "{error}");
            assert!(error.to_string().contains(&format!("no {name} was found")));
        };
        missing("node");
        fs::write(folder.path().join("node"), "").unwrap();
        missing("npm");
        fs::write(folder.path().join("npm"), "").unwrap();
        let found = Node::on(folder.path().as_os_str()).unwrap();
        assert_eq!(found.npm, folder.path().join("npm"));
    }

    #[test]
    fn a_node_that_is_too_old_counts_as_none() {
        ensure_new_enough("v20.0.0\n").unwrap();
        ensure_new_enough("v100.1.0\n").unwrap();
        for version in ["v19.9.0\n", "v8.0.0", "", "20.1.0", "v20x"] {
            let refused = ensure_new_enough(version);
            assert!(matches!(refused, Err(BenchError::NoNode(_))), "{version}");
        }
    }
}
