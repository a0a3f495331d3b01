//! Positions in the log as callers keep them: opaque, and only ever given back.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::store::{LogPlace, Position};

/// That of a position behind a whole transaction.
const BEHIND_TRANSACTION: u8 = 1;
/// That of a position behind an event. The first byte grows when the meaning of a token changes: what is not known is refused,
/// not misread.
const BEHIND_EVENT: u8 = 2;

/// What a caller keeps of a position.
pub(crate) fn token(position: Position) -> String {
    let Position { branch, place } = position;
    let whole = place == LogPlace::behind(place.xid);
    let mut bytes = vec![if whole {
        BEHIND_TRANSACTION
    } else {
        BEHIND_EVENT
    }];
    bytes.extend(branch.as_bytes());
    bytes.extend(place.xid.to_be_bytes());
    if !whole {
        bytes.extend(place.number.to_be_bytes());
    }
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn read(token: &str) -> Option<Position> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    let (&form, rest) = bytes.split_first()?;
    let (branch, rest) = rest.split_at_checked(16)?;
    let (xid, number) = rest.split_at_checked(8)?;
    let xid = i64::from_be_bytes(xid.try_into().ok()?);
    let place = match form {
        BEHIND_TRANSACTION if number.is_empty() => LogPlace::behind(xid),
        BEHIND_EVENT => LogPlace {
            xid,
            number: u32::from_be_bytes(number.try_into().ok()?),
        },
        _ => return None,
    };
    // A number of 0 would be in front of an event.
    (xid >= 0 && place.number > 0).then_some(Position {
        branch: Uuid::from_slice(branch).ok()?,
        place,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_given_and_nothing_else_is() {
        let branch = Uuid::from_u128(7);
        for place in [
            LogPlace::behind(i64::MAX - 1),
            LogPlace { xid: 9, number: 1 },
        ] {
            let position = Position { branch, place };
            let token = token(position);
            assert_eq!(read(&token), Some(position));
            for other in [
                "0",
                "-1",
                "7",
                "beginning",
                &token[1..],
                &token[..20],
                &token[..token.len() - 2],
                &format!("{token}AA"),
            ] {
                assert_eq!(read(other), None, "{other}");
            }
        }
        let before_an_event = Position {
            branch,
            place: LogPlace::default(),
        };
        assert_eq!(read(&token(before_an_event)), None);
    }

    #[test]
    fn a_position_that_was_kept_before_positions_were_exact_is_behind_its_transaction() {
        // The branch 7, the transaction 770.
        let kept = "AQAAAAAAAAAAAAAAAAAAAAcAAAAAAAADAg";
        let position = Position {
            branch: Uuid::from_u128(7),
            place: LogPlace::behind(770),
        };
        assert_eq!(read(kept), Some(position));
    }
}
