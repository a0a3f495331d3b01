//! What the domain refuses.

use crate::{
    domain::{Field, Refusal},
    intake::{Code, Problem, Violation, path_of, reason},
};

/// What the domain refused.
pub(in crate::api) fn of_refusal(refusal: &Refusal) -> Problem {
    let refused = |reason| Problem::new(Code::FailedPrecondition, reason, refusal.to_string());
    match refusal {
        Refusal::NotPossibleNow {
            state, possible, ..
        } => {
            let possible: Vec<_> = possible.iter().map(|command| command.as_str()).collect();
            refused(reason::NOT_POSSIBLE_NOW)
                .with("state", state)
                .with("possible", possible.join(","))
                .precondition("complaint")
        }
        Refusal::SameHandler { field, person } => refused(reason::SAME_HANDLER)
            .with("person", person)
            .precondition(path_of(*field)),
        Refusal::AtTopLevel { body } => {
            let refused = refused(reason::AT_TOP_LEVEL).precondition("complaint");
            match body {
                None => refused,
                Some(body) => refused
                    .with("body_name", &body.name)
                    .with("body_website", &body.website)
                    .with("body_phone", body.phone.as_deref().unwrap_or_default()),
            }
        }
        Refusal::StillWaitingForAnswer { until } => refused(reason::STILL_WAITING_FOR_ANSWER)
            .with("until", until)
            .precondition("complaint"),
        Refusal::PromiseBeyondCeiling {
            field,
            clock,
            latest,
        } => refused(reason::PROMISE_BEYOND_CEILING)
            .with("clock", clock)
            .with("latest", latest)
            .precondition(path_of(*field)),
        Refusal::StageNotAhead { reached, .. } => refused(reason::STAGE_NOT_AHEAD)
            .with("reached", reached)
            .precondition("stage"),
        Refusal::LimitReached { field, limit } => refused(reason::LIMIT_REACHED)
            .with("field", path_of(*field))
            .with("limit", limit)
            .precondition(path_of(*field)),
        Refusal::OtherBrand => {
            refused(reason::OTHER_BRAND).precondition(path_of(Field::OtherComplaint))
        }
        Refusal::OnLegalHold { holds } => refused(reason::LEGAL_HOLD)
            .with("holds", holds.join(","))
            .precondition("complaint"),
        Refusal::Retained { until } => refused(reason::RETAINED)
            .with("until", until)
            .precondition("complaint"),
        Refusal::NoticeNotFollowed { .. } => {
            refused(reason::NOTICE_NOT_FOLLOWED).precondition("notice")
        }
        Refusal::NoticeStands {
            state,
            means,
            since,
            ..
        } => refused(reason::NOTICE_STANDS)
            .with("state", state)
            .with("means", means.map_or("", |means| means.as_str()))
            .with("since", since.map(|at| at.to_string()).unwrap_or_default())
            .precondition("notice"),
        Refusal::AttemptSuperseded { state, means, .. } => refused(reason::ATTEMPT_SUPERSEDED)
            .with("state", state)
            .with("means", means.map_or("", |means| means.as_str()))
            .precondition("notice"),
        Refusal::ClaimLost { present, .. } => {
            let present = present.map(|attempt| attempt.to_string());
            Problem::new(Code::Aborted, reason::CLAIM_LOST, refusal.to_string())
                .with("attempt", present.unwrap_or_default())
        }
        Refusal::CannotBeSent { means, .. } => refused(reason::CANNOT_BE_SENT)
            .with("means", means.map_or("", |means| means.as_str()))
            .precondition("notice"),
        Refusal::OutcomeNotTold => refused(reason::OUTCOME_NOT_TOLD).precondition("complaint"),
        Refusal::AlreadyLinked { kind } => {
            let said = refusal.to_string();
            Problem::new(Code::AlreadyExists, reason::ALREADY_LINKED, said).with("kind", kind)
        }
        Refusal::NotLinked => {
            Problem::new(Code::NotFound, reason::LINK_NOT_FOUND, refusal.to_string())
        }
        Refusal::BadTime { field, why } => Problem::of_field(path_of(*field), why.as_str()),
        Refusal::BadValue { field, why } => Problem::of_field(path_of(*field), *why),
        Refusal::BadLevel { .. } => Problem::of_field("level", refusal.to_string()),
        Refusal::GivenAlready { fields, earlier } => {
            let why = format!("{earlier} gave it already");
            let violation = |field: &Field| Violation {
                field: path_of(*field).to_owned(),
                description: why.clone(),
            };
            Problem::invalid(fields.iter().map(violation).collect())
        }
        Refusal::NoPolicyInForce { .. } => Problem::of_field("policy", refusal.to_string()),
        Refusal::OutOfRange(_) | Refusal::Log(_) | Refusal::Notice(_) => Problem::internal(refusal),
    }
}
