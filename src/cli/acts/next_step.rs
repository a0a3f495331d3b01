//! What can be done about a refusal, as commands.

use super::requests::ACTS;
use crate::client::{CallError, Zone};

/// What whoever gave the command can do next; `None` where the refusal says it all.
pub(super) fn next_step(refused: &CallError, number: &str, zone: &Zone) -> Option<String> {
    let date = |name: &str| {
        let at = refused.fact(name)?.parse().ok()?;
        Some(zone.exact(at))
    };
    Some(match refused.reason()?.as_str() {
        "NOT_POSSIBLE_NOW" => {
            let possible = commands(&refused.fact("possible")?);
            format!("what {number} allows now: {possible}")
        }
        "SAME_HANDLER" => format!(
            "somebody has to do it who has not handled the complaint: redress assign {number} NAME"
        ),
        "AT_TOP_LEVEL" => format!(
            "once the customer has turned to the independent body: redress refer {number}"
        ),
        "PROMISE_BEYOND_CEILING" => format!(
            "promise a date up to {}, or say why it must be later with --override-reason",
            date("latest")?
        ),
        "STILL_WAITING_FOR_ANSWER" => format!("try again after {}", date("until")?),
        "ETAG_MISMATCH" => format!(
            "the complaint has changed: look at it with redress show {number}, then repeat the command with the etag \
             that it has now"
        ),
        "COMPLAINT_NOT_FOUND" => {
            "compare the number with the letter; redress list shows the complaints that you may see".to_owned()
        }
        "REQUEST_ID_REUSED" => {
            "repeat exactly the command that had this --request-id, or leave the option out for another act".to_owned()
        }
        "LINK_NOT_FOUND" | "ALREADY_LINKED" => {
            format!("redress show {number} lists the complaints that it is linked to")
        }
        _ => return None,
    })
}

/// The commands of methods, in the order in which people use them.
fn commands(methods: &str) -> String {
    let methods: Vec<&str> = methods.split(',').map(str::trim).collect();
    let possible = ACTS.iter().filter(|(method, _)| methods.contains(method));
    let possible: Vec<&str> = possible.map(|(_, command)| *command).collect();
    possible.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::HashMap;

    use tonic::{Code, Status};
    use tonic_types::{ErrorDetails, StatusExt as _};

    use super::*;

    fn told(reason: &str, facts: &[(&str, &str)]) -> Option<String> {
        let facts = facts.iter();
        let facts: HashMap<String, String> = facts
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let details = ErrorDetails::with_error_info(reason, "redress", facts);
        let status = Status::with_error_details(Code::FailedPrecondition, "no", details);
        let zone = "America/Toronto".parse().unwrap();
        next_step(&status.into(), "RD-DCNNM-Y6G1W", &zone)
    }

    #[test]
    fn what_is_possible_is_told_as_commands() {
        let possible = [("possible", "ReopenComplaint,RecordContact,PlaceLegalHold")];
        assert_eq!(
            told("NOT_POSSIBLE_NOW", &possible).unwrap(),
            "what RD-DCNNM-Y6G1W allows now: contact, reopen"
        );
    }

    #[test]
    fn a_limit_in_time_is_told_in_the_readers_zone() {
        let latest = [("latest", "2026-06-30T21:00:00Z")];
        let told = told("PROMISE_BEYOND_CEILING", &latest).unwrap();
        assert!(told.contains("up to Tue 30 Jun 2026 17:00 EDT"), "{told}");
    }

    #[test]
    fn what_says_it_all_gets_no_next_step() {
        assert_eq!(told("LIMIT_REACHED", &[]), None);
    }
}
