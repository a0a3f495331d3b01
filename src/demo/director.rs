//! Has everything done at its time in the story, one thing after the other.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    error::DemoError,
    perform::Performer,
    script::{Case, Step},
    time::StoryTime,
};
use crate::time_source::TimeSource as _;

/// A complaint of the script and its name at the service.
#[derive(Debug)]
pub(super) struct Filed<'a> {
    pub(super) case: &'a Case,
    pub(super) name: String,
}

/// What comes next: a filing, or a step of a complaint that is filed.
#[derive(Debug, Clone, Copy)]
struct Cue<'a> {
    at: Timestamp,
    case: usize,
    step: Option<&'a Step>,
}

/// Plays the script to the story's end. Every act waits for the answer to the one before.
pub(super) async fn play<'a>(
    cases: &'a [Case],
    performer: &mut Performer,
    time: &StoryTime,
) -> Result<Vec<Filed<'a>>, DemoError> {
    let mut filed: Vec<Option<Filed<'a>>> = cases.iter().map(|_| None).collect();
    for cue in cues(cases, &performer.zone)? {
        until(time, cue.at).await;
        let case = &cases[cue.case];
        let failed = |status: tonic::Status| DemoError::Refused {
            customer: case.name,
            what: cue
                .step
                .map_or_else(|| "the filing".to_owned(), |step| format!("{:?}", step.act)),
            error: Box::new(status.into()),
        };
        match (cue.step, &filed[cue.case]) {
            (Some(step), Some(known)) => {
                performer
                    .perform(&known.name, case.channel, step)
                    .await
                    .map_err(failed)?;
            }
            _ => {
                let name = performer.file(case).await.map_err(failed)?.name;
                filed[cue.case] = Some(Filed { case, name });
            }
        }
    }
    until(time, time.end()).await;
    Ok(filed.into_iter().flatten().collect())
}

fn cues<'a>(cases: &'a [Case], zone: &TimeZone) -> Result<Vec<Cue<'a>>, DemoError> {
    let mut cues = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        cues.push(Cue {
            at: zone.to_timestamp(case.filed)?,
            case: index,
            step: None,
        });
        for step in &case.steps {
            cues.push(Cue {
                at: zone.to_timestamp(step.at)?,
                case: index,
                step: Some(step),
            });
        }
    }
    // Stable: what a complaint's own script puts first stays first.
    cues.sort_by_key(|cue| cue.at);
    Ok(cues)
}

async fn until(time: &StoryTime, at: Timestamp) {
    while time.now() <= at {
        time.past(at).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::demo::cast;

    #[test]
    fn every_complaint_is_filed_before_anything_is_done_about_it() {
        let cases = cast::cases();
        let zone = TimeZone::get("America/Toronto").unwrap();
        let cues = cues(&cases, &zone).unwrap();
        assert!(cues.is_sorted_by_key(|cue| cue.at));
        for (index, case) in cases.iter().enumerate() {
            let first = cues.iter().find(|cue| cue.case == index).unwrap();
            assert!(first.step.is_none(), "{}", case.name);
            let filings = cues
                .iter()
                .filter(|cue| cue.case == index && cue.step.is_none());
            assert_eq!(filings.count(), 1, "{}", case.name);
        }
    }
}
