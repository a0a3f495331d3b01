//! What a calendar file says of a holiday.

use std::str::FromStr;

use serde::Deserialize;
use toml::Spanned;

use super::{
    super::{
        bounds::MOST_EXCEPTIONS,
        holiday::{Holiday, OnWeekend, Substitute},
        rule::Rule,
        years::Years,
    },
    fault::Fault,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HolidayTable {
    name: String,
    /// A [`Rule`].
    on: Spanned<String>,
    substitute: Option<Substitute>,
    moves: Option<Spanned<Substitute>>,
    from_year: Option<i16>,
    to_year: Option<Spanned<i16>>,
    #[serde(default)]
    except_years: Vec<Spanned<i16>>,
    /// A condition, as `1 February is a Friday`.
    when: Option<Spanned<String>>,
    /// A condition.
    unless: Option<Spanned<String>>,
}

impl HolidayTable {
    pub(super) fn into_holiday(self) -> Result<Holiday, Fault> {
        let rule: Rule = parsed(&self.on)?;
        let years = self.years(rule)?;
        let on_weekend = match (self.substitute, self.moves) {
            (None, None) => OnWeekend::Stays,
            (Some(substitute), None) => OnWeekend::Doubles(substitute),
            (None, Some(moves)) => OnWeekend::Moves(moves.into_inner()),
            (Some(_), Some(moves)) => {
                return Err(Fault::at(
                    &moves,
                    "a holiday keeps its date and has a substitute, or it moves: give one of the two",
                ));
            }
        };
        let holiday = Holiday::new(self.name, rule, years, on_weekend);
        if !holiday.ever_falls() {
            return Err(Fault::at(
                &self.on,
                "the holiday never falls: none of its years has this date",
            ));
        }
        Ok(holiday)
    }

    /// The exceptions come one by one, so that a year that is excepted twice is refused.
    fn years(&self, rule: Rule) -> Result<Years, Fault> {
        let from_year = self.from_year.unwrap_or(i16::MIN);
        if let Some(to_year) = &self.to_year
            && *to_year.get_ref() < from_year
        {
            return Err(Fault::at(to_year, "to_year comes before from_year"));
        }
        let to_year = self.to_year.as_ref();
        let to_year = to_year.map_or(i16::MAX, |year| *year.get_ref());
        let mut years = Years {
            range: from_year..=to_year,
            except: Vec::new(),
            when: self.when.as_ref().map(parsed).transpose()?,
            unless: self.unless.as_ref().map(parsed).transpose()?,
        };
        if let Some(beyond) = self.except_years.get(MOST_EXCEPTIONS) {
            let reason = format!("a holiday has at most {MOST_EXCEPTIONS} years in except_years");
            return Err(Fault::at(beyond, reason));
        }
        for except in &self.except_years {
            let year = *except.get_ref();
            if !years.contain(year) || rule.in_year(year).is_none() {
                return Err(Fault::at(
                    except,
                    format!("the holiday does not fall in {year} anyway"),
                ));
            }
            years.except.push(year);
        }
        Ok(years)
    }
}

fn parsed<T: FromStr<Err: ToString>>(text: &Spanned<String>) -> Result<T, Fault> {
    text.get_ref()
        .parse()
        .map_err(|error| Fault::at(text, error))
}
