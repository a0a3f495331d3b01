//! Positions in the log as callers keep them: opaque, and only ever given back.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::store::Position;

/// Grows when the meaning of a token changes: an old one is refused then, not misread.
const VERSION: u8 = 1;

/// What a caller keeps of a position.
pub(crate) fn token(position: Position) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(position.branch.as_bytes());
    bytes.extend(position.xid.to_be_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn read(token: &str) -> Option<Position> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    let (&version, rest) = bytes.split_first()?;
    let (branch, xid) = rest.split_at_checked(16)?;
    let xid = i64::from_be_bytes(xid.try_into().ok()?);
    (version == VERSION && xid >= 0).then_some(Position {
        branch: Uuid::from_slice(branch).ok()?,
        xid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_given_and_nothing_else_is() {
        let position = Position {
            branch: Uuid::from_u128(7),
            xid: i64::MAX - 1,
        };
        let token = token(position);
        assert_eq!(read(&token), Some(position));
        for other in [
            "0",
            "-1",
            "7",
            "beginning",
            &token[1..],
            &token[..20],
            &format!("{token}AA"),
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
