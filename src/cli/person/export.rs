//! `redress person export`.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use tonic::Streaming;

use crate::{
    cli::{Connection, Failure, PurposeArgs},
    client::{CallError, resource_name},
    proto::v1,
    terminal::Terminal,
};

/// What is written, and where.
#[derive(Debug, Args)]
#[command(after_help = "\
The file is a JSON document with the complaints, their events and texts, the customer's data and the notices. It holds \
personal data: only its owner may read it. It must not exist yet. For each complaint the customer's identity must have been \
checked. Name complaints of one person only: `redress person find` names all that a person has.

Example:
  redress person export RD-DCNNM-Y6G1W RD-AXK5Q-VGJ21 --output export.json")]
pub struct ExportPersonArgs {
    /// Tracking numbers, or the complaints' names.
    #[arg(value_name = "COMPLAINT", required = true)]
    pub complaints: Vec<String>,
    /// The file to write, which must not exist.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    #[command(flatten)]
    pub purpose: PurposeArgs,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(args: ExportPersonArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut client = args.connection.privacy_for(&args.purpose).await?;
    let complaints = args.complaints.iter();
    let request = v1::ExportPersonRequest {
        complaints: complaints.map(|typed| resource_name(typed)).collect(),
    };
    let parts = client.export_person(request).await;
    let parts = parts.map_err(CallError::from)?.into_inner();
    let mut file = private_file(&args.output).map_err(|source| unwritable(&args.output, source))?;
    match write(parts, &mut file, &args.output).await {
        Ok(bytes) => {
            let file = args.output.display();
            terminal.line(format_args!("{bytes} bytes written to {file}."))?;
            Ok(())
        }
        Err(failure) => {
            // Half a document looks like a whole one. Where it cannot be removed, the failure is told all the same.
            let _ = fs::remove_file(&args.output);
            Err(failure)
        }
    }
}

/// A new file that nobody but its owner may read.
fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

async fn write(
    mut parts: Streaming<v1::ExportPersonResponse>,
    file: &mut fs::File,
    path: &Path,
) -> Result<usize, Failure> {
    let mut bytes = 0;
    while let Some(v1::ExportPersonResponse { part }) =
        parts.message().await.map_err(CallError::from)?
    {
        let written = file.write_all(&part);
        written.map_err(|source| unwritable(path, source))?;
        bytes += part.len();
    }
    file.sync_all().map_err(|source| unwritable(path, source))?;
    Ok(bytes)
}

fn unwritable(file: &Path, source: io::Error) -> Failure {
    Failure::Unwritable {
        file: file.to_path_buf(),
        source,
    }
}
