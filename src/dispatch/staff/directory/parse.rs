//! Parses a staff directory. It is validated as a whole: every name resolves, and everybody can be reached.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use email_address::EmailAddress;
use http::Uri;
use jiff::civil::{Date, Time};
use serde::Deserialize;
use toml::{Spanned, value::Datetime};

use super::{
    addressee::Addressee,
    fault::{DirectoryError, DirectoryFault, Fault},
    roster::{Absence, Directory, Team},
};
use crate::{
    brand::is_name_of_brand,
    calendar::{Calendar, CalendarBook, TextPlace, Window, bounds},
    domain::SYSTEM_ACTOR,
    writing,
};

/// The largest file, in bytes: enough for some thousands of people.
pub(super) const MOST_BYTES: u64 = 1 << 20;
/// The longest name, in characters; the same limit as for actors.
const LONGEST_NAME: usize = 100;
/// The longest URL, in bytes.
const LONGEST_URL: usize = 1_000;
/// The most people, teams, or names in a list.
const MOST: usize = 5_000;
/// The most absences of one person.
const MOST_ABSENCES: usize = 100;
/// Stands for all brands that no team names.
const ALL: &str = "*";

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    fallback: Spanned<String>,
    #[serde(default)]
    person: Vec<Spanned<PersonFile>>,
    #[serde(default)]
    team: Vec<Spanned<TeamFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonFile {
    name: Spanned<String>,
    mail: Option<Spanned<String>>,
    webhook: Option<Spanned<String>>,
    calendar: Option<Spanned<String>>,
    quiet: Option<Spanned<String>>,
    digest: Option<Spanned<String>>,
    at_once: Option<Spanned<bool>>,
    #[serde(default)]
    away: Vec<Spanned<AwayFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamFile {
    name: Spanned<String>,
    #[serde(default)]
    brands: Vec<Spanned<String>>,
    #[serde(default)]
    members: Vec<Spanned<String>>,
    #[serde(default)]
    supervisors: Vec<Spanned<String>>,
    #[serde(default)]
    regulatory_affairs: Vec<Spanned<String>>,
    mail: Option<Spanned<String>>,
    webhook: Option<Spanned<String>>,
    calendar: Option<Spanned<String>>,
    quiet: Option<Spanned<String>>,
    digest: Option<Spanned<String>>,
    at_once: Option<Spanned<bool>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AwayFile {
    from: Spanned<Datetime>,
    until: Spanned<Datetime>,
    deputy: Spanned<String>,
}

/// How somebody is reached: the keys that people and teams share.
struct Way<'f> {
    name: &'f Spanned<String>,
    mail: &'f Option<Spanned<String>>,
    webhook: &'f Option<Spanned<String>>,
    calendar: &'f Option<Spanned<String>>,
    quiet: &'f Option<Spanned<String>>,
    digest: &'f Option<Spanned<String>>,
    at_once: &'f Option<Spanned<bool>>,
}

/// Borrows the contact keys of a person or team.
macro_rules! way {
    ($of:expr) => {
        Way {
            name: &$of.name,
            mail: &$of.mail,
            webhook: &$of.webhook,
            calendar: &$of.calendar,
            quiet: &$of.quiet,
            digest: &$of.digest,
            at_once: &$of.at_once,
        }
    };
}

impl Directory {
    /// Parses and validates a file. `calendars`: those that people may refer to.
    ///
    /// # Errors
    /// The first fault, with its position.
    pub fn parse(
        file: &Path,
        bytes: &[u8],
        calendars: &CalendarBook,
    ) -> Result<Self, DirectoryError> {
        let wrong = |text: &str, fault: Fault| {
            let TextPlace { line, column } = TextPlace::of(text, fault.span.start);
            DirectoryError::Wrong {
                file: file.to_owned(),
                line,
                column,
                fault: fault.fault,
            }
        };
        let not_text = Fault {
            span: 0..0,
            fault: DirectoryFault::NotText,
        };
        let text = str::from_utf8(bytes).map_err(|_| wrong("", not_text))?;
        read(text, calendars).map_err(|fault| wrong(text, fault))
    }
}

fn read(text: &str, calendars: &CalendarBook) -> Result<Directory, Fault> {
    let form = |span, reason| Fault {
        span,
        fault: DirectoryFault::Form(reason),
    };
    let most = usize::try_from(MOST_BYTES).unwrap_or(usize::MAX);
    bounds::check(text, most).map_err(|out| form(out.span, out.reason))?;
    let written: Written = toml::from_str(text).map_err(|error| {
        let why = error.message().trim().to_owned();
        form(error.span().unwrap_or(0..0), why)
    })?;
    let names = Names::of(&written, text)?;
    let mut directory = Directory {
        addressees: BTreeMap::new(),
        away: BTreeMap::new(),
        teams: BTreeMap::new(),
        brands: BTreeMap::new(),
        any_brand: None,
        fallback: names.known(&written.fallback, "fallback", Wanted::Anybody)?,
        people: written.person.len(),
    };
    for person in &written.person {
        let key = writing::identity(person.get_ref().name.get_ref());
        let way = way!(person.get_ref());
        let addressee = addressee(&way, calendars)?.ok_or_else(|| missing(&way, NO_ADDRESS))?;
        let away = absences(person.get_ref(), &key, &names)?;
        directory.away.insert(key.clone(), away);
        directory.addressees.insert(key, addressee);
    }
    for team in &written.team {
        let key = writing::identity(team.get_ref().name.get_ref());
        take_brands(team.get_ref(), &key, &mut directory)?;
        let way = way!(team.get_ref());
        let members = names.people(&team.get_ref().members, "members")?;
        match addressee(&way, calendars)? {
            Some(addressee) => drop(directory.addressees.insert(key.clone(), addressee)),
            None if members.is_empty() => return Err(missing(&way, NO_MEMBERS)),
            None => no_way_without_address(&way)?,
        }
        let team = Team {
            members,
            supervisors: names.people(&team.get_ref().supervisors, "supervisors")?,
            regulatory_affairs: names
                .people(&team.get_ref().regulatory_affairs, "regulatory_affairs")?,
        };
        directory.teams.insert(key, team);
    }
    Ok(directory)
}

const NO_ADDRESS: &str = "address: give it `mail` or `webhook`";
const NO_MEMBERS: &str = "members and no address, so nobody is told what is in its queue";

fn missing(way: &Way<'_>, missing: &'static str) -> Fault {
    let who = way.name.get_ref().clone();
    Fault::at(way.name, DirectoryFault::Missing { who, missing })
}

/// What a name should refer to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Person,
    Anybody,
}

/// The names in the file, each with its position and whether it is a person's.
struct Names(BTreeMap<String, (usize, bool)>);

impl Names {
    fn of(written: &Written, text: &str) -> Result<Self, Fault> {
        let people = written.person.iter().map(|it| (&it.get_ref().name, true));
        let teams = written.team.iter().map(|it| (&it.get_ref().name, false));
        let mut names = BTreeMap::new();
        for (place, is_person) in people.chain(teams) {
            if names.len() == MOST {
                let why = format!("more than {MOST} people and teams");
                return Err(Fault::value(place, "name", why));
            }
            let name = place.get_ref();
            if let Some(why) = wrong_with(name) {
                return Err(Fault::at(place, DirectoryFault::Name { key: "name", why }));
            }
            let start = place.span().start;
            if let Some((before, _)) = names.insert(writing::identity(name), (start, is_person)) {
                let line = TextPlace::of(text, before).line;
                return Err(Fault::at(place, DirectoryFault::NameTwice { line }));
            }
        }
        Ok(Names(names))
    }

    /// The normalized form of a name, if the file defines it.
    fn known(
        &self,
        place: &Spanned<String>,
        key: &'static str,
        wanted: Wanted,
    ) -> Result<String, Fault> {
        let name = writing::identity(place.get_ref());
        match self.0.get(&name) {
            Some((_, is_person)) if *is_person || wanted == Wanted::Anybody => Ok(name),
            _ => {
                let wanted = match wanted {
                    Wanted::Person => "person",
                    Wanted::Anybody => "person or team",
                };
                let name = place.get_ref().clone();
                Err(Fault::at(
                    place,
                    DirectoryFault::Unknown { key, wanted, name },
                ))
            }
        }
    }

    fn people(&self, places: &[Spanned<String>], key: &'static str) -> Result<Vec<String>, Fault> {
        let mut people = Vec::new();
        for place in places {
            let person = self.known(place, key, Wanted::Person)?;
            if people.contains(&person) {
                return Err(Fault::value(place, key, "this person stands in it twice"));
            }
            people.push(person);
        }
        Ok(people)
    }
}

/// What is wrong with the name of an assignee.
fn wrong_with(name: &str) -> Option<&'static str> {
    let length = name.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) || writing::unfit_in_line(name).is_some() {
        Some("a name has 1 to 100 characters in one line, all of which can be seen")
    } else if !name.chars().any(char::is_alphanumeric) {
        Some("a name has a letter or a digit")
    } else if writing::look_alike(name, SYSTEM_ACTOR) {
        Some("this is the name of the service itself, or looks like it")
    } else {
        None
    }
}

/// `None`: it has no address.
fn addressee(way: &Way<'_>, calendars: &CalendarBook) -> Result<Option<Addressee>, Fault> {
    let mail = way.mail.as_ref().map(mail_address).transpose()?;
    let webhook = way.webhook.as_ref().map(url).transpose()?;
    if mail.is_none() && webhook.is_none() {
        return Ok(None);
    }
    let no_calendar = || missing(way, "calendar: name the one whose days it works");
    let named = way.calendar.as_ref().ok_or_else(no_calendar)?;
    let calendar = calendars.get(named.get_ref()).ok_or_else(|| {
        let why = format!("there is no calendar {:?}", named.get_ref());
        Fault::value(named, "calendar", why)
    })?;
    let digest = way.digest.as_ref().map(hour).transpose()?;
    let awake = match way.quiet {
        Some(quiet) => awake(quiet, calendar)?,
        None => all_day(calendar, way.name)?,
    };
    let at_once = way
        .at_once
        .as_ref()
        .is_some_and(|at_once| *at_once.get_ref());
    if digest.is_none() && !at_once {
        return Err(missing(
            way,
            "time at which it is told anything: give it `digest`, or `at_once = true`",
        ));
    }
    let addressee = Addressee {
        name: way.name.get_ref().clone(),
        mail,
        webhook,
        calendar: Calendar::clone(calendar),
        awake,
        digest,
        at_once,
    };
    Ok(Some(addressee))
}

/// A team without an address is notified through its members, at their hours.
fn no_way_without_address(way: &Way<'_>) -> Result<(), Fault> {
    let why = "a team without an address is told by its members, at their hours: give it `mail` or `webhook`";
    let idle = |place: Fault| Err(place);
    let of = |place: &Spanned<String>, key| Fault::at(place, DirectoryFault::Idle { key, why });
    match (way.calendar, way.quiet, way.digest, way.at_once) {
        (Some(calendar), ..) => idle(of(calendar, "calendar")),
        (_, Some(quiet), ..) => idle(of(quiet, "quiet")),
        (_, _, Some(digest), _) => idle(of(digest, "digest")),
        (.., Some(at_once)) => {
            let key = "at_once";
            idle(Fault::at(at_once, DirectoryFault::Idle { key, why }))
        }
        _ => Ok(()),
    }
}

fn mail_address(place: &Spanned<String>) -> Result<String, Fault> {
    let address = place.get_ref();
    if EmailAddress::is_valid(address) && address.is_ascii() {
        return Ok(address.clone());
    }
    let why = "an e-mail address is wanted, such as ana@example.org";
    Err(Fault::value(place, "mail", why))
}

/// Whether the URL may be connected to, and without TLS, is checked by the egress rules on connecting.
fn url(place: &Spanned<String>) -> Result<String, Fault> {
    let text = place.get_ref();
    let uri: Option<Uri> = text.parse().ok().filter(|_| text.len() <= LONGEST_URL);
    let fits = |uri: &Uri| {
        let plain = uri.authority().is_some_and(|it| !it.as_str().contains('@'));
        plain && matches!(uri.scheme_str(), Some("https" | "http"))
    };
    match uri.filter(fits) {
        Some(_) => Ok(text.clone()),
        None => Err(Fault::value(
            place,
            "webhook",
            "a URL is wanted, without a user's name, such as https://chat.example.org/hooks/1",
        )),
    }
}

fn hour(place: &Spanned<String>) -> Result<Time, Fault> {
    let text = place.get_ref();
    let parts = text.split_once(':').filter(|_| text.len() == 5);
    let number = |part: &str| part.parse::<i8>().ok();
    let time =
        parts.and_then(|(hour, minute)| Time::new(number(hour)?, number(minute)?, 0, 0).ok());
    time.ok_or_else(|| Fault::value(place, "digest", "an hour is wanted, such as \"08:30\""))
}

/// A working day from midnight to midnight.
const WHOLE_DAY: &str = "00:00-24:00";

fn all_day(calendar: &Calendar, place: &Spanned<String>) -> Result<Calendar, Fault> {
    with_windows(calendar, &[WHOLE_DAY.to_owned()])
        .map_err(|why| Fault::value(place, "calendar", why))
}

/// The hours of a working day outside the quiet hours.
fn awake(quiet: &Spanned<String>, calendar: &Calendar) -> Result<Calendar, Fault> {
    let wrong = |why: String| Fault::value(quiet, "quiet", why);
    let text = quiet.get_ref();
    // Quiet hours may cross midnight and be longer than a calendar's window.
    let parts = text.split_once('-').filter(|_| text.len() == 11);
    let Some((begin, end)) = parts else {
        return Err(wrong(
            "hours are wanted, such as \"18:00-08:00\"".to_owned(),
        ));
    };
    let windows = if begin > end {
        vec![format!("{end}-{begin}")]
    } else {
        let before = (begin > "00:00").then(|| format!("00:00-{begin}"));
        let after = (end < "24:00").then(|| format!("{end}-24:00"));
        before.into_iter().chain(after).collect()
    };
    if windows.is_empty() || begin == end {
        return Err(wrong("nobody could ever be told anything".to_owned()));
    }
    with_windows(calendar, &windows).map_err(wrong)
}

fn with_windows(calendar: &Calendar, windows: &[String]) -> Result<Calendar, String> {
    let windows = windows.iter().map(|window| window.parse::<Window>());
    let windows: Result<Vec<Window>, _> = windows.collect();
    let with_hours = windows.and_then(|windows| calendar.with_hours(&windows));
    with_hours.map_err(|error| error.to_string())
}

fn absences(person: &PersonFile, own: &str, names: &Names) -> Result<Vec<Absence>, Fault> {
    let mut absences: Vec<Absence> = Vec::new();
    for away in &person.away {
        let AwayFile {
            from,
            until,
            deputy,
        } = away.get_ref();
        if absences.len() == MOST_ABSENCES {
            let why = format!("more than {MOST_ABSENCES} absences");
            return Err(Fault::value(away, "away", why));
        }
        let absence = Absence {
            from: day(from, "from")?,
            until: day(until, "until")?,
            deputy: names.known(deputy, "deputy", Wanted::Person)?,
        };
        if absence.until < absence.from {
            let why = "the last day lies before the first";
            return Err(Fault::value(until, "until", why));
        }
        if absence.deputy == own {
            let why = "nobody stands in for themselves";
            return Err(Fault::value(deputy, "deputy", why));
        }
        let overlaps = |other: &Absence| absence.from <= other.until && other.from <= absence.until;
        if absences.iter().any(overlaps) {
            let why = "some of these days belong to another absence already";
            return Err(Fault::value(from, "from", why));
        }
        absences.push(absence);
    }
    Ok(absences)
}

fn day(place: &Spanned<Datetime>, key: &'static str) -> Result<Date, Fault> {
    let written = place.get_ref();
    let alone = written.time.is_none() && written.offset.is_none();
    let date = written.date.filter(|_| alone);
    let date = date.and_then(|date| date.to_string().parse::<Date>().ok());
    date.ok_or_else(|| Fault::value(place, key, "a day is wanted, such as 2026-12-21"))
}

fn take_brands(team: &TeamFile, key: &str, directory: &mut Directory) -> Result<(), Fault> {
    let mut own = BTreeSet::new();
    for place in &team.brands {
        let brand = place.get_ref();
        if brand != ALL && !is_name_of_brand(brand) {
            let why = "the name of a brand is wanted; * stands for all that no team names";
            return Err(Fault::value(place, "brands", why));
        }
        let before = if brand == ALL {
            directory.any_brand.replace(key.to_owned())
        } else {
            directory.brands.insert(brand.clone(), key.to_owned())
        };
        if before.is_some() || !own.insert(brand) {
            let why = "what nobody known has of this brand falls to one team alone, and another has it already";
            return Err(Fault::value(place, "brands", why));
        }
    }
    Ok(())
}
