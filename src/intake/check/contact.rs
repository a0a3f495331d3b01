//! E-mail addresses and telephone numbers.

use email_address::{EmailAddress, Options};

use super::{Check, TextRule};
use crate::brand::Brand;

/// RFC 5321, 4.5.3.1.3: a path has at most 256 octets, of which two are its brackets.
const LONGEST_ADDRESS: usize = 254;
/// More than any way to write fifteen digits.
const LONGEST_PHONE: usize = 40;

impl Check {
    /// An e-mail address, where one was given.
    pub(crate) fn email(&mut self, field: &str, text: &str) -> Option<String> {
        let address = self.optional(field, text, TextRule::one_line(LONGEST_ADDRESS))?;
        let options = Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        // The limit is one of octets.
        let fits = address.len() <= LONGEST_ADDRESS
            && EmailAddress::parse_with_options(&address, options).is_ok();
        if !fits {
            self.violation(field, "must be an address such as name@example.com");
            return None;
        }
        Some(address)
    }

    /// A telephone number in E.164 form, where one was given to a brand that the request does not name: it needs its country
    /// code unless there is only one brand.
    pub(crate) fn phone_of_any(&mut self, field: &str, text: &str) -> Option<String> {
        let only = self.brands().only().cloned();
        if only.is_none() && !text.trim().is_empty() && !text.trim().starts_with('+') {
            self.violation(field, "must begin with + and the country code");
            return None;
        }
        let any = only.or_else(|| self.brands().current().next().cloned());
        self.phone(field, text, any.as_deref())
    }

    /// A telephone number in E.164 form, where one was given to a brand.
    pub(crate) fn phone(
        &mut self,
        field: &str,
        text: &str,
        brand: Option<&Brand>,
    ) -> Option<String> {
        let text = self.optional(field, text, TextRule::one_line(LONGEST_PHONE))?;
        // Without a brand, which was noted, nobody knows where the number is from.
        let brand = brand?;
        let number = brand.e164(&text);
        if number.is_none() {
            let home = brand.region_code();
            self.violation(
                field,
                format!(
                    "must be a telephone number without an extension, with + and the country code unless it is one of {home}"
                ),
            );
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Check, tests::check};

    fn phone(check: &mut Check, written: &str) -> Option<String> {
        let jive = check.brand("brand", "jive");
        check.phone("phone", written, jive.as_deref())
    }

    #[test]
    fn numbers_of_many_countries_are_stored_in_one_form() {
        for (written, stored) in [
            ("+1 514 555 0142", "+15145550142"),
            ("(514) 555-0142", "+15145550142"),
            ("1-888-221-1687", "+18882211687"),
            ("+1 (617) 555-0123", "+16175550123"),
            ("+49 30 901820", "+4930901820"),
            ("+49 (0)30 901820", "+4930901820"),
            ("+33 1 42 68 53 00", "+33142685300"),
            ("+44 20 7946 0958", "+442079460958"),
            ("+34 912 345 678", "+34912345678"),
            ("+52 55 5555 5555", "+525555555555"),
            ("  +39 06 6982 ", "+39066982"),
        ] {
            let mut check = check();
            assert_eq!(phone(&mut check, written).as_deref(), Some(stored));
            assert!(check.fields().is_empty());
        }
    }

    #[test]
    fn what_is_no_telephone_number_is_refused() {
        for written in [
            "call me",
            "+1 514 555",
            "+1 514 555 01422",
            "911",
            "+999 123 456 789",
            "+33 1 42",
            "+",
            "+1 514 555 0142 ext. 5",
            "0000000000",
            "١٢٣",
        ] {
            let mut check = check();
            assert_eq!(phone(&mut check, written), None, "{written}");
            assert_eq!(check.fields(), ["phone"]);
        }
        assert_eq!(phone(&mut check(), ""), None);
    }

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in [
            "a@example.com",
            "first.last+tag@mail.example.co.uk",
            "jürgen@example.de",
        ] {
            let mut check = check();
            assert_eq!(check.email("email", good).as_deref(), Some(good));
            assert!(check.fields().is_empty());
        }
        let long = format!("{}@{}.com", "a".repeat(64), "b".repeat(60));
        for bad in [
            "nobody",
            "a@b",
            "a b@example.com",
            "A <a@example.com>",
            "a@[127.0.0.1]",
            "a@@example.com",
            "a@example.com\u{0}",
            &format!("a{long}"),
            &format!("a@{}com", "example.".repeat(40)),
        ] {
            let mut check = check();
            assert_eq!(check.email("email", bad), None, "{bad}");
            assert_eq!(check.fields(), ["email"]);
        }
    }
}
