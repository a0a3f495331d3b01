//! What becomes of a notice once it is issued: sent, posted, told, delivered, or failed.
//!
//! A promise to tell a customer something is kept when the customer was told: by the first of sent, posted and told. What
//! happens afterwards, such as a mail that comes back, is recorded and changes nothing that was counted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    customer::{ContactMeans, Customer},
    notice::NoticeKind,
};
use crate::policy::{Channel, Trigger, words};

words! {
    /// Where a notice stands on its way to the customer.
    NoticeState {
        /// It is to be sent.
        Waiting = "waiting",
        /// The relay, or whatever system sends it, has it.
        Sent = "sent",
        /// The letter is in the post.
        Posted = "posted",
        /// Somebody told the customer what it says.
        Told = "told",
        /// The means confirms that it arrived.
        Delivered = "delivered",
        Failed = "failed",
    }
}

words! {
    /// Why a notice did not reach the customer.
    NoticeFailure {
        /// A message came back.
        Bounced = "bounced",
        /// A letter came back.
        Returned = "returned",
        /// There is no address for any means by which the brand writes.
        NoAddress = "no_address",
        /// Whoever was to take it refused it for good.
        Refused = "refused",
        /// It was tried for long enough.
        GivenUp = "given_up",
        /// The personal data were erased before it was sent.
        Erased = "erased",
    }
}

impl NoticeState {
    /// Whether this may become of a notice that stands here. The full table; `NoticeState::ALL` × `NoticeState::ALL`.
    #[must_use]
    pub const fn allows(self, next: NoticeState) -> bool {
        use NoticeState as S;
        match next {
            // It is sent again, by the same means or another.
            S::Waiting => matches!(self, S::Sent | S::Posted | S::Failed),
            S::Sent | S::Posted => matches!(self, S::Waiting),
            // It comes back.
            S::Failed => matches!(self, S::Waiting | S::Sent | S::Posted),
            // A confirmation may arrive before the word that it was sent, and after a bounce that was none.
            S::Told | S::Delivered => !matches!(self, S::Told | S::Delivered),
        }
    }

    /// Whether the customer counts as told from here on, if not before.
    #[must_use]
    pub const fn reaches(self) -> bool {
        !matches!(self, NoticeState::Waiting | NoticeState::Failed)
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, NoticeState::Told | NoticeState::Delivered)
    }
}

/// What became of a notice by a means, as a fact has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The number of the event that issued the notice.
    pub notice: i64,
    /// By which means.
    pub means: ContactMeans,
    /// When it took place; none: when it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_place_at: Option<Timestamp>,
    /// What whoever delivers it calls it. Free of personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// That a notice did not reach the customer, as a fact has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedDelivery {
    /// The number of the event that issued the notice.
    pub notice: i64,
    /// By which means; none: there was no address for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<ContactMeans>,
    /// Why.
    pub reason: NoticeFailure,
    /// What the means gives as the cause, such as `5.1.1` of a mail server. A code, free of personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it took place; none: when it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_place_at: Option<Timestamp>,
    /// What whoever delivers it calls it. Free of personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// Where one notice of a complaint stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeFate {
    /// What it tells.
    pub kind: NoticeKind,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Where it stands.
    pub state: NoticeState,
    /// Since when, unless it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// By which means it is sent at present, or came to where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<ContactMeans>,
    /// Why it failed, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<NoticeFailure>,
    /// Whether it reached the customer once, whatever became of it afterwards.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reached: bool,
}

/// What is known of where a customer can be written to, without any address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// How the customer wants to hear from the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<ContactMeans>,
    /// The means for which there is an address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<ContactMeans>,
}

impl Reach {
    /// Where this customer can be written to.
    #[must_use]
    pub fn of(customer: &Customer) -> Self {
        let means = ContactMeans::ALL.into_iter();
        Reach {
            wish: customer.preferred_means,
            by: means
                .filter(|means| customer.address(*means).is_some())
                .collect(),
        }
    }

    /// Of the means by which a brand writes, in its order, the one that is used: the customer's wish, else the first for which
    /// there is an address.
    #[must_use]
    pub fn choose(&self, offered: &[ContactMeans]) -> Option<ContactMeans> {
        let mut means = self.wish.iter().chain(offered).copied();
        means.find(|means| offered.contains(means) && self.by.contains(means))
    }
}

impl Customer {
    /// The address for a means. A chat has none: it is live or over.
    #[must_use]
    pub fn address(&self, means: ContactMeans) -> Option<&str> {
        let address = match means {
            ContactMeans::Email => &self.email,
            ContactMeans::Letter => &self.postal_address,
            ContactMeans::Phone | ContactMeans::TextMessage => &self.phone,
            ContactMeans::Portal => &self.account_number,
            ContactMeans::Chat => &None,
        };
        address.as_deref()
    }
}

/// The means by which somebody who is on the line is told.
pub(super) const fn on_the_line(channel: Channel) -> Option<ContactMeans> {
    match channel {
        Channel::Phone => Some(ContactMeans::Phone),
        Channel::Chat => Some(ContactMeans::Chat),
        Channel::Form | Channel::Mail | Channel::SupportCase => None,
    }
}

impl NoticeKind {
    /// What happens for the clocks once the customer was told this.
    #[must_use]
    pub const fn tells(self) -> Option<Trigger> {
        match self {
            NoticeKind::Acknowledgement => Some(Trigger::Acknowledged),
            NoticeKind::EscalationAcknowledged => Some(Trigger::EscalationAcknowledged),
            NoticeKind::Update | NoticeKind::PromiseChanged | NoticeKind::ReviewContinues => Some(Trigger::UpdateSent),
            NoticeKind::OutcomeProposed => Some(Trigger::OutcomeTold),
            NoticeKind::Recourse => Some(Trigger::RecourseTold),
            NoticeKind::EnquiryAnswered => Some(Trigger::EnquiryAnswered),
            NoticeKind::OutcomeAccepted
            | NoticeKind::RemedyCarriedOut
            // Who is told it is on the line.
            | NoticeKind::ResolvedAtFirstContact
            | NoticeKind::EscalationReceived
            | NoticeKind::ReferralRecorded
            | NoticeKind::Paused
            | NoticeKind::Resumed
            | NoticeKind::ClosedWithRecourse
            | NoticeKind::ClosedAccepted
            | NoticeKind::Withdrawn
            | NoticeKind::Reopened
            | NoticeKind::EnquiryConverted => None,
        }
    }
}

/// The most notices of a complaint whose fate is followed: all of them are written with each change.
pub(super) const MOST_FOLLOWED: usize = 30;

/// The notices of a complaint whose fate is followed, by the numbers of their events.
pub type Fates = BTreeMap<i64, NoticeFate>;

/// The notice that is no longer followed when one more is: the oldest of those that are over, else of those that can only come
/// back, else of those that failed. `None`: all of them are still to be sent.
pub(super) fn first_to_forget(fates: &Fates) -> Option<i64> {
    let oldest = |is: fn(NoticeState) -> bool| {
        let mut fates = fates.iter();
        fates.find(|(_, fate)| is(fate.state)).map(|(id, _)| *id)
    };
    oldest(NoticeState::is_final)
        .or_else(|| oldest(NoticeState::reaches))
        .or_else(|| oldest(|state| state == NoticeState::Failed))
}
