//! What those who deliver notices report, and what is sent again.

use super::{
    act_time::{self, LEEWAY},
    command::DeliveryReport,
    customer::ContactMeans,
    decision::Refusal,
    decision_builder::Draft,
    event::Fact,
    fate::{Delivery, FailedDelivery, NoticeFate, NoticeState},
    field::Field,
};

/// Records what became of a notice. What is on record already changes nothing.
pub(super) fn record(draft: &mut Draft<'_>, report: &DeliveryReport) -> Result<(), Refusal> {
    let DeliveryReport {
        notice,
        means,
        state,
        ..
    } = *report;
    let fate = followed(draft, notice)?.clone();
    if is_repeated(&fate, report) {
        return Ok(());
    }
    if is_superseded(&fate, report, draft.context.last_attempt) {
        return Err(Refusal::AttemptSuperseded {
            notice,
            state: fate.state,
            means: fate.means,
        });
    }
    if !fate.state.allows(state) || state == NoticeState::Waiting {
        return Err(stands(notice, &fate, state));
    }
    // Somebody may tell it by any means, whatever it was to be sent by.
    if state != NoticeState::Told && fate.means.is_some_and(|sent_by| sent_by != means) {
        return Err(stands(notice, &fate, state));
    }
    let present = draft.context.attempt;
    if report.attempt.is_some() && report.attempt != present {
        return Err(Refusal::ClaimLost { notice, present });
    }
    let field = Field::DeliveredAt;
    let at = act_time::past(field, report.took_place_at, draft.now())?;
    if at
        < fate
            .issued_at
            .saturating_sub(LEEWAY)
            .unwrap_or(fate.issued_at)
    {
        let why = format!(
            "must not be before the notice was issued ({})",
            fate.issued_at
        );
        return Err(Refusal::BadTime { field, why });
    }
    let took_place_at = draft.unless_now(at.max(fate.issued_at));
    let reference = report.reference.clone();
    let delivery = Delivery {
        notice,
        means,
        took_place_at,
        reference: reference.clone(),
    };
    let fact = match (state, report.failure) {
        (NoticeState::Sent, _) => Fact::NoticeSent(delivery),
        (NoticeState::Posted, _) => Fact::NoticePosted(delivery),
        (NoticeState::Told, _) => Fact::NoticeTold(delivery),
        (NoticeState::Delivered, _) => Fact::NoticeDelivered(delivery),
        (NoticeState::Failed, Some(reason)) => Fact::NoticeFailed(FailedDelivery {
            notice,
            means: Some(means),
            reason,
            code: report.code.clone(),
            took_place_at,
            reference,
        }),
        (NoticeState::Waiting | NoticeState::Failed, _) => {
            return Err(stands(notice, &fate, state));
        }
    };
    draft.attempt = report.attempt;
    let recorded = draft.record(fact);
    draft.attempt = None;
    recorded
}

/// Has a notice sent again, by this means; `None`: by the customer's wish, or what there is an address for.
pub(super) fn resend(
    draft: &mut Draft<'_>,
    notice: i64,
    means: Option<ContactMeans>,
) -> Result<(), Refusal> {
    let fate = followed(draft, notice)?;
    if !fate.state.allows(NoticeState::Waiting) {
        return Err(stands(notice, fate, NoticeState::Waiting));
    }
    if draft.case.complaint.is_erased() {
        return Err(cannot(notice, means, "the personal data are erased"));
    }
    let chosen = match means {
        None => draft.means(),
        Some(means) => Some(means).filter(|means| {
            let reach = draft.case.complaint.reach.as_ref();
            reach.is_none_or(|reach| reach.by.contains(means))
        }),
    };
    let Some(chosen) = chosen else {
        return Err(cannot(
            notice,
            means,
            "there is no address for it; correct the customer's data first",
        ));
    };
    draft.record(Fact::NoticeRequeued {
        notice,
        means: chosen,
    })
}

fn followed<'d>(draft: &'d Draft<'_>, notice: i64) -> Result<&'d NoticeFate, Refusal> {
    let fate = draft.case.complaint.notices.get(&notice);
    fate.ok_or(Refusal::NoticeNotFollowed { notice })
}

/// Whether it says what is on record.
fn is_repeated(fate: &NoticeFate, report: &DeliveryReport) -> bool {
    let same_time = report.took_place_at.is_none() || report.took_place_at == fate.since;
    let same_failure = report.failure == fate.failure;
    (fate.state, fate.means) == (report.state, Some(report.means))
        && same_failure
        && (report.attempt.is_some() || same_time)
}

/// Whether it says of an attempt that it came back, and the notice was sent again since.
fn is_superseded(fate: &NoticeFate, report: &DeliveryReport, last: Option<i32>) -> bool {
    let Some(attempt) = report.sent_attempt else {
        return false;
    };
    let by_other_means = fate.means.is_some_and(|means| means != report.means);
    report.state == NoticeState::Failed && (by_other_means || last.is_some_and(|it| attempt < it))
}

fn stands(notice: i64, fate: &NoticeFate, wanted: NoticeState) -> Refusal {
    Refusal::NoticeStands {
        notice,
        wanted,
        state: fate.state,
        means: fate.means,
        since: fate.since,
    }
}

fn cannot(notice: i64, means: Option<ContactMeans>, why: &'static str) -> Refusal {
    Refusal::CannotBeSent { notice, means, why }
}
