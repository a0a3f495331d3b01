//! The kinds of personal data that a response may contain.

use crate::policy::words;

words! {
    /// A kind of personal data, by where it appears in a response.
    PersonalKind {
        /// The customer: name, contact details, and anything else recorded about the person.
        Customer = "customer",
        /// The description of the issue and of the remedy sought.
        IssueText = "issue_text",
        /// Text recorded with an event: what was said or written.
        EventText = "event_text",
        /// The text of a notice.
        NoticeText = "notice_text",
        /// The addressee of a notice.
        NoticeAddressee = "notice_addressee",
        /// The fact that a complaint belongs to the person searched for.
        PersonSearch = "person_search",
    }
}
