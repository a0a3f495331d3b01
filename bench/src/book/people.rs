//! The customers of a book: some names are common, and most are not.

use redress::domain::Customer;

/// The most common family name, which one in so many has.
pub(crate) const COMMON: &str = "Smith";
const COMMON_EACH: usize = 50;
/// The most common first name.
pub(crate) const COMMON_FIRST: &str = "Mary";
const FIRST_EACH: usize = 40;
/// How many other names there are.
const FAMILIES: usize = 30_000;
const FIRSTS: usize = 500;

const SYLLABLES: [&str; 20] = [
    "ba", "cor", "del", "en", "fi", "gar", "ho", "il", "jo", "kas", "lo", "mar", "ne", "or", "pe",
    "quin", "ros", "sa", "tre", "vi",
];

/// A name of this number.
fn name(number: usize, least: usize) -> String {
    let (mut rest, mut name) = (number, String::new());
    for place in 0.. {
        if rest == 0 && place >= least {
            break;
        }
        name.push_str(SYLLABLES[rest % SYLLABLES.len()]);
        rest /= SYLLABLES.len();
    }
    name
}

/// Spreads numbers that follow one another.
fn spread(number: usize, over: usize) -> usize {
    number.wrapping_mul(0x9E37_79B9) % over
}

/// The family name of a customer.
pub(crate) fn family(number: usize) -> String {
    match number % COMMON_EACH {
        0 => COMMON.to_owned(),
        _ => name(spread(number, FAMILIES), 3),
    }
}

/// The telephone number of a customer.
pub(crate) fn phone(number: usize) -> String {
    format!("+1514{:07}", 2_000_000 + number % 7_000_000)
}

/// A customer of this number.
pub(crate) fn customer(number: usize) -> Customer {
    let first = match number / COMMON_EACH % FIRST_EACH {
        0 => COMMON_FIRST.to_owned(),
        _ => name(spread(number, FIRSTS), 2),
    };
    let letter = |number: usize| char::from(b"ABCEGHJKLM"[number % 10]);
    let code = format!(
        "H{}{} {}{}{}",
        number % 10,
        letter(number / 10),
        number / 100 % 10,
        letter(number / 1_000),
        number / 7 % 10
    );
    Customer {
        full_name: format!("{first} {}", family(number)),
        email: Some(format!("customer{number}@example.com")),
        phone: Some(phone(number)),
        postal_address: Some(format!(
            "{} Sample Street\nMontréal QC {code}",
            number % 900 + 1
        )),
        account_number: Some(format!("A-{:09}", 100_200_300 + number)),
        ..Customer::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn one_name_is_common_and_the_others_are_not() {
        let mut families: BTreeMap<String, usize> = BTreeMap::new();
        for number in 0..100_000 {
            *families.entry(family(number)).or_default() += 1;
        }
        assert_eq!(families[COMMON], 2_000);
        let others = families.iter().filter(|(name, _)| *name != COMMON);
        assert!(others.map(|(_, count)| *count).max().unwrap() < 100);
        assert!(families.len() > 5_000, "{}", families.len());
    }
}
