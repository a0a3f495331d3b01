//! What kinds of personal data an answer may show.

use crate::policy::words;

words! {
    /// A kind of personal data, by where it stands in an answer.
    PersonalKind {
        /// Who complains: the name, the contact data, and whatever else is recorded of the person.
        Customer = "customer",
        /// What the customer complains about and wants, in words.
        IssueText = "issue_text",
        /// What was said or written with an event.
        EventText = "event_text",
        /// What the customer was told.
        NoticeText = "notice_text",
        /// Whom a notice is addressed to.
        NoticeAddressee = "notice_addressee",
        /// That a complaint is one of the person who was searched for.
        PersonSearch = "person_search",
    }
}
