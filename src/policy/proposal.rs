//! A change of a code of practice before it is made: read and checked against what is in use.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use super::{
    Policy, PolicyBook, PolicyError, PolicyRef, UnknownPolicy, cross_checks, parse::MOST_BYTES,
};
use crate::calendar::{Calendar, CalendarBook, CalendarError, bounds};

/// A text, and what it is called where something in it is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileText {
    /// Its name in errors.
    pub file: String,
    /// The text.
    pub text: String,
}

/// Another text of a policy, other calendars for it, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// The policy that calendars alone are proposed for. Not needed beside a text.
    pub name: Option<String>,
    /// The policy's text; `None`: as it is now.
    pub policy: Option<FileText>,
    /// Calendars, in place of those of their names. The policy goes on counting in the others as it does now.
    pub calendars: Vec<FileText>,
}

/// Why a proposal cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposalError {
    /// Neither a text nor a calendar.
    #[error("no change is proposed: give a policy, a calendar, or both")]
    Nothing,
    /// Calendars alone, for no policy.
    #[error("calendars alone change a policy that is in use: name it")]
    NoName,
    /// No version of this name is in use.
    #[error(transparent)]
    UnknownPolicy(UnknownPolicy),
    /// The text is that of another policy than the one named.
    #[error("the text is that of {text:?}, not of {named:?}")]
    OtherPolicy {
        /// What was named.
        named: String,
        /// What the text says.
        text: String,
    },
    /// The policy's text is wrong.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A calendar is wrong.
    #[error("{error}")]
    Calendar {
        /// Its place among the calendars, from 0.
        place: usize,
        /// What is wrong with it.
        error: CalendarError,
    },
    /// A calendar that changes nothing.
    #[error("{policy:?} does not count in {calendar:?}: it would change nothing")]
    UnusedCalendar {
        /// Its place among the calendars, from 0.
        place: usize,
        /// Its name.
        calendar: String,
        /// The policy.
        policy: String,
    },
}

/// Of a policy's text, all that must be known before it can be read.
#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Proposal {
    /// Reads the version of the policy that it would make. It counts in the proposed calendars; in those that the policy in
    /// force counts in now; and only then in those of `present`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn read(
        &self,
        book: &PolicyBook,
        present: &CalendarBook,
        now: Timestamp,
    ) -> Result<Policy, ProposalError> {
        if self.policy.is_none() && self.calendars.is_empty() {
            return Err(ProposalError::Nothing);
        }
        let proposed = self.calendars.iter().enumerate().map(|(place, written)| {
            Calendar::parse(&written.file, &written.text)
                .map_err(|error| ProposalError::Calendar { place, error })
        });
        let proposed: Vec<Calendar> = proposed.collect::<Result<_, _>>()?;
        let in_use = self.name().and_then(|name| in_use(book, &name, now));
        let mut calendars = present.clone();
        let kept = in_use
            .iter()
            .flat_map(|policy| policy.code.calendars().into_values());
        for calendar in kept
            .map(|calendar| Calendar::clone(calendar))
            .chain(proposed.clone())
        {
            calendars.insert(calendar);
        }
        let policy = match (&self.policy, in_use) {
            (Some(FileText { file, text }), _) => Policy::parse(file, text, &calendars)?,
            (None, Some(in_use)) => {
                let file = in_use.reference().to_string();
                Policy::parse(&file, &in_use.text, &calendars)?
            }
            (None, None) => {
                let unknown = self.name.as_ref().map(|name| book.unknown(name));
                return Err(unknown.map_or(ProposalError::NoName, ProposalError::UnknownPolicy));
            }
        };
        if let Some(named) = self.name.as_ref().filter(|name| *name != policy.name()) {
            return Err(ProposalError::OtherPolicy {
                named: named.clone(),
                text: policy.name().to_owned(),
            });
        }
        let counted_in = policy.code.calendars();
        let unused = |calendar: &Calendar| !counted_in.contains_key(calendar.name());
        match proposed.iter().position(unused) {
            Some(place) => Err(ProposalError::UnusedCalendar {
                place,
                calendar: proposed[place].name().to_owned(),
                policy: policy.name().to_owned(),
            }),
            None => Ok(policy),
        }
    }

    fn name(&self) -> Option<String> {
        let text = self.policy.as_ref().map(|file| file.text.as_str());
        // A text that says no name is refused when it is read as a whole.
        let within = |text: &&str| bounds::check(text, MOST_BYTES).is_ok();
        let said = text
            .filter(within)
            .and_then(|text| toml::from_str::<Named>(text).ok());
        said.map(|named| named.name).or_else(|| self.name.clone())
    }
}

/// The version of a policy that is in force now, or else the last one that came into use.
fn in_use(book: &PolicyBook, name: &str, now: Timestamp) -> Option<Arc<Policy>> {
    let ruling = book.in_force(name, now);
    ruling
        .or_else(|| book.versions_in_use(name).last())
        .cloned()
}

/// Why a version cannot be put into use beside the others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotRule {
    /// It has no first day yet.
    #[error("it has no first day, so it would never take effect: set effective_from")]
    NoFirstDay,
    /// Its last day has passed.
    #[error("its last day, {0}, has passed: it would not apply to any new complaint")]
    Over(Date),
    /// Another one rules each day of it.
    #[error(
        "{by} applies from {from} on, so this one would not apply to any new complaint; give it a later first day"
    )]
    Outlived {
        /// Which one.
        by: PolicyRef,
        /// From which day on.
        from: Date,
    },
    /// It does not go with the codes beside it.
    #[error(transparent)]
    Misfit(PolicyError),
}

impl PolicyBook {
    /// This book with one more version in use. An older one of its name that has no last day ends where the new one begins.
    ///
    /// # Errors
    /// When nothing that is received from now on would come under it, or it does not fit with the codes beside it.
    pub fn with_activated(
        &self,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<PolicyBook, CannotRule> {
        let (mut book, taken_up) = (self.clone(), Arc::new(policy.clone()));
        book.use_from_now_on(Arc::clone(&taken_up));
        let today = policy.calendar().zone().to_datetime(now).date();
        let first = policy
            .effective_from
            .ok_or(CannotRule::NoFirstDay)?
            .max(today);
        if let Some(last) = policy.effective_until.filter(|last| *last < first) {
            return Err(CannotRule::Over(last));
        }
        // It is in force from its first day on, or from where another one ends.
        let last = policy.effective_until.unwrap_or(Date::MAX);
        let same_name = book.versions_in_use(policy.name()).iter();
        let ends = same_name.filter_map(|known| known.effective_until?.tomorrow().ok());
        let days: BTreeSet<Date> = ends
            .filter(|day| (first..=last).contains(day))
            .chain([first])
            .collect();
        let noon = |day: Date| {
            let noon = day.at(12, 0, 0, 0);
            policy.calendar().zone().to_timestamp(noon).unwrap_or(now)
        };
        let ruling = |day: &Date| book.in_force(policy.name(), noon(*day));
        let rules = |day: &Date| {
            let ruling = ruling(day);
            ruling.is_some_and(|ruling| ruling.version() == policy.version())
        };
        if !days.iter().any(rules) {
            // Where it does not rule, another one does: it is in force itself.
            let by = ruling(&first).map_or(policy, |by| by.as_ref());
            return Err(CannotRule::Outlived {
                by: by.reference(),
                from: by.effective_from.unwrap_or(first),
            });
        }
        match cross_checks::first_misfit(&book, &[taken_up]) {
            Some(misfit) => Err(CannotRule::Misfit(misfit.error)),
            None => Ok(book),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const JIVE: &str = include_str!("../../policies/ca-jive.toml");

    fn read(text: &str) -> Policy {
        crate::watchdog::watch();
        Policy::parse("ca-jive.toml", text, &CalendarBook::builtin().unwrap()).unwrap()
    }

    fn now() -> Timestamp {
        "2026-06-02T14:00:00Z".parse().unwrap()
    }

    fn in_use() -> PolicyBook {
        PolicyBook::builtin(&CalendarBook::builtin().unwrap()).unwrap()
    }

    #[test]
    fn a_version_that_would_rule_nothing_from_now_on_is_not_taken_into_use() {
        let book = in_use();
        let until = |day: &str| {
            let dates = format!("effective_from = 2015-01-01\neffective_until = {day}");
            read(&JIVE.replacen("effective_from = 2015-01-01", &dates, 1))
        };
        let over = book.with_activated(&until("2026-06-01"), now()).map(drop);
        assert_eq!(over, Err(CannotRule::Over("2026-06-01".parse().unwrap())));
        let book = book.with_activated(&until("2026-06-02"), now()).unwrap();
        assert!(book.in_force("ca-jive", now()).is_some());
    }

    #[test]
    fn a_version_without_a_first_day_is_not_put_into_use() {
        let not_set = "effective_from = \"not set\"";
        let proposed = read(&JIVE.replacen("effective_from = 2015-01-01", not_set, 1));
        let refused = in_use().with_activated(&proposed, now()).map(drop);
        assert_eq!(refused, Err(CannotRule::NoFirstDay));
    }

    #[test]
    fn two_codes_that_bind_the_same_complaints_never_name_a_clock_alike() {
        let other = read(&JIVE.replacen("\"ca-jive\"", "\"other\"", 1));
        let mut book = in_use();
        book.insert(other.clone());
        let additional_policies = "additional_policies = [\"ca-ccts\"]";
        let both = "additional_policies = [\"ca-ccts\", \"other\"]";
        let jive = read(&JIVE.replacen(additional_policies, both, 1));
        let same = "clock \"acknowledgement\" is one of \"";
        let refused = |book: &PolicyBook, policy: &Policy| {
            let refused = book.with_activated(policy, now()).map(drop).unwrap_err();
            assert!(matches!(refused, CannotRule::Misfit(_)), "{refused}");
            assert!(refused.to_string().contains(same), "{refused}");
        };
        refused(&book, &jive);
        // Whichever of them comes second.
        let mut book = in_use();
        book.insert(jive);
        refused(&book, &other);
    }

    #[test]
    fn a_version_that_another_one_outlives_is_not_taken_into_use() {
        let from = |day: &str| {
            let date = format!("effective_from = {day}");
            read(&JIVE.replacen("effective_from = 2015-01-01", &date, 1))
        };
        let book = in_use();
        let book = book.with_activated(&from("2026-06-01"), now()).unwrap();
        let outlived = book.with_activated(&from("2026-05-01"), now()).map(drop);
        let by = from("2026-06-01");
        let expected = CannotRule::Outlived {
            by: by.reference(),
            from: by.effective_from.unwrap(),
        };
        assert_eq!(outlived, Err(expected));
        book.with_activated(&from("2026-07-01"), now()).unwrap();
    }

    #[test]
    fn a_version_that_another_one_interrupts_is_taken_into_use_for_what_comes_afterwards() {
        let during = |dates: &str| {
            let dates = format!("effective_from = {dates}");
            read(&JIVE.replacen("effective_from = 2015-01-01", &dates, 1))
        };
        let june = during("2026-06-01\neffective_until = 2026-06-30");
        let book = in_use().with_activated(&june, now()).unwrap();
        for (until, comes_into_force) in [
            ("", true),
            ("\neffective_until = 2026-06-30", false),
            ("\neffective_until = 2026-07-01", true),
        ] {
            let proposed = during(&format!("2026-05-01{until}"));
            let activated = book.with_activated(&proposed, now());
            assert_eq!(activated.is_ok(), comes_into_force, "{until}");
        }
    }

    #[test]
    fn a_proposal_that_changes_nothing_or_an_unknown_policy_is_refused_with_the_reason() {
        let (book, calendars) = (in_use(), CalendarBook::builtin().unwrap());
        let calendar = |name: &str| FileText {
            file: format!("{name}.toml"),
            text: calendars.get(name).unwrap().text().to_owned(),
        };
        let refused = |name: Option<&str>, policy: Option<&str>, calendars_proposed: &[&str]| {
            let proposal = Proposal {
                name: name.map(str::to_owned),
                policy: policy.map(|text| FileText {
                    file: "proposed.toml".to_owned(),
                    text: text.to_owned(),
                }),
                calendars: calendars_proposed
                    .iter()
                    .map(|name| calendar(name))
                    .collect(),
            };
            proposal.read(&book, &calendars, now()).map(drop)
        };
        let federal: &[_] = &["ca-federal"];
        assert_eq!(
            refused(Some("ca-jive"), None, &[]),
            Err(ProposalError::Nothing)
        );
        assert_eq!(refused(None, None, federal), Err(ProposalError::NoName));
        let unknown = ProposalError::UnknownPolicy(book.unknown("ca-jvie"));
        assert_eq!(refused(Some("ca-jvie"), None, federal), Err(unknown));
        let other = ProposalError::OtherPolicy {
            named: "ca-ccts".to_owned(),
            text: "ca-jive".to_owned(),
        };
        assert_eq!(refused(Some("ca-ccts"), Some(JIVE), &[]), Err(other));
        let unused = ProposalError::UnusedCalendar {
            place: 1,
            calendar: "gb-eaw".to_owned(),
            policy: "ca-jive".to_owned(),
        };
        let both = &["ca-federal", "gb-eaw"];
        assert_eq!(refused(Some("ca-jive"), None, both), Err(unused));
        // One that has no first day yet can have other calendars all the same.
        let not_in_force = "ca-ccts-proposed";
        assert!(book.in_force(not_in_force, now()).is_none());
        assert_eq!(refused(Some(not_in_force), None, federal), Ok(()));
    }

    #[test]
    fn a_proposal_counts_in_the_calendars_that_the_policy_counts_in_now() {
        let present = CalendarBook::builtin().unwrap();
        let federal = present.get("ca-federal").unwrap().text();
        let closed = format!("{federal}\n[[override]]\ndate = \"2026-06-05\"\nwindows = []\n");
        let proposal = Proposal {
            name: Some("ca-jive".to_owned()),
            calendars: vec![FileText {
                file: "ca-federal.toml".to_owned(),
                text: closed,
            }],
            ..Proposal::default()
        };
        let book = in_use();
        let first = proposal.read(&book, &present, now()).unwrap();
        assert_ne!(first.version(), read(JIVE).version());
        assert_eq!(first.text, JIVE);
        let book = book.with_activated(&first, now()).unwrap();
        let text = Proposal {
            policy: Some(FileText {
                file: "ca-jive.toml".to_owned(),
                text: format!("{JIVE}# another\n"),
            }),
            ..Proposal::default()
        };
        let second = text.read(&book, &present, now()).unwrap();
        assert_eq!(second.calendar().version(), first.calendar().version());
    }
}
