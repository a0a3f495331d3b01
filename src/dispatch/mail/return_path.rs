//! Return paths of notices: each has its own address, so that a bounce identifies its notice whatever the mail system writes. A
//! signature in the address proves that it is ours, because anybody may write to it.

use std::fmt;

use ring::hmac::{HMAC_SHA256, Key, Tag, sign, verify};

use crate::domain::TrackingNumber;

const BEGIN: &str = "bounce+";
/// How many bytes of the signature the address holds. Each guess costs a mail.
const PROOF: usize = 8;

/// A notice of a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeName {
    /// The complaint.
    pub complaint: TrackingNumber,
    /// The sequence number of the event that issued it.
    pub notice: i64,
}

/// In lower case, because some mail systems fold case; uses only characters that are valid in a local part.
impl fmt::Display for NoticeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let complaint = self.complaint.as_str().to_ascii_lowercase();
        write!(f, "{complaint}-{}", self.notice)
    }
}

/// A returned notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The notice.
    pub notice: NoticeName,
    /// The attempt that sent it. `None`: sent by an older release, which did not put it into the address.
    pub attempt: Option<i32>,
}

/// In the address: the notice, a full stop, and the attempt.
impl fmt::Display for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Returned { notice, attempt } = self;
        match attempt {
            Some(attempt) => write!(f, "{notice}.{attempt}"),
            None => write!(f, "{notice}"),
        }
    }
}

/// Makes and verifies return addresses. All replicas, and whatever processes bounces, share the key.
#[derive(Clone)]
pub struct ReturnPaths([u8; 32]);

impl fmt::Debug for ReturnPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReturnPaths").finish_non_exhaustive()
    }
}

/// Why an address is not a valid return address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoReturnPath {
    /// It does not look like a return address.
    #[error("it is not a return address of a notice")]
    Other,
    /// It has the form, but its signature does not match: it was forged, altered in transit, or made with another key.
    #[error("it looks like a return address of a notice, but was not made with this key")]
    Forged,
}

impl ReturnPaths {
    /// The purpose for which the key is derived.
    pub const PURPOSE: &'static str = "mail return paths";

    /// With the key derived for this purpose.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        ReturnPaths(key)
    }

    /// The return address at this domain for an attempt to send a notice.
    #[must_use]
    pub fn of(&self, sent: &Returned, domain: &str) -> String {
        let name = sent.to_string();
        let proof = base16ct::lower::encode_string(beginning(&self.proof(&name)));
        format!("{BEGIN}{name}.{proof}@{domain}")
    }

    /// The notice of a return address, whatever its domain. Takes the same time wherever a forged signature differs.
    ///
    /// # Errors
    /// When it is not one of ours.
    pub fn notice_of(&self, address: &str) -> Result<Returned, NoReturnPath> {
        let address = address.to_ascii_lowercase();
        let parts = address.rsplit_once('@').and_then(|(user, _)| {
            let (name, proof) = user.strip_prefix(BEGIN)?.rsplit_once('.')?;
            let (complaint, notice) = name.rsplit_once('-')?;
            let complaint = TrackingNumber::read(complaint, None).ok()?;
            let (notice, attempt) = match notice.split_once('.') {
                Some((notice, attempt)) => (notice, Some(attempt.parse().ok()?)),
                None => (notice, None),
            };
            let notice = notice.parse().ok().filter(|notice| *notice > 0)?;
            let notice = NoticeName { complaint, notice };
            Some((Returned { notice, attempt }, proof.to_owned()))
        });
        let (returned, proof) = parts.ok_or(NoReturnPath::Other)?;
        let mut given = [0; PROOF];
        let whole = base16ct::lower::decode(proof.as_bytes(), &mut given);
        if whole.is_ok_and(|proof| proof.len() == PROOF) {
            let expected = self.proof(&returned.to_string());
            // Compares signatures of both, so that the time does not depend on where they differ.
            let key = self.key();
            if verify(&key, beginning(&expected), sign(&key, &given).as_ref()).is_ok() {
                return Ok(returned);
            }
        }
        Err(NoReturnPath::Forged)
    }

    fn key(&self) -> Key {
        Key::new(HMAC_SHA256, &self.0)
    }

    fn proof(&self, name: &str) -> Tag {
        sign(&self.key(), name.as_bytes())
    }
}

/// The part of the signature that the address holds.
fn beginning(proof: &Tag) -> &[u8] {
    let whole = proof.as_ref();
    whole.get(..PROOF).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn sent(attempt: Option<i32>) -> Returned {
        Returned {
            notice: NoticeName {
                complaint: "RD-DCNNM-Y6G1W".parse().unwrap(),
                notice: 7,
            },
            attempt,
        }
    }

    #[test]
    fn a_notice_and_its_attempt_are_known_by_the_address_that_it_returns_to() {
        let paths = ReturnPaths::new([7; 32]);
        // Worked out with Python's hmac.
        for (attempt, expected) in [
            (
                Some(2),
                "bounce+rd-dcnnm-y6g1w-7.2.7a4c6a9aa815605d@jive.example",
            ),
            // As mail that is on its way may still have it.
            (
                None,
                "bounce+rd-dcnnm-y6g1w-7.4b98fa5dc63acf48@jive.example",
            ),
        ] {
            let address = paths.of(&sent(attempt), "jive.example");
            assert_eq!(address, expected);
            let (user, _) = address.split_once('@').unwrap();
            assert!(user.len() <= 64, "RFC 5321, 4.5.3.1.1");
            for as_it_comes in [
                address.clone(),
                address.to_ascii_uppercase(),
                address.replace("jive.example", "mx.other.example"),
            ] {
                assert_eq!(paths.notice_of(&as_it_comes), Ok(sent(attempt)));
            }
        }
        assert_eq!(format!("{paths:?}"), "ReturnPaths { .. }");
    }

    #[test]
    fn nobody_makes_up_an_address_that_a_notice_returns_to() {
        let paths = ReturnPaths::new([7; 32]);
        let address = paths.of(&sent(Some(2)), "jive.example");
        let other_key = ReturnPaths::new([8; 32]).of(&sent(Some(2)), "jive.example");
        let (user, domain) = address.split_once('@').unwrap();
        let (begin, proof) = user.rsplit_once('.').unwrap();
        assert_eq!(domain, "jive.example");
        let proof = &proof[..2 * PROOF];
        for forged in [
            address.replace("-7.", "-8."),
            address.replace("-7.2.", "-7.3."),
            address.replace("-7.2.", "-7."),
            other_key,
            format!("{begin}.@jive.example"),
            format!("{begin}.{}@jive.example", &proof[..14]),
            format!("{begin}.{proof}00@jive.example"),
            format!("{begin}.zz{}@jive.example", &proof[2..]),
        ] {
            assert_eq!(
                paths.notice_of(&forged),
                Err(NoReturnPath::Forged),
                "{forged}"
            );
        }
        for other in [
            "complaints@jive.example",
            "bounce+rd-dcnnm-y6g1w-7@jive.example",
            "bounce+rd-dcnnm-y6g2w-7.0123456789abcdef@jive.example",
            "bounce+rd-dcnnm-y6g1w-0.0123456789abcdef@jive.example",
            "bounce+rd-dcnnm-y6g1w-7.x.0123456789abcdef@jive.example",
            "bounce+7.0123456789abcdef@jive.example",
            "bounce+",
            "",
        ] {
            assert_eq!(paths.notice_of(other), Err(NoReturnPath::Other), "{other}");
        }
    }
}
