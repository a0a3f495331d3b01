//! Names and other identifiers.

use uuid::Uuid;

use super::{Check, SHORT};
use crate::{
    domain::{ComplaintRef, SYSTEM_ACTOR, TrackingNumber, TrackingNumberError},
    intake::etag::version_of,
    store::NOBODY,
    writing,
};

/// What the name of every complaint begins with.
pub(crate) const COLLECTION: &str = "complaints/";
/// The collections of what belongs to a complaint and has a number.
pub(crate) const EVENTS: &str = "events";
pub(crate) const NOTICES: &str = "notices";

/// The most complaints that a request names in one field.
const MOST_COMPLAINTS: usize = 100;

impl Check {
    /// The complaint that a request names.
    pub(crate) fn complaint(&mut self, name: &str) -> Option<ComplaintRef> {
        self.complaint_in("name", name)
    }

    /// The complaint that a field names.
    pub(crate) fn complaint_in(&mut self, field: &str, name: &str) -> Option<ComplaintRef> {
        const WANTED: &str = "must be complaints/{id} or complaints/{tracking number}";
        let Some(id) = name.strip_prefix(COLLECTION) else {
            self.violation(field, WANTED);
            return None;
        };
        if let Some(id) = hyphenated(id) {
            return Some(ComplaintRef::Id(id));
        }
        let usual = self.brands().only().map(|brand| &brand.tracking_prefix);
        match TrackingNumber::read(id, usual) {
            Ok(number) => Some(ComplaintRef::Tracking(number)),
            Err(form @ TrackingNumberError::Form) => {
                self.violation(field, format!("{WANTED}; {form}"));
                None
            }
            Err(slip @ TrackingNumberError::Check) => {
                self.violation(field, slip.to_string());
                None
            }
        }
    }

    /// The complaints that the field `complaints` names.
    pub(crate) fn complaints(&mut self, names: &[String]) -> Vec<ComplaintRef> {
        if names.len() > MOST_COMPLAINTS {
            let wanted = format!("must have at most {MOST_COMPLAINTS} names");
            self.violation("complaints", wanted);
            return Vec::new();
        }
        let named = names.iter().enumerate();
        named
            .filter_map(|(place, name)| self.complaint_in(&format!("complaints[{place}]"), name))
            .collect()
    }

    /// What a request names that belongs to a complaint and has a number: `complaints/{id}/events/{sequence}`.
    pub(crate) fn numbered(&mut self, collection: &str, name: &str) -> Option<(ComplaintRef, i64)> {
        let parted = name.rsplit_once('/').and_then(|(parent, number)| {
            let complaint = parent.strip_suffix(collection)?.strip_suffix('/')?;
            // One form alone: no sign, no leading zero.
            let sequence: i64 = number.parse().ok()?;
            let canonical = sequence > 0 && sequence.to_string() == number;
            canonical.then_some((complaint, sequence))
        });
        let Some((complaint, sequence)) = parted else {
            let wanted = format!("must be complaints/{{id}}/{collection}/{{sequence}}");
            self.violation("name", wanted);
            return None;
        };
        Some((self.complaint(complaint)?, sequence))
    }

    /// The id that makes a request safe to repeat, where one was given.
    pub(crate) fn request_id(&mut self, text: &str) -> Option<Uuid> {
        if text.is_empty() {
            return None;
        }
        let id = hyphenated(text).filter(|id| !id.is_nil());
        if id.is_none() {
            self.violation(
                "request_id",
                "must be a UUID such as 6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21",
            );
        }
        id
    }

    /// The version that an etag stands for, where one was given.
    pub(crate) fn etag(&mut self, text: &str) -> Option<i64> {
        self.etag_at("etag", text)
    }

    /// As [`Self::etag`], where it stands in another field.
    pub(crate) fn etag_at(&mut self, field: &str, text: &str) -> Option<i64> {
        if text.is_empty() {
            return None;
        }
        let version = version_of(text);
        if version.is_none() {
            self.violation(field, "must be an etag as it was returned");
        }
        version
    }

    /// Who acts.
    pub(crate) fn actor(&mut self, text: &str) -> Option<String> {
        let actor = self.required("actor", text, SHORT)?;
        self.person("actor", actor)
    }

    /// Who is to handle a complaint, if somebody was named.
    pub(crate) fn assignee(&mut self, text: &str) -> Option<String> {
        let assignee = self.optional("assignee", text, SHORT)?;
        if assignee == NOBODY {
            self.violation("assignee", "must name a handler");
            return None;
        }
        self.person("assignee", assignee)
    }

    /// A name by which staff are told from one another, and from the service.
    fn person(&mut self, field: &str, name: String) -> Option<String> {
        if let Some(wrong) = wrong_with(&name) {
            self.violation(field, wrong);
            return None;
        }
        Some(name)
    }
}

/// What is wrong with a name by which staff are told from one another, and from the service.
fn wrong_with(name: &str) -> Option<&'static str> {
    if writing::look_alike(name, SYSTEM_ACTOR) {
        // What the service does by itself must be told from what somebody did.
        Some("must not be the name of the service itself, nor look like it")
    } else if !name.chars().any(char::is_alphanumeric) {
        Some("must have a letter or a digit")
    } else if writing::mixes_scripts(name) {
        Some("must not mix letters of several scripts in one word: it would look like another name")
    } else {
        None
    }
}

/// The name of somebody who may act, in the form in which an `actor` is kept.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn staff_name(name: &str) -> Result<String, &'static str> {
    let name = SHORT
        .text(name)
        .ok_or("must be a text of 1 to 100 characters in one line, all of which can be seen")?;
    wrong_with(&name).map_or(Ok(name), Err)
}

/// A UUID in its usual form alone, which no tracking number has.
pub(super) fn hyphenated(text: &str) -> Option<Uuid> {
    const LENGTH: usize = 36;
    (text.len() == LENGTH)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::check, *};
    use crate::{domain::TrackingNumber, intake::etag_of};

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn a_complaint_is_named_by_its_id_or_its_tracking_number() {
        let mut check = check();
        let number = TrackingNumber::from_random(&"RD".parse().unwrap(), 7);
        for (name, which) in [
            (
                ID.to_owned(),
                ComplaintRef::Id(Uuid::from_u128(0x01890a5d_ac96_774b_bcce_b302099a8057)),
            ),
            (number.to_string(), ComplaintRef::Tracking(number.clone())),
            (
                number.to_string().to_lowercase(),
                ComplaintRef::Tracking(number),
            ),
        ] {
            assert_eq!(check.complaint(&format!("complaints/{name}")), Some(which));
        }
        assert!(check.fields().is_empty());
    }

    #[test]
    fn a_slip_in_a_tracking_number_is_named_as_such() {
        let mut slipped = TrackingNumber::from_random(&"RD".parse().unwrap(), 7).to_string();
        let last = if slipped.ends_with('2') { '3' } else { '2' };
        slipped.pop();
        slipped.push(last);
        let mut check = check();
        assert_eq!(check.complaint(&format!("complaints/{slipped}")), None);
        assert!(check.only().contains("check character"));
    }

    #[test]
    fn what_names_no_complaint_is_refused() {
        for name in [
            "",
            "complaints/",
            ID,
            "complaint/1",
            "complaints/1",
            "complaints/{01890a5d-ac96-774b-bcce-b302099a8057}",
            "complaints/01890a5dac96774bbcceb302099a8057",
            "complaints/01890a5d-ac96-774b-bcce-b302099a8057/events",
        ] {
            let mut check = check();
            assert_eq!(check.complaint(name), None, "{name}");
            assert_eq!(check.fields(), ["name"]);
        }
    }

    #[test]
    fn a_request_id_is_a_uuid_or_missing() {
        let mut check = check();
        assert_eq!(check.request_id(""), None);
        assert!(check.request_id(ID).is_some());
        assert!(check.fields().is_empty());
        for bad in ["1", " ", &ID[1..], &Uuid::nil().to_string()] {
            assert_eq!(check.request_id(bad), None);
        }
        assert_eq!(check.fields(), ["request_id"; 4]);
    }

    #[test]
    fn an_etag_comes_back_as_the_version_that_it_was_made_of() {
        let mut check = check();
        for version in [0, 1, i64::MAX] {
            assert_eq!(check.etag(&etag_of(version)), Some(version));
        }
        assert_eq!(check.etag(""), None);
        assert!(check.fields().is_empty());
        for bad in [
            "7",
            "\"",
            "\"\"",
            "\"x\"",
            "\"-1\"",
            "\"99999999999999999999\"",
        ] {
            assert_eq!(check.etag(bad), None, "{bad}");
        }
        assert_eq!(check.fields(), ["etag"; 6]);
    }

    #[test]
    fn nobody_acts_in_the_name_of_the_service() {
        let mut check = check();
        assert_eq!(check.actor("agent 7").as_deref(), Some("agent 7"));
        assert!(check.fields().is_empty());
        assert_eq!(check.actor("redress"), None);
        assert_eq!(check.actor(" Redress "), None);
        assert_eq!(check.actor(""), None);
        assert_eq!(check.fields(), ["actor"; 3]);
    }

    #[test]
    fn no_name_looks_like_that_of_the_service_or_of_somebody_else() {
        let mut check = check();
        for name in [
            "redr\u{435}ss",
            "Ｒedress",
            "r e d r e s s",
            "\u{430}da",
            "…",
            "—",
        ] {
            assert_eq!(check.actor(name), None, "{name}");
            assert_eq!(check.assignee(name), None, "{name}");
        }
        assert_eq!(check.fields(), ["actor", "assignee"].repeat(6));
        for name in ["redress-importer", "Ελένη", "Иван Petrov", "山田 花子"] {
            assert_eq!(
                super::super::tests::check().actor(name).as_deref(),
                Some(name)
            );
        }
    }

    #[test]
    fn the_word_for_nobody_is_no_handler() {
        let mut check = check();
        assert_eq!(check.assignee(""), None);
        assert_eq!(check.assignee("maria").as_deref(), Some("maria"));
        assert!(check.fields().is_empty());
        assert_eq!(check.assignee("-"), None);
        assert_eq!(check.fields(), ["assignee"]);
    }
}
