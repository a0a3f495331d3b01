//! The independent body: what it has of a complaint, and whether it would presumably take one.

use jiff::Timestamp;

use super::{
    act_time::Before,
    complaint::{Answer, Complaint, State},
    customer::Invoices,
    decision::Refusal,
    decision_builder::Draft,
    event::Fact,
    field::Field,
    notice::NoticeKind,
    personal::Personal,
    referred::{ReferralAnswer, ReferralStage},
};
use crate::policy::{CustomerType, EscalationReason, Policy, words};

pub(super) fn refer(
    draft: &mut Draft<'_>,
    body_reference: Option<&str>,
    referred_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let earliest = (
        draft.case.complaint.first_contact_at,
        "the customer's first contact",
    );
    let referred_at = draft.took_place(Field::ReferredAt, referred_at, earliest)?;
    draft.record(Fact::Referred {
        referred_at,
        body_reference: body_reference.map(str::to_owned),
    })?;
    let facts = draft.facts();
    draft.tell(NoticeKind::ReferralRecorded, &facts)
}

pub(super) fn record_stage(
    draft: &mut Draft<'_>,
    stage: ReferralStage,
    stage_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let Some(referral) = &draft.case.complaint.referral else {
        return Ok(());
    };
    if stage <= referral.stage {
        return Err(Refusal::StageNotAhead {
            reached: referral.stage,
            wanted: stage,
        });
    }
    let at = draft.took_place(
        Field::StageReachedAt,
        stage_at,
        (referral.referred_at, "the referral"),
    )?;
    draft.record(Fact::ReferralStageReached { stage, at })
}

pub(super) fn submit_report(
    draft: &mut Draft<'_>,
    report: &str,
    answer: ReferralAnswer,
    submitted_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let submitted_at = draft.took_place(Field::SubmittedAt, submitted_at, asked(draft))?;
    let fact = Fact::ReferralReported {
        answer: Some(answer),
        submitted_at: draft.unless_now(submitted_at),
    };
    draft.record_with(fact, Personal::text(report))
}

/// Records what the body asks for beyond the report. If it is already waiting for something, this adds to it; if it names a
/// date, that applies to everything outstanding.
pub(super) fn record_request(
    draft: &mut Draft<'_>,
    request: &str,
    requested_at: Option<Timestamp>,
    due: Option<Timestamp>,
) -> Result<(), Refusal> {
    let requested_at =
        draft.took_place(Field::DocumentsRequestedAt, requested_at, referred(draft))?;
    not_before(due, (requested_at, "the request"))?;
    draft.record_with(
        Fact::DocumentsRequested { requested_at, due },
        Personal::text(request),
    )
}

pub(super) fn submit_documents(
    draft: &mut Draft<'_>,
    documents: &str,
    submitted_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let submitted_at = draft.took_place(Field::SubmittedAt, submitted_at, asked(draft))?;
    draft.record_with(
        Fact::DocumentsSubmitted { submitted_at },
        Personal::text(documents),
    )
}

/// What the body found.
#[derive(Debug)]
pub(super) struct NewFindings {
    pub(super) made_at: Option<Timestamp>,
    pub(super) must_act: bool,
    pub(super) due: Option<Timestamp>,
}

pub(super) fn record_findings(
    draft: &mut Draft<'_>,
    findings: &str,
    found: &NewFindings,
) -> Result<(), Refusal> {
    let made_at = draft.took_place(Field::FindingsMadeAt, found.made_at, referred(draft))?;
    not_before(found.due, (made_at, "the findings"))?;
    draft.record_with(
        Fact::FindingsRecorded {
            made_at,
            must_act: found.must_act,
            due: found.due,
        },
        Personal::text(findings),
    )
}

pub(super) fn confirm_findings(
    draft: &mut Draft<'_>,
    carried_out_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let referral = draft.case.complaint.referral.as_ref();
    let findings = referral.and_then(|referral| referral.findings.as_ref());
    let earliest = match findings {
        Some(findings) => (findings.made_at, "the findings"),
        None => referred(draft),
    };
    let carried_out_at = draft.took_place(Field::FindingsCarriedOutAt, carried_out_at, earliest)?;
    draft.record(Fact::FindingsCarriedOut { carried_out_at })
}

/// When the body last asked for something that it is waiting for; else, when it got the complaint.
fn asked(draft: &Draft<'_>) -> Before {
    let referral = draft.case.complaint.referral.as_ref();
    match referral.and_then(|referral| referral.request.as_ref()) {
        Some(request) => (request.requested_at, "the body's request"),
        None => referred(draft),
    }
}

/// When the body got it: the earliest time of anything after that.
fn referred(draft: &Draft<'_>) -> Before {
    let complaint = &draft.case.complaint;
    let referred_at = complaint.referral.as_ref().map(|r| r.referred_at);
    let at = referred_at.unwrap_or(complaint.received_at);
    (at, "the referral")
}

/// A date that the body sets may have passed when it is entered, but it never lies before the letter that sets it.
fn not_before(due: Option<Timestamp>, earliest: Before) -> Result<(), Refusal> {
    match due.filter(|due| *due < earliest.0) {
        None => Ok(()),
        Some(_) => Err(Refusal::BadTime {
            field: Field::DueDate,
            why: format!("must not be before {} ({})", earliest.1, earliest.0),
        }),
    }
}

/// Whether the independent body would presumably take a complaint, rule by rule. Advice: the body decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eligibility {
    /// Whether every rule holds.
    pub likely_eligible: bool,
    /// Each rule.
    pub findings: Vec<AppliedRule>,
}

words! {
    /// A rule of the independent body about what it takes.
    EligibilityRule {
        /// It takes complaints of this kind of customer.
        CustomerType = "customer_type",
        /// A small business pays no more than the limit.
        SmallBusinessInvoice = "small_business_invoice",
        /// At least one issue is about a service in its scope.
        ServiceInScope = "service_in_scope",
        /// The provider has had the opportunity to settle the matter.
        PriorOpportunity = "prior_opportunity",
    }
}

/// One rule of the body, applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedRule {
    /// Which.
    pub rule: EligibilityRule,
    /// Whether it speaks for the complaint.
    pub holds: bool,
    /// Why, in words.
    pub explanation: String,
}

/// Applies the body's rules to a complaint as it stands at `now`. The customer's invoices are personal data and stand
/// apart from it: none are known once they were erased.
#[must_use]
pub fn eligibility(
    complaint: &Complaint,
    invoices: Invoices,
    policy: &Policy,
    now: Timestamp,
) -> Eligibility {
    let findings = vec![
        customer(complaint, policy),
        invoice(complaint, invoices, policy),
        services(complaint, policy),
        opportunity(complaint, policy, now),
    ];
    Eligibility {
        likely_eligible: findings.iter().all(|finding| finding.holds),
        findings,
    }
}

fn customer(complaint: &Complaint, policy: &Policy) -> AppliedRule {
    let customers = &policy.recourse.customers;
    let who = |customer: &CustomerType| match customer {
        CustomerType::Consumer => "consumers",
        CustomerType::SmallBusiness => "small businesses",
        CustomerType::Business => "larger businesses",
    };
    let taken: Vec<_> = customers.iter().map(who).collect();
    let others = CustomerType::ALL.iter();
    let others = others.filter(|customer| !customers.contains(customer));
    let others: Vec<_> = others.map(who).collect();
    let mut explanation = format!(
        "The independent body takes complaints of {}",
        taken.join(" and ")
    );
    if !others.is_empty() {
        explanation.push_str(&format!(", not of {}", others.join(" or ")));
    }
    explanation.push('.');
    AppliedRule {
        rule: EligibilityRule::CustomerType,
        holds: customers.contains(&complaint.customer_type),
        explanation,
    }
}

fn invoice(complaint: &Complaint, invoices: Invoices, policy: &Policy) -> AppliedRule {
    let rule = EligibilityRule::SmallBusinessInvoice;
    let limit = policy.recourse.small_business_limit_cents;
    let (CustomerType::SmallBusiness, Some(limit)) = (complaint.customer_type, limit) else {
        let explanation = "No limit on invoices concerns this customer.".to_owned();
        return AppliedRule {
            rule,
            holds: true,
            explanation,
        };
    };
    let dollars = |cents: i64| format!("{}.{:02} dollars", cents / 100, cents % 100);
    let known = [invoices.prior_month_cents, invoices.average_cents];
    match known.into_iter().flatten().min() {
        None => AppliedRule {
            rule,
            holds: true,
            explanation: format!(
                "No invoice is recorded; the limit is {} in the prior month or on the average of three months.",
                dollars(limit)
            ),
        },
        Some(smallest) => AppliedRule {
            rule,
            holds: smallest <= limit,
            explanation: format!(
                "The smaller of the recorded invoices is {}; the limit is {}.",
                dollars(smallest),
                dollars(limit)
            ),
        },
    }
}

fn services(complaint: &Complaint, policy: &Policy) -> AppliedRule {
    let services = policy.recourse.services_for(complaint.customer_type);
    let taken = |issue: &&super::Issue| services.contains(&issue.service);
    let count = complaint.issues.iter().filter(taken).count();
    let explanation = format!(
        "{count} of {} issues concern a service in the body's scope.",
        complaint.issues.len()
    );
    AppliedRule {
        rule: EligibilityRule::ServiceInScope,
        holds: count > 0,
        explanation,
    }
}

/// No rule gives a number for the "reasonable opportunity" of the provider: it has had it once it answered, once it let
/// the promised date pass, or once the customer has gone up the levels.
fn opportunity(complaint: &Complaint, policy: &Policy, now: Timestamp) -> AppliedRule {
    let refused = complaint
        .outcome
        .as_ref()
        .is_some_and(|o| matches!(o.answer, Some((Answer::Refused, _))));
    let mut rules = policy.escalation.eligible.iter();
    let target_missed = rules.any(|rule| {
        rule.reason == EscalationReason::ResolutionOverdue && complaint.is_aggrieved(rule)
    });
    let overdue = target_missed || promise_has_passed(complaint, policy, now);
    let (holds, explanation) = if refused {
        (
            true,
            "The customer refused the outcome that the provider proposed.",
        )
    } else if complaint.state == State::Closed {
        (true, "The provider has closed the complaint.")
    } else if overdue {
        (
            true,
            "The date by which the outcome was promised or due has passed.",
        )
    } else if complaint.level > 0 {
        (
            true,
            "The customer has escalated the complaint within the provider.",
        )
    } else {
        (
            false,
            "The provider's review is under way and within the promised time.",
        )
    };
    AppliedRule {
        rule: EligibilityRule::PriorOpportunity,
        holds,
        explanation: explanation.to_owned(),
    }
}

/// Whether the promised date went by without an outcome that the customer accepted. A date that a pause holds up has not
/// passed: it moves on when the pause ends.
fn promise_has_passed(complaint: &Complaint, policy: &Policy, now: Timestamp) -> bool {
    let awaited = matches!(
        complaint.state,
        State::Received | State::InReview | State::Proposed
    );
    let mut rules = policy.clocks.iter();
    let pausable = rules.any(|rule| rule.follows_promise && rule.pausable);
    let pause = complaint.pause.as_ref().filter(|_| pausable);
    let counted_until = pause.map_or(now, |pause| pause.start);
    awaited
        && complaint
            .promised_at
            .is_some_and(|promised| promised < counted_until)
}
