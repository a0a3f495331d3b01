//! Requests, read into the domain's words, whatever protocol they came by.
//!
//! Here is known what form a request has; what depends on a complaint, a policy or the present time is decided by the domain. A
//! request that is wrong is refused with everything that is wrong with it, as a [`Problem`], which each protocol words in its
//! own way.

mod acknowledgement;
mod bulk;
mod change;
pub(crate) mod check;
mod correction;
mod counting;
mod customer;
mod dispatch;
mod etag;
mod field;
mod figures;
mod filing;
mod issue;
mod list;
mod mask;
mod mutation;
pub(crate) mod page_token;
pub(crate) mod position;
mod preview;
mod privacy;
mod problem;
mod proposal;
mod purpose;
pub mod reason;
mod search;
mod subscription;
mod watch;

pub use self::problem::{Code, Problem, Violation};
pub(crate) use self::{
    bulk::{Bulk, envelopes},
    check::{
        COLLECTION, Check, Choice, ClockName, Direction, EVENTS, NOTICES, POLICIES, PolicyName,
        SHORT, staff_name,
    },
    counting::Count,
    dispatch::{Claim, DispatchList},
    etag::etag_of,
    field::path_of,
    figures::{FigureList, FiguresRequest, only_message},
    list::List,
    mask::Mask,
    mutation::{Header, Mutation, envelope},
    preview::Planned,
    privacy::{ReadsList, exported, identity},
    purpose::{PURPOSE, purpose},
    search::Searched,
    subscription::{
        DeliveriesList, Replay, ReplayWhich, SUBSCRIPTIONS, SubscriptionFields, SubscriptionUpdate,
        new_subscription, subscription_act,
    },
    watch::{Start, Watch},
};
