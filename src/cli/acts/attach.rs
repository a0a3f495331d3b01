//! `redress attach`.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::Args;
use sha2::{Digest as _, Sha256};

use super::act::{Act, Said};
use crate::{cli::Failure, proto::v1};

pub(super) const HELP: &str = "\
The document stays where it is: Redress keeps its location, and the digest by which anybody can tell whether a document is this one. \
An attachment cannot be removed.

Example:
  redress attach RD-DCNNM-Y6G1W --file scan.pdf --location dms:4711 --media-type application/pdf";

/// A reference to a document that is stored elsewhere.
#[derive(Debug, Args)]
pub struct Attach {
    /// A copy of the document, which is read for its size and its digest, and not sent.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Where the document is stored: a URI, or its name there.
    #[arg(long, value_name = "TEXT")]
    location: String,
    /// What kind of document it is, for example application/pdf.
    #[arg(long, value_name = "TYPE")]
    media_type: String,
}

impl Act for Attach {
    type Request = v1::AddAttachmentRequest;

    fn request(&self, _: &Said<'_>) -> Result<Self::Request, Failure> {
        let digest = digest(&self.file).map_err(|source| Failure::Unreadable {
            file: self.file.clone(),
            source,
        });
        let (size_bytes, sha256) = digest?;
        Ok(v1::AddAttachmentRequest {
            attachment: Some(v1::Attachment {
                location: self.location.clone(),
                sha256,
                size_bytes,
                media_type: self.media_type.clone(),
                ..v1::Attachment::default()
            }),
            ..Default::default()
        })
    }
}

/// The size of a file in bytes, and the SHA-256 digest of its content.
fn digest(file: &Path) -> io::Result<(i64, Vec<u8>)> {
    let mut file = File::open(file)?;
    let (mut size, mut digest, mut buffer) = (0_i64, Sha256::new(), [0; 8192]);
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => return Ok((size, digest.finalize().to_vec())),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.update(buffer.get(..read).unwrap_or_default());
        size = size.saturating_add(i64::try_from(read).unwrap_or(i64::MAX));
    }
}
