//! Decides who must be notified about a complaint: its holder, and those who answer for the holder.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use super::addressee::Addressee;
use crate::{policy::Role, writing};

/// People and teams, by normalized name.
#[derive(Debug)]
pub struct Directory {
    pub(super) addressees: BTreeMap<String, Addressee>,
    pub(super) away: BTreeMap<String, Vec<Absence>>,
    pub(super) teams: BTreeMap<String, Team>,
    /// By brand, the team that answers for complaints without a known holder.
    pub(super) brands: BTreeMap<String, String>,
    /// The same for all other brands.
    pub(super) any_brand: Option<String>,
    pub(super) fallback: String,
    pub(super) people: usize,
}

/// Days on which somebody stands in for a person.
#[derive(Debug, Clone)]
pub(super) struct Absence {
    pub(super) from: Date,
    /// The last day, inclusive.
    pub(super) until: Date,
    pub(super) deputy: String,
}

/// A team. Its members are notified about its queue, unless it has its own address.
#[derive(Debug, Clone)]
pub(super) struct Team {
    pub(super) members: Vec<String>,
    pub(super) supervisors: Vec<String>,
    pub(super) regulatory_affairs: Vec<String>,
}

/// What determines the addressees of a message.
#[derive(Debug, Clone, Copy)]
pub struct Concern<'c> {
    /// The role of the addressees.
    pub to: Role,
    /// The assignee of the complaint.
    pub assignee: Option<&'c str>,
    /// Its brand.
    pub brand: &'c str,
}

impl Directory {
    /// The number of people.
    #[must_use]
    pub fn people(&self) -> usize {
        self.people
    }

    /// The number of teams.
    #[must_use]
    pub fn teams(&self) -> usize {
        self.teams.len()
    }

    /// Whether anybody is reached by a URL.
    #[must_use]
    pub fn has_webhooks(&self) -> bool {
        let mut addressees = self.addressees.values();
        addressees.any(|addressee| addressee.webhook.is_some())
    }

    /// The addressee with this normalized name.
    #[must_use]
    pub fn addressee(&self, key: &str) -> Option<&Addressee> {
        self.addressees.get(key)
    }

    /// Everybody who can be sent messages.
    pub fn addressees(&self) -> impl Iterator<Item = (&str, &Addressee)> {
        let all = self.addressees.iter();
        all.map(|(key, addressee)| (key.as_str(), addressee))
    }

    /// Who is notified about something that happens at `at`, then or on their next working day. Empty if nobody is known.
    #[must_use]
    pub fn reach(&self, concern: &Concern<'_>, at: Timestamp) -> BTreeSet<&str> {
        let holder = concern.assignee.map(writing::identity);
        let holder = holder.as_deref();
        let teams = self.teams_of(holder, concern.brand);
        let named = |of: fn(&Team) -> &Vec<String>| {
            let names = teams.iter().filter_map(|team| self.teams.get(*team));
            self.present(names.flat_map(of), at)
        };
        match (concern.to, holder) {
            (Role::Handler, Some(person)) if self.away.contains_key(person) => {
                self.present([person], at)
            }
            (Role::Handler, _) => {
                let queues = teams.iter().map(|team| self.queue(team, at));
                queues.flatten().collect()
            }
            (Role::Supervisor, _) => named(|team| &team.supervisors),
            (Role::RegulatoryAffairs, _) => named(|team| &team.regulatory_affairs),
        }
    }

    /// The fallback: who gets messages that can be sent to nobody else.
    #[must_use]
    pub fn fallback(&self, at: Timestamp) -> BTreeSet<&str> {
        let fallback = self.fallback.as_str();
        let told = if self.teams.contains_key(fallback) {
            self.queue(fallback, at)
        } else {
            self.present([fallback], at)
        };
        if !told.is_empty() {
            return told;
        }
        // Everybody is away, including all stand-ins: better somebody who is away than nobody.
        let members = self.teams.get(fallback).map(|team| team.members.as_slice());
        let members = members.unwrap_or(std::slice::from_ref(&self.fallback));
        members.iter().map(String::as_str).collect()
    }

    /// Whether somebody stands in for this person on a day.
    #[must_use]
    pub fn is_away(&self, key: &str, day: Date) -> bool {
        let mut absences = self.away.get(key).into_iter().flatten();
        absences.any(|absence| (absence.from..=absence.until).contains(&day))
    }

    /// The teams that answer for a complaint: the team whose queue holds it; the teams of the holder, or of these only the
    /// brand's own if it is among them; the brand's team if the holder is in none.
    fn teams_of<'d>(&'d self, holder: Option<&str>, brand: &str) -> Vec<&'d str> {
        let of_brand = self.brands.get(brand).or(self.any_brand.as_ref());
        let of_brand = of_brand.map(String::as_str);
        if let Some((team, _)) = holder.and_then(|holder| self.teams.get_key_value(holder)) {
            return vec![team.as_str()];
        }
        let has = |team: &Team| {
            let mut members = team.members.iter();
            members.any(|member| Some(member.as_str()) == holder)
        };
        let own = self.teams.iter().filter(|(_, team)| has(team));
        let own: Vec<&str> = own.map(|(name, _)| name.as_str()).collect();
        match of_brand {
            Some(team) if own.is_empty() || own.contains(&team) => vec![team],
            _ => own,
        }
    }

    /// Who is notified about a team's queue.
    fn queue<'d>(&'d self, team: &'d str, at: Timestamp) -> BTreeSet<&'d str> {
        if self.addressees.contains_key(team) {
            return BTreeSet::from([team]);
        }
        let members = self.teams.get(team).map(|team| team.members.as_slice());
        self.present(members.unwrap_or_default(), at)
    }

    /// These people, or whoever stands in for them at the time they can be reached.
    fn present<'d, 'p, S: AsRef<str> + ?Sized + 'p>(
        &'d self,
        people: impl IntoIterator<Item = &'p S>,
        at: Timestamp,
    ) -> BTreeSet<&'d str> {
        let people = people.into_iter();
        people
            .filter_map(|person| self.standing_in_for(person.as_ref(), at))
            .collect()
    }

    /// `None`: everybody in the chain of stand-ins is away.
    fn standing_in_for<'d>(&'d self, person: &str, at: Timestamp) -> Option<&'d str> {
        let mut asked = BTreeSet::new();
        let mut key = person;
        loop {
            let (found, addressee) = self.addressees.get_key_value(key)?;
            if !asked.insert(found.as_str()) {
                return None;
            }
            let day = addressee.date_of(addressee.reachable_from(at));
            let mut absences = self.away.get(key).into_iter().flatten();
            match absences.find(|absence| (absence.from..=absence.until).contains(&day)) {
                Some(absence) => key = &absence.deputy,
                None => return Some(found),
            }
        }
    }
}
