//! Tracking numbers: what a customer reads out over the telephone.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::TrackingPrefix;

/// 31 characters that cannot be taken for one another: no 0/O, no 1/I/L, no U/V. A prime number of them, so that the
/// check character below finds every single wrong character and every swap of two.
const ALPHABET: &[u8; 31] = b"123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUP: usize = 5;
/// Nine random characters (31⁹ ≈ 2.6 × 10¹³, so that a collision is rare at tens of millions of complaints) and the
/// check character.
const LENGTH: usize = 2 * GROUP;
/// Of what was copied with characters that no number has, at most so many readings are tried.
const MOST_MEANT: usize = 16;

/// `RD-XXXXX-XXXXC`: the prefix of the brand, nine random characters and a check character. Nothing but the brand can be read
/// from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrackingNumber(String);

/// Why a text is not a tracking number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrackingNumberError {
    /// Not of the form.
    #[error(
        "a tracking number is two to four letters and two groups of five characters, such as AB-DCNNM-Y6G1W"
    )]
    Form,
    /// Of the form, but with a slip in it.
    #[error(
        "the check character does not match: please compare the tracking number with the letter or message"
    )]
    Check,
}

impl TrackingNumber {
    /// Makes a number of random bits; only what remains of a division by 31⁹ counts.
    #[must_use]
    pub fn from_random(prefix: &TrackingPrefix, bits: u64) -> Self {
        let mut rest = bits;
        let mut digits = [0_usize; LENGTH];
        let [random @ .., check] = &mut digits;
        for digit in random.iter_mut() {
            // Below 31, so it fits whatever the size of usize is.
            *digit = usize::try_from(rest % 31).unwrap_or(0);
            rest /= 31;
        }
        *check = check_digit(random);
        Self::write(prefix.as_str(), &digits)
    }

    /// The text, in its canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what a person types: any case, with or without hyphens and spaces. A number without a prefix gets this one.
    ///
    /// # Errors
    /// When it is not of the form, or has a slip in it.
    pub fn read(text: &str, usual: Option<&TrackingPrefix>) -> Result<Self, TrackingNumberError> {
        let compact: String = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let form = TrackingNumberError::Form;
        let split = compact.len().checked_sub(LENGTH);
        let (prefix, body) = split
            .and_then(|at| compact.split_at_checked(at))
            .ok_or(form)?;
        let prefix = match (prefix, usual) {
            ("", Some(usual)) => usual.clone(),
            (prefix, _) => prefix.parse().map_err(|_| form)?,
        };
        let digits: Vec<usize> = body
            .bytes()
            .map(|byte| ALPHABET.iter().position(|known| *known == byte))
            .collect::<Option<_>>()
            .ok_or(form)?;
        if check_digit(&digits[..LENGTH - 1]) != digits[LENGTH - 1] {
            return Err(TrackingNumberError::Check);
        }
        Ok(Self::write(prefix.as_str(), &digits))
    }

    /// Reads what a person may have copied by eye: as [`TrackingNumber::read`], with whatever separators, and with characters that no
    /// number has in place of those that they are taken for. More than one number may be meant. A number without a prefix gets each
    /// of these.
    ///
    /// # Errors
    /// When it is not of the form, or whatever was meant has a slip in it.
    pub fn meant<'p>(
        text: &str,
        usual: impl IntoIterator<Item = &'p TrackingPrefix>,
    ) -> Result<BTreeSet<Self>, TrackingNumberError> {
        let form = TrackingNumberError::Form;
        let compact: Vec<char> = text
            .chars()
            .filter(|c| c.is_alphanumeric())
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let split = compact.len().checked_sub(LENGTH);
        let (prefix, body) = split
            .and_then(|at| compact.split_at_checked(at))
            .ok_or(form)?;
        let prefixes: Vec<TrackingPrefix> = match prefix {
            [] => usual.into_iter().cloned().collect(),
            // Of letters only.
            letters => {
                let letters = letters.iter().map(|c| if *c == '0' { 'O' } else { *c });
                let prefix = letters.collect::<String>().parse();
                vec![prefix.map_err(|_| form)?]
            }
        };
        let mut bodies = vec![String::with_capacity(LENGTH)];
        for c in body {
            let meant: &[char] = match c {
                '0' | 'O' => &['D', 'Q'],
                'I' | 'L' => &['1'],
                'U' => &['V'],
                other => std::slice::from_ref(other),
            };
            if bodies.len() * meant.len() > MOST_MEANT {
                return Err(form);
            }
            let longer = bodies.iter().flat_map(|begun| {
                let longer = meant.iter();
                longer.map(move |c| format!("{begun}{c}"))
            });
            bodies = longer.collect();
        }
        let read = bodies.iter().flat_map(|body| {
            let prefixes = prefixes.iter();
            prefixes.map(move |prefix| Self::read(body, Some(prefix)))
        });
        let mut slip = form;
        let mut numbers = BTreeSet::new();
        for read in read {
            match read {
                Ok(number) => {
                    numbers.insert(number);
                }
                Err(TrackingNumberError::Check) => slip = TrackingNumberError::Check,
                Err(TrackingNumberError::Form) => {}
            }
        }
        if numbers.is_empty() {
            Err(slip)
        } else {
            Ok(numbers)
        }
    }

    fn write(prefix: &str, digits: &[usize]) -> Self {
        let mut text = String::with_capacity(prefix.len() + LENGTH + 2);
        text.push_str(prefix);
        text.push('-');
        for (place, digit) in digits.iter().enumerate() {
            if place == GROUP {
                text.push('-');
            }
            text.push(char::from(ALPHABET[digit % ALPHABET.len()]));
        }
        TrackingNumber(text)
    }
}

/// Chosen so that the sum of weight times digit over all characters, itself included, is divisible by 31. The weights
/// 1 to 10 differ and none is zero modulo 31, which is what finds substitutions and swaps.
fn check_digit(digits: &[usize]) -> usize {
    let sum: usize = digits
        .iter()
        .enumerate()
        .map(|(place, digit)| (place + 1) * digit)
        .sum();
    // The inverse of the last weight, 10, modulo 31 is 28.
    (31 - sum % 31) * 28 % 31
}

impl FromStr for TrackingNumber {
    type Err = TrackingNumberError;

    /// Reads a number with its prefix, as [`TrackingNumber::read`] does.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text, None)
    }
}

impl fmt::Display for TrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TrackingNumber {
    type Error = TrackingNumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TrackingNumber> for String {
    fn from(number: TrackingNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn rd() -> TrackingPrefix {
        "RD".parse().unwrap()
    }

    #[test]
    fn every_number_reads_back_however_it_is_typed() {
        for bits in [0, 1, 30, 31, 123_456_789, u64::MAX, 0x9E37_79B9_7F4A_7C15] {
            let number = TrackingNumber::from_random(&rd(), bits);
            assert_eq!(number.as_str().len(), 14, "{number}");
            assert_eq!(number.to_string(), number.as_str());
            assert_eq!(number.as_str().parse(), Ok(number.clone()));
            assert_eq!(
                number.as_str().to_lowercase().replace('-', " ").parse(),
                Ok(number.clone())
            );
            let bare = number.as_str()[3..].replace('-', "");
            assert_eq!(
                bare.parse::<TrackingNumber>(),
                Err(TrackingNumberError::Form)
            );
            assert_eq!(TrackingNumber::read(&bare, Some(&rd())), Ok(number));
        }
    }

    #[test]
    fn a_number_keeps_its_own_prefix_whatever_the_usual_one_is() {
        for prefix in ["HM", "ABC", "WXYZ"] {
            let prefix: TrackingPrefix = prefix.parse().unwrap();
            let number = TrackingNumber::from_random(&prefix, 7);
            assert!(number.as_str().starts_with(prefix.as_str()), "{number}");
            let typed = number.as_str().to_lowercase();
            assert_eq!(TrackingNumber::read(&typed, Some(&rd())), Ok(number));
        }
        for wrong in ["R", "RDRDR", "R2"] {
            assert_eq!(wrong.parse::<TrackingPrefix>().ok(), None, "{wrong}");
        }
    }

    #[test]
    fn a_number_that_was_copied_by_eye_is_read_as_what_was_meant() {
        let with = |wanted: &[char]| {
            let numbers = (0_u64..).map(|bits| {
                let bits = bits.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                TrackingNumber::from_random(&rd(), bits)
            });
            let mut numbers = numbers.filter(|number| {
                let body = &number.as_str()[3..];
                wanted.iter().all(|c| body.contains(*c))
            });
            numbers.next().unwrap()
        };
        for (wanted, right, wrong) in [
            ('D', 'D', 'O'),
            ('D', 'D', '0'),
            ('Q', 'Q', '0'),
            ('1', '1', 'l'),
            ('1', '1', 'I'),
            ('V', 'V', 'u'),
        ] {
            let number = with(&[wanted]);
            let body = number.as_str()[3..].replace(right, &wrong.to_string());
            for typed in [
                format!("RD-{body}"),
                format!("rd {}", body.replace('-', "")),
                format!("RD\u{2013}{}", body.to_lowercase().replace('-', ".")),
                body,
            ] {
                let meant = TrackingNumber::meant(&typed, [&rd()]).unwrap();
                assert!(meant.contains(&number), "{typed}: {meant:?}");
                assert!(meant.len() < 3, "{meant:?}");
            }
        }
        let number = with(&['D', 'Q']);
        let [harbour, jive]: [TrackingPrefix; 2] =
            ["HM", "RD"].map(|prefix| prefix.parse().unwrap());
        let bare = &number.as_str()[3..];
        let meant = TrackingNumber::meant(bare, [&harbour, &jive]).unwrap();
        assert_eq!(meant.len(), 2, "one for each prefix");
        for (wrong, error) in [
            ("", TrackingNumberError::Form),
            ("RD-OOOOO-OOOOO", TrackingNumberError::Form),
            ("RD-12345-6789$", TrackingNumberError::Form),
            ("Ä9-12345-67891", TrackingNumberError::Form),
            ("RD-11111-11112", TrackingNumberError::Check),
        ] {
            assert_eq!(TrackingNumber::meant(wrong, [&rd()]), Err(error), "{wrong}");
        }
        assert_eq!(
            TrackingNumber::meant(bare, []),
            Err(TrackingNumberError::Form)
        );
    }

    #[test]
    fn nine_characters_are_random_and_the_tenth_follows_from_them() {
        let digits = [5, 0, 30, 17, 1, 2, 29, 8, 11];
        let bits = digits.iter().rev().fold(0, |bits, digit| bits * 31 + digit);
        let number = TrackingNumber::from_random(&rd(), bits);
        let text = number.as_str()[3..].replace('-', "");
        let of = |digit: &u64| char::from(ALPHABET[usize::try_from(*digit).unwrap()]);
        let expected: String = digits.iter().map(of).collect();
        assert_eq!(text[..9], expected);
        let all = text.bytes().zip(1..);
        let all =
            all.map(|(byte, weight)| (ALPHABET.iter().position(|known| *known == byte), weight));
        let sum: usize = all.map(|(digit, weight)| digit.unwrap() * weight).sum();
        assert_eq!(sum % 31, 0, "{text}");
        let same = TrackingNumber::from_random(&rd(), bits + 31_u64.pow(9));
        assert_eq!(same, number, "no further bits count");
    }

    #[test]
    fn every_single_slip_and_every_swap_is_found() {
        let number = TrackingNumber::from_random(&rd(), 0x1234_5678_9ABC_DEF0);
        let compact: Vec<u8> = number.as_str()[3..].replace('-', "").into_bytes();
        for place in 0..LENGTH {
            for wrong in ALPHABET.iter().filter(|c| **c != compact[place]) {
                let mut slipped = compact.clone();
                slipped[place] = *wrong;
                let text = String::from_utf8(slipped).unwrap();
                assert_eq!(
                    TrackingNumber::read(&text, Some(&rd())),
                    Err(TrackingNumberError::Check),
                    "{text}"
                );
            }
            for other in (place + 1..LENGTH).filter(|other| compact[*other] != compact[place]) {
                let mut swapped = compact.clone();
                swapped.swap(place, other);
                let text = String::from_utf8(swapped).unwrap();
                assert_eq!(
                    TrackingNumber::read(&text, Some(&rd())),
                    Err(TrackingNumberError::Check),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_tracking_number_is_refused() {
        for text in [
            "",
            "RD-",
            "RD-12345",
            "RD-12345-678O9",
            "R2D2",
            "R2-DCNNM-Y6G1W",
            "ABCDE-DCNNM-Y6G1W",
            "RDXX-DCNNM-Y6G1WA",
            "ü",
        ] {
            assert_eq!(
                text.parse::<TrackingNumber>(),
                Err(TrackingNumberError::Form),
                "{text}"
            );
        }
    }
}
