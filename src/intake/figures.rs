//! Questions for figures.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use prost::Message as _;

use super::{
    check::{Check, Choice, SHORT},
    page_token::FilterDigest,
    position,
    problem::Problem,
};
use crate::{
    calendar::Zones,
    domain::{IssueCategory, notice::Language},
    figures::{Dimension, Measure, NONE, Period, Question, is_month},
    policy::{Channel, PolicyBook, ServiceKind},
    proto::v1,
    store::Position,
    writing,
};

/// By how many dimensions figures are divided at most.
const MOST_DIMENSIONS: usize = 3;
/// How many complaints a page of a list has by default.
const DEFAULT_PAGE: u16 = 100;

/// A checked request for figures.
#[derive(Debug)]
pub(crate) struct FiguresRequest {
    pub(crate) question: Question,
    /// What the zone was called.
    pub(crate) time_zone: String,
    /// `None`: the end of the log.
    pub(crate) position: Option<Position>,
}

/// A checked request for the complaints behind a figure.
#[derive(Debug)]
pub(crate) struct FigureList {
    pub(crate) question: Question,
    pub(crate) position: Option<Position>,
    pub(crate) size: usize,
    /// After which complaint the page begins, and at which position the first one was read.
    pub(crate) after: Option<(uuid::Uuid, String)>,
    pub(crate) digest: FilterDigest,
}

impl FiguresRequest {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        request: v1::GetFiguresRequest,
        policies: &PolicyBook,
    ) -> Result<Self, Problem> {
        let times = (request.from_time, request.to_time);
        let period = check.period(&request.month, times, &request.time_zone);
        let by = check.dimensions(&request.by);
        let measures = check.measures(&request.measures, &by);
        let only = check.limits(&request.only, policies, &measures);
        let position = check.figure_position(&request.position);
        let period = check.finish(period)?;
        Ok(FiguresRequest {
            question: Question {
                period,
                by,
                measures,
                only,
            },
            time_zone: request.time_zone,
            position,
        })
    }
}

impl FigureList {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        mut request: v1::ListFigureComplaintsRequest,
        policies: &PolicyBook,
    ) -> Result<Self, Problem> {
        let size = check.page_size(request.page_size, DEFAULT_PAGE);
        let token = std::mem::take(&mut request.page_token);
        request.page_size = 0;
        let digest = FilterDigest::of("ListFigureComplaints", &request.encode_to_vec());
        let after: Option<(uuid::Uuid, String)> = check.page_token(&token, digest);
        let times = (request.from_time, request.to_time);
        let period = check.period(&request.month, times, &request.time_zone);
        let measure: Option<Measure> = check.choice("measure", request.measure);
        let measures: Vec<Measure> = measure.into_iter().collect();
        let only = check.limits(&request.only, policies, &measures);
        let position = match &after {
            Some((_, token)) => position::read(token),
            None => check.figure_position(&request.position),
        };
        let period = check.finish(period)?;
        Ok(FigureList {
            question: Question {
                period,
                by: Vec::new(),
                measures,
                only,
            },
            position,
            size,
            after,
            digest,
        })
    }
}

impl Check {
    fn period(
        &mut self,
        month: &str,
        (from, to): (
            Option<prost_types::Timestamp>,
            Option<prost_types::Timestamp>,
        ),
        time_zone: &str,
    ) -> Option<Period> {
        let zone = self.zone(time_zone);
        let (is_from, is_to) = (from.is_some(), to.is_some());
        let (from, to) = (
            self.any_time("from_time", from),
            self.any_time("to_time", to),
        );
        if !month.is_empty() {
            let between = [("from_time", is_from), ("to_time", is_to)];
            for (field, _) in between.into_iter().filter(|(_, given)| *given) {
                self.violation(field, "must not be given together with month");
            }
            let found = Period::month(month, zone.clone().unwrap_or(TimeZone::UTC));
            if found.is_none() {
                self.violation("month", "must be a month such as 2026-11");
            }
            return found.filter(|_| zone.is_some());
        }
        if !is_from && !is_to {
            self.violation("month", "is missing, and so are from_time and to_time");
            return None;
        }
        for (field, given) in [("from_time", is_from), ("to_time", is_to)] {
            if !given {
                self.violation(field, "is missing");
            }
        }
        let (from, to): (Timestamp, Timestamp) = from.zip(to)?;
        if to <= from {
            self.violation("to_time", "must be after from_time");
        }
        zone.map(|zone| Period { from, to, zone })
    }

    fn zone(&mut self, name: &str) -> Option<TimeZone> {
        let zone = Zones::bundled().named(name);
        if zone.is_none() {
            let why = "must be the IANA name of a time zone, such as America/Toronto";
            self.violation("time_zone", why);
        }
        zone
    }

    fn dimensions(&mut self, numbers: &[i32]) -> Vec<Dimension> {
        let dimensions: Vec<Dimension> = self.choices("by", numbers);
        if dimensions.len() > MOST_DIMENSIONS {
            self.violation(
                "by",
                format!("must have at most {MOST_DIMENSIONS} dimensions"),
            );
        }
        for (place, dimension) in dimensions.iter().enumerate() {
            if dimensions[..place].contains(dimension) {
                self.violation(format!("by[{place}]"), "is there already");
            }
        }
        dimensions
    }

    fn measures(&mut self, numbers: &[i32], by: &[Dimension]) -> Vec<Measure> {
        let measures: Vec<Measure> = self.choices("measures", numbers);
        if numbers.is_empty() {
            return Question::measures_by(by.iter().copied());
        }
        for (place, measure) in measures.iter().enumerate() {
            let field = || format!("measures[{place}]");
            if measures[..place].contains(measure) {
                self.violation(field(), "is there already");
            }
            if by.contains(&Dimension::Clock) && !measure.is_of_promises() {
                self.violation(
                    field(),
                    "cannot be divided by clock, which divides promises alone",
                );
            }
        }
        measures
    }

    fn limits(
        &mut self,
        given: &[v1::FigureDimensionValue],
        policies: &PolicyBook,
        measures: &[Measure],
    ) -> Vec<(Dimension, String)> {
        let mut only: Vec<(Dimension, String)> = Vec::new();
        for (place, given) in given.iter().enumerate() {
            let field = format!("only[{place}].dimension");
            let Some(dimension) = self.choice::<Dimension>(&field, given.dimension) else {
                let field = format!("only[{place}].value");
                if self.optional(&field, &given.value, SHORT).is_none() && given.value.is_empty() {
                    self.violation(field, "is missing");
                }
                continue;
            };
            if only.iter().any(|(before, _)| *before == dimension) {
                self.violation(field.as_str(), "is there already");
            }
            let of_promises = measures.iter().all(|measure| measure.is_of_promises());
            if dimension == Dimension::Clock && !of_promises {
                self.violation(
                    field.as_str(),
                    "divides promises alone, and other measures are asked for",
                );
            }
            let field = format!("only[{place}].value");
            if let Some(value) = self.value_of(dimension, &field, &given.value, policies) {
                only.push((dimension, value));
            }
        }
        only
    }

    fn value_of(
        &mut self,
        dimension: Dimension,
        field: &str,
        value: &str,
        policies: &PolicyBook,
    ) -> Option<String> {
        if value.is_empty() {
            self.violation(field, "is missing");
            return None;
        }
        let is_none = value == NONE;
        match dimension {
            Dimension::Assignee if is_none => Some(value.to_owned()),
            Dimension::Region if is_none => Some(value.to_owned()),
            Dimension::Assignee => {
                let assignee = self.optional(field, value, SHORT)?;
                Some(writing::identity(&assignee))
            }
            Dimension::Region => self.region(field, value),
            Dimension::Clock => self.known(field, value, policies.clock_names(None)),
            Dimension::Policy => self.known(field, value, policies.names()),
            Dimension::Brand => self.known_brand(field, value),
            Dimension::Channel => self.known(field, value, Channel::ALL.map(Channel::as_str)),
            Dimension::Language => self.known(field, value, Language::ALL.map(Language::as_str)),
            Dimension::Service => {
                self.known(field, value, ServiceKind::ALL.map(ServiceKind::as_str))
            }
            Dimension::Category => {
                self.known(field, value, IssueCategory::ALL.map(IssueCategory::as_str))
            }
            Dimension::Level => {
                let highest = policies.highest_level(None);
                let level = value.parse().ok().filter(|level: &usize| *level <= highest);
                let why = format!("must be 0 to {highest}, the highest level of any policy");
                self.fitting(field, level.map(|level| level.to_string()), &why)
            }
            Dimension::Month => {
                let month = is_month(value).then(|| value.to_owned());
                self.fitting(field, month, "must be a month such as 2026-11")
            }
            Dimension::Day => {
                let day = value.parse::<Date>().ok();
                let day = day.map(|day| day.to_string());
                self.fitting(field, day, "must be a day such as 2026-11-30")
            }
        }
    }

    fn fitting(&mut self, field: &str, value: Option<String>, why: &str) -> Option<String> {
        if value.is_none() {
            self.violation(field, why);
        }
        value
    }

    fn figure_position(&mut self, token: &str) -> Option<Position> {
        let position = position::read(token);
        if position.is_none() && !token.is_empty() {
            self.violation("position", "must be a position as it was returned");
        }
        position
    }
}

/// What was asked for, to be told with the answer.
pub(crate) fn only_message(only: &[(Dimension, String)]) -> Vec<v1::FigureDimensionValue> {
    let only = only.iter();
    only.map(|(dimension, value)| v1::FigureDimensionValue {
        dimension: dimension.number(),
        value: value.clone(),
    })
    .collect()
}
