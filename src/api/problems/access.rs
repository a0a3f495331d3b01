//! Problems of callers: who they are, and what they may do.

use std::collections::BTreeSet;

use super::waits::LATER;
use crate::{
    access::{Role, Rule},
    api::auth::{BadToken, Unauthenticated, Wanted},
    intake::{Code, Problem, reason},
};

/// It is not known who calls.
pub(in crate::api) fn of_authentication(why: &Unauthenticated) -> Problem {
    let problem = |reason| Problem::new(Code::Unauthenticated, reason, why.to_string());
    match why {
        Unauthenticated::Nothing(Wanted::Certificate) => problem(reason::CERTIFICATE_REQUIRED),
        // What is missing can be had on this connection.
        Unauthenticated::Nothing(Wanted::Token | Wanted::Either) => problem(reason::TOKEN_REQUIRED),
        Unauthenticated::Token(BadToken::Expired) => problem(reason::TOKEN_EXPIRED),
        Unauthenticated::Token(_) => problem(reason::TOKEN_INVALID),
        Unauthenticated::Certificate(_) => problem(reason::CERTIFICATE_UNKNOWN),
        Unauthenticated::NoKeys => {
            Problem::new(Code::Unavailable, reason::KEYS_UNAVAILABLE, why.to_string()).retry(LATER)
        }
    }
}

/// The caller may not call the method.
pub(in crate::api) fn role_required(rule: &Rule) -> Problem {
    let roles = listed(&rule.roles);
    let message =
        format!("none of the caller's roles may call this method; it takes one of: {roles}");
    Problem::new(Code::PermissionDenied, reason::ROLE_REQUIRED, message).with("roles", roles)
}

/// Whoever may not see personal data could find them out by searching.
pub(in crate::api) fn personal_search() -> Problem {
    let roles = Role::ALL.into_iter();
    let roles = listed(&roles.filter(|role| role.sees_personal_data()).collect());
    let message = format!(
        "only a caller with one of these roles may search by personal data: {roles}; search by tracking_number, case_reference \
         or body_reference"
    );
    Problem::new(Code::PermissionDenied, reason::ROLE_REQUIRED, message).with("roles", roles)
}

/// The request names somebody else as who acts.
pub(in crate::api) fn actor_not_caller(rule: &Rule) -> Problem {
    let roles = listed(&rule.act_for_others);
    let may = match roles.as_str() {
        "" => "nobody may call this method for somebody else".to_owned(),
        roles => format!("only a caller with one of these roles may name somebody else: {roles}"),
    };
    let message = format!("actor: must be the caller's own subject, or empty; {may}");
    Problem::new(Code::PermissionDenied, reason::ACTOR_NOT_CALLER, message).with("roles", roles)
}

/// The request overrides what bounds a promise.
pub(in crate::api) fn override_not_permitted(rule: &Rule) -> Problem {
    let roles = listed(&rule.override_promise_bound);
    let named = listed(&(&rule.override_promise_bound & &rule.act_for_others));
    let mut message = format!(
        "override_reason: only a caller with one of these roles may promise a date beyond the bound: {roles}"
    );
    if !named.is_empty() {
        message += &format!(" ({named} only for somebody else, who is named in actor)");
    }
    message += "; promise a date within the bound, or have it promised by somebody who may";
    Problem::new(
        Code::PermissionDenied,
        reason::OVERRIDE_NOT_PERMITTED,
        message,
    )
    .with("roles", roles)
}

fn listed(roles: &BTreeSet<Role>) -> String {
    let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    roles.join(", ")
}
