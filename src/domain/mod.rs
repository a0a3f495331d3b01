//! Everything that the mission is about, free of I/O: what a complaint is, what may be done to it, and what follows.
//!
//! [`open`] and [`decide`] take what is known and `now`, and return what is to be committed, or why not. The same input
//! always gives the same decision.

mod act_time;
mod actor;
mod apply;
mod attached;
mod case;
mod case_clocks;
mod casework;
mod clock;
mod closing;
mod command;
mod complaint;
mod context;
mod correcting;
mod correction;
mod customer;
mod decide;
mod decision;
mod decision_builder;
mod delivering;
mod difference;
mod digest;
mod disclosure;
mod dispatches;
mod due_steps;
mod erasing;
mod erasure;
mod escalation;
mod escalation_reasons;
mod event;
mod explain;
mod fate;
mod field;
mod filing;
mod grievance;
mod issue;
mod legal_hold;
mod lifecycle;
mod link;
mod linking;
mod migrating;
pub mod notice;
mod outcome;
mod pausing;
mod personal;
mod reaching;
mod record;
mod referral;
mod referred;
mod replay;
mod retiming;
mod search;
mod standing;
mod standings;
mod telling;
#[cfg(test)]
mod tests;
mod tracking;
mod tracking_prefix;
mod worklist;

pub use self::{
    actor::{Acting, Actor},
    attached::{Astray, Attachable, Attached, Stray},
    case::Case,
    clock::{Clock, ClockState, NextStep, Target},
    command::{
        Acknowledgement, Command, CommandKind, DeliveryReport, Filing, Identity, NewAttachment,
        NewIssue, NewPromise,
    },
    complaint::{
        Answer, Attachment, ClosureReason, Complaint, ComplaintRef, Conclusion, IdentityCheck,
        Labels, Outcome, Pause, PauseReason, State,
    },
    context::{Context, WRITTEN},
    correcting::MOST_LABELS,
    correction::{Changed, Corrected, Correction, CustomerCorrection, LabelChanges},
    customer::{
        AccessibilityNeed, ContactMeans, Customer, Invoices, Representative, UrgencyReason,
    },
    decide::decide,
    decision::{Decision, Dispatched, Notice, Refusal},
    difference::{Cause, Difference},
    dispatches::dispatches,
    erasure::{Erasure, ErasureReason},
    event::{Event, EventKind, Fact, Filed, Firing, Migrated, Moved, SYSTEM_ACTOR},
    explain::{
        Breach, Change, ChangeKind, Chosen, Ending, ExplainError, Explanation, Moment, Receipt,
        Rule, Span, SpanKind, Total, explain,
    },
    fate::{Delivery, FailedDelivery, Fates, NoticeFailure, NoticeFate, NoticeState, Reach},
    field::Field,
    filing::open,
    grievance::Grievance,
    issue::{Issue, IssueCategory, IssueText},
    legal_hold::LegalHoldReason,
    lifecycle::state_allows,
    link::{Link, LinkKind},
    personal::Personal,
    record::{chain, entered_by},
    referral::{AppliedRule, Eligibility, EligibilityRule, eligibility},
    referred::{DocumentRequest, Findings, Referral, ReferralAnswer, ReferralStage},
    replay::{Replay, ReplayError, Under, suppose},
    search::{Criterion, SearchKind, SearchTerm, search_terms},
    standing::Standing,
    tracking::{TrackingNumber, TrackingNumberError},
    tracking_prefix::{PrefixError, TrackingPrefix},
    worklist::Flag,
};
pub(crate) use event::first_brand;
