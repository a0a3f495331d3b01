//! The personal data among the fields of answers. There is one account of them: by it they are left out for callers who may not
//! see them, and by it it is recorded what the others were shown.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use uuid::Uuid;

use crate::{access::PersonalKind, intake::COLLECTION, proto::v1};

/// An answer that may have personal data among its fields.
pub(super) trait Personal {
    /// Hands over each place where a personal datum may stand.
    fn each(&mut self, hand: &mut dyn Hand);
}

/// Is handed the places in an answer where personal data may stand.
pub(super) trait Hand {
    /// One of them, with the complaint that it is about.
    fn place(&mut self, complaint: Uuid, kind: PersonalKind, datum: &mut dyn Datum);
}

/// What stands in such a place.
pub(super) trait Datum {
    /// Whether nothing personal stands there.
    fn is_empty(&self) -> bool;

    /// Leaves the place as it is once what stands there is erased.
    fn clear(&mut self);
}

/// Leaves all of it out.
#[derive(Debug)]
pub(super) struct LeaveOut;

impl Hand for LeaveOut {
    fn place(&mut self, _: Uuid, _: PersonalKind, datum: &mut dyn Datum) {
        datum.clear();
    }
}

/// What is shown of each complaint. What is empty, or was left out, is not.
#[derive(Debug, Default)]
pub(super) struct Shown(BTreeMap<Uuid, BTreeSet<PersonalKind>>);

impl Shown {
    /// What an answer shows.
    pub(super) fn by(answer: &mut impl Personal) -> Self {
        let mut shown = Shown::default();
        answer.each(&mut shown);
        shown
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The kinds, whichever complaint they are about.
    pub(super) fn kinds(self) -> impl Iterator<Item = PersonalKind> {
        self.0.into_values().flatten()
    }
}

impl Hand for Shown {
    fn place(&mut self, complaint: Uuid, kind: PersonalKind, datum: &mut dyn Datum) {
        if !datum.is_empty() {
            self.0.entry(complaint).or_default().insert(kind);
        }
    }
}

impl IntoIterator for Shown {
    type Item = (Uuid, BTreeSet<PersonalKind>);
    type IntoIter = btree_map::IntoIter<Uuid, BTreeSet<PersonalKind>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Datum for String {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn clear(&mut self) {
        self.clear();
    }
}

impl Datum for Vec<u8> {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn clear(&mut self) {
        self.clear();
    }
}

/// By which of a person's data a complaint was found.
impl Datum for Vec<i32> {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn clear(&mut self) {
        self.clear();
    }
}

/// A mask may leave nothing of a customer but the message.
impl Datum for Option<v1::Customer> {
    fn is_empty(&self) -> bool {
        self.as_ref()
            .is_none_or(|customer| *customer == v1::Customer::default())
    }

    fn clear(&mut self) {
        *self = None;
    }
}

/// A message with the complaint that it is about, whose name a mask may have left out of it.
#[derive(Debug)]
pub(super) struct Of<T> {
    pub(super) complaint: Uuid,
    pub(super) message: T,
}

impl From<Of<v1::Complaint>> for v1::Complaint {
    fn from(of: Of<v1::Complaint>) -> Self {
        of.message
    }
}

impl<T: Personal> Personal for Vec<T> {
    fn each(&mut self, hand: &mut dyn Hand) {
        self.iter_mut().for_each(|item| item.each(hand));
    }
}

impl<T: Personal> Personal for Option<T> {
    fn each(&mut self, hand: &mut dyn Hand) {
        self.iter_mut().for_each(|item| item.each(hand));
    }
}

impl Personal for Of<v1::Complaint> {
    fn each(&mut self, hand: &mut dyn Hand) {
        let Of { complaint, message } = self;
        hand.place(*complaint, PersonalKind::Customer, &mut message.customer);
        for issue in &mut message.issues {
            for words in [&mut issue.description, &mut issue.desired_outcome] {
                hand.place(*complaint, PersonalKind::IssueText, words);
            }
        }
    }
}

impl Personal for v1::Event {
    fn each(&mut self, hand: &mut dyn Hand) {
        let complaint = named(&self.complaint);
        hand.place(complaint, PersonalKind::EventText, &mut self.text);
    }
}

impl Personal for v1::Notice {
    fn each(&mut self, hand: &mut dyn Hand) {
        let complaint = named(&self.name);
        hand.place(complaint, PersonalKind::NoticeText, &mut self.text);
        hand.place(
            complaint,
            PersonalKind::NoticeAddressee,
            &mut self.addressee,
        );
    }
}

impl Personal for v1::ListEventsResponse {
    fn each(&mut self, hand: &mut dyn Hand) {
        self.events.each(hand);
    }
}

impl Personal for v1::ListNoticesResponse {
    fn each(&mut self, hand: &mut dyn Hand) {
        self.notices.each(hand);
    }
}

impl Personal for v1::WatchEventsResponse {
    fn each(&mut self, hand: &mut dyn Hand) {
        self.event.each(hand);
    }
}

/// Whom a complaint is of is what was searched for.
impl Personal for v1::FindPersonResponse {
    fn each(&mut self, hand: &mut dyn Hand) {
        let complaint = named(&self.complaint);
        hand.place(complaint, PersonalKind::PersonSearch, &mut self.complaint);
    }
}

/// The complaint that a name of ours is of, or of something of it. There is none only where the name is empty.
pub(super) fn named(name: &str) -> Uuid {
    let id = name.strip_prefix(COLLECTION).unwrap_or_default();
    let id = id.split('/').next().unwrap_or_default();
    id.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn complaint() -> Of<v1::Complaint> {
        Of {
            complaint: named(&format!("complaints/{ID}")),
            message: v1::Complaint {
                customer: Some(v1::Customer {
                    full_name: "A".to_owned(),
                    ..v1::Customer::default()
                }),
                issues: vec![v1::Issue {
                    desired_outcome: "A credit.".to_owned(),
                    ..v1::Issue::default()
                }],
                ..v1::Complaint::default()
            },
        }
    }

    #[test]
    fn what_is_left_out_was_not_shown() {
        let mut complaint = complaint();
        let kinds: Vec<_> = Shown::by(&mut complaint).kinds().collect();
        assert_eq!(kinds, [PersonalKind::Customer, PersonalKind::IssueText]);
        complaint.each(&mut LeaveOut);
        assert_eq!(Shown::by(&mut complaint).kinds().count(), 0);
        assert_eq!(complaint.message.customer, None);
    }

    #[test]
    fn an_empty_place_shows_nothing() {
        let mut complaint = complaint();
        complaint.message.customer = Some(v1::Customer::default());
        complaint.message.issues.clear();
        assert_eq!(Shown::by(&mut complaint).kinds().count(), 0);
        let mut searching = v1::FindPersonResponse::default();
        assert_eq!(Shown::by(&mut searching).kinds().count(), 0);
    }

    #[test]
    fn what_belongs_to_a_complaint_names_it() {
        for name in [
            format!("complaints/{ID}"),
            format!("complaints/{ID}/notices/7"),
        ] {
            assert_eq!(named(&name).to_string(), ID);
        }
    }
}
