//! A mail in the folder.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use mail_parser::{HeaderValue, Message, MessageParser};

/// The parts of it that are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) file: PathBuf,
    pub(super) to: String,
    pub(super) return_path: String,
    /// Such as `fr`.
    pub(super) language: String,
    pub(super) subject: String,
    pub(super) text: String,
}

impl Letter {
    /// Whether it is to staff, by the prefix of its name.
    pub(super) fn is_to_staff(&self) -> bool {
        let name = self.file.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("staff."))
    }

    fn read(file: &Path) -> io::Result<Self> {
        let bytes = fs::read(file)?;
        let message = MessageParser::new().parse(&bytes);
        let message = message.ok_or(io::ErrorKind::InvalidData)?;
        let to = message.to().and_then(|to| to.first()?.address());
        Ok(Letter {
            file: file.to_path_buf(),
            to: to.unwrap_or_default().to_owned(),
            return_path: value(&message, "Return-Path"),
            language: value(&message, "Content-Language"),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).unwrap_or_default().into_owned(),
        })
    }
}

/// The only value of a header.
fn value(message: &Message<'_>, header: &'static str) -> String {
    let value = match message.header(header) {
        Some(HeaderValue::Text(text)) => text.as_ref(),
        Some(HeaderValue::TextList(texts)) => texts.first().map_or("", |text| text.as_ref()),
        Some(HeaderValue::Address(list)) => list
            .first()
            .and_then(|one| one.address())
            .unwrap_or_default(),
        _ => "",
    };
    value.trim_matches(['<', '>']).to_owned()
}

/// The mail that is new in a folder: not in `known`, to which it is added. Blocks.
pub(super) fn new_letters(folder: &Path, known: &mut BTreeSet<PathBuf>) -> io::Result<Vec<Letter>> {
    let mut letters = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let is_mail = file.extension().is_some_and(|extension| extension == "eml");
        // Names that begin with a full stop are unfinished files.
        let hidden = file.file_name().is_some_and(|name| {
            let name = name.as_encoded_bytes();
            name.starts_with(b".")
        });
        if is_mail && !hidden && !known.contains(&file) {
            letters.push(Letter::read(&file)?);
            known.insert(file);
        }
    }
    letters.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(letters)
}
