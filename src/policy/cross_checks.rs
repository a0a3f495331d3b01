//! What files that are used together must fulfil: the checks that one file alone cannot answer.

use std::{collections::BTreeSet, sync::Arc};

use jiff::civil::Date;

use super::{ClockRule, Policy, PolicyBook, PolicyError};

/// A file that cannot be used with the others.
#[derive(Debug)]
pub(super) struct Misfit {
    /// Its place among the files that were to be taken up.
    pub(super) file: usize,
    pub(super) error: PolicyError,
}

/// The first of these policies that does not fit with the others, or with those that stand in the book beside them. All of
/// them are in the book; what stood there without them fitted together.
pub(super) fn first_misfit(book: &PolicyBook, taken_up: &[Arc<Policy>]) -> Option<Misfit> {
    let set = Set { book, taken_up };
    let overlap = (0..taken_up.len()).find_map(|file| set.overlap(file));
    overlap.or_else(|| book.current().find_map(|own| set.additional_policies(own)))
}

struct Set<'a> {
    book: &'a PolicyBook,
    taken_up: &'a [Arc<Policy>],
}

impl Set<'_> {
    fn index(&self, policy: &Arc<Policy>) -> Option<usize> {
        self.taken_up
            .iter()
            .position(|known| Arc::ptr_eq(known, policy))
    }

    /// Two files of one name are never in force on the same day.
    fn overlap(&self, file: usize) -> Option<Misfit> {
        let policy = &self.taken_up[file];
        let mut earlier = self.taken_up[..file].iter();
        let other = earlier.find(|other| {
            let both_from = other.effective_from.max(policy.effective_from);
            let shared = |day| other.in_force_on(day) && policy.in_force_on(day);
            other.name() == policy.name() && both_from.is_some_and(shared)
        })?;
        let until = match other.effective_until {
            Some(day) => format!("to {day}"),
            None => "on".to_owned(),
        };
        let reason = format!(
            "{:?} is in force from {} {until} already, by {}: let the one end before the other begins",
            policy.name(),
            other.effective_from?,
            other.places.file
        );
        Some(Misfit {
            file,
            error: policy.error_at(policy.places.effective_from.clone(), reason),
        })
    }

    fn additional_policies(&self, own: &Arc<Policy>) -> Option<Misfit> {
        (0..own.additional_policies.len())
            .find_map(|place| self.unknown(own, place).or_else(|| self.shared(own, place)))
            .or_else(|| self.untold(own))
    }

    fn unknown(&self, own: &Arc<Policy>, place: usize) -> Option<Misfit> {
        let name = &own.additional_policies[place];
        if self.book.knows(name) {
            return None;
        }
        Some(Misfit {
            file: self.index(own)?,
            error: own.error_at(
                own.places.additional_policies[place].clone(),
                format!("no policy is named {name:?}"),
            ),
        })
    }

    /// A clock is told by its name alone, so all that bind a complaint have different ones, whichever versions they are of.
    fn shared(&self, own: &Arc<Policy>, place: usize) -> Option<Misfit> {
        let ahead = own.additional_policies[..place].iter();
        let ahead = ahead.flat_map(|name| self.book.versions_in_use(name));
        let ahead: Vec<&Arc<Policy>> = ahead.chain([own]).collect();
        let theirs = self.book.versions_in_use(&own.additional_policies[place]);
        theirs.iter().find_map(|other| {
            ahead.iter().find_map(|known| {
                let taken = |rule: &ClockRule| known.clocks.iter().any(|own| own.name == rule.name);
                let clock = other.clocks.iter().position(taken)?;
                self.both_have(own, place, (known, other), clock)
            })
        })
    }

    fn both_have(
        &self,
        own: &Arc<Policy>,
        place: usize,
        (known, other): (&Arc<Policy>, &Arc<Policy>),
        clock: usize,
    ) -> Option<Misfit> {
        let name = &other.clocks[clock].name;
        let reason = |of: &Policy| {
            format!(
                "clock {name:?} is one of {:?} too, and both bind the complaints of {:?}",
                of.name(),
                own.name()
            )
        };
        if let Some(file) = self.index(own) {
            let error = own.error_at(
                own.places.additional_policies[place].clone(),
                format!("{}: {}", other.name(), reason(known)),
            );
            return Some(Misfit { file, error });
        }
        let culprits = [(other, known), (known, other)];
        culprits.into_iter().find_map(|(culprit, of)| {
            let file = self.index(culprit)?;
            let clock = culprit.clocks.iter().position(|rule| rule.name == *name)?;
            let error = culprit.error_at(culprit.places.clocks[clock].clone(), reason(of));
            Some(Misfit { file, error })
        })
    }

    /// A customer is never kept from the independent body: on every day some clock that binds the complaint tells of it.
    /// Before the codes beside a policy begin, nothing is known of what they ask.
    fn untold(&self, own: &Arc<Policy>) -> Option<Misfit> {
        if own.tells_recourse() {
            return None;
        }
        let names = own.additional_policies.iter();
        let others = names.flat_map(|name| self.book.versions_in_use(name));
        let others: Vec<&Arc<Policy>> = others.collect();
        let changes = others.iter().flat_map(|other| {
            let after = other.effective_until.and_then(|last| last.tomorrow().ok());
            [other.effective_from, after]
        });
        let first = others.iter().filter_map(|other| other.effective_from);
        let first = first.min();
        let days: BTreeSet<Date> = changes
            .chain([own.effective_from])
            .flatten()
            .filter(|day| own.in_force_on(*day) && first.is_none_or(|first| first <= *day))
            .collect();
        let told_on = |day: Date| {
            let mut names = own.additional_policies.iter();
            names.any(|name| {
                let ruling = self.book.ruling(name, |policy| policy.in_force_on(day));
                ruling.is_some_and(|other| other.tells_recourse())
            })
        };
        let untold = days.into_iter().find(|day| !told_on(*day))?;
        self.blame_untold(own, &others, untold)
    }

    fn blame_untold(
        &self,
        own: &Arc<Policy>,
        others: &[&Arc<Policy>],
        day: Date,
    ) -> Option<Misfit> {
        let reason = format!(
            "from {day} on no clock that binds the complaints of {:?} tells of the independent body: one that starts on \
             `recourse_level_reached`, or on both `filed` and `enquiry_converted`, stops on `recourse_told` and has a step \
             `tell_recourse`",
            own.name()
        );
        if let Some(file) = self.index(own) {
            let place = own.places.from_level.clone();
            return Some(Misfit {
                file,
                error: own.error_at(place, reason),
            });
        }
        others.iter().find_map(|other| {
            let file = self.index(other)?;
            let error = other.error_at(other.places.name.clone(), reason.clone());
            Some(Misfit { file, error })
        })
    }
}
