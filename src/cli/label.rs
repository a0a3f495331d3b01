//! A label on the command line.

use crate::proto::v1;

/// Reads `key=value`. Which characters either may have, the service says.
pub(super) fn label(text: &str) -> Result<v1::Label, String> {
    let (key, value) = text
        .split_once('=')
        .ok_or("write key=value, for example team=north")?;
    Ok(v1::Label {
        key: key.to_owned(),
        value: value.to_owned(),
    })
}
