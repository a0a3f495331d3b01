//! Performs the script, each act at its time in the story.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    error::DemoError,
    perform::Performer,
    script::{Scenario, Step},
    time::StoryTime,
};

/// A complaint of the script and its resource name.
#[derive(Debug)]
pub(super) struct Filed<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) name: String,
}

/// The next cue: a filing, or a step of a filed complaint.
#[derive(Debug, Clone, Copy)]
struct Cue<'a> {
    at: Timestamp,
    scenario: usize,
    step: Option<&'a Step>,
}

/// Plays the script to its end. Each act waits for the answer to the previous one.
pub(super) async fn play<'a>(
    scenarios: &'a [Scenario],
    performer: &mut Performer,
    time: &StoryTime,
) -> Result<Vec<Filed<'a>>, DemoError> {
    let mut filed: Vec<Option<Filed<'a>>> = scenarios.iter().map(|_| None).collect();
    for cue in cues(scenarios, &performer.zone)? {
        time.reach(cue.at).await;
        let scenario = &scenarios[cue.scenario];
        let failed = |status: tonic::Status| DemoError::Refused {
            customer: scenario.name,
            what: cue
                .step
                .map_or_else(|| "the filing".to_owned(), |step| format!("{:?}", step.act)),
            error: Box::new(status.into()),
        };
        match (cue.step, &filed[cue.scenario]) {
            (Some(step), Some(known)) => {
                performer
                    .perform(&known.name, scenario.channel, step)
                    .await
                    .map_err(failed)?;
            }
            _ => {
                let name = performer.file(scenario).await.map_err(failed)?.name;
                filed[cue.scenario] = Some(Filed { scenario, name });
            }
        }
    }
    time.reach(time.end()).await;
    Ok(filed.into_iter().flatten().collect())
}

fn cues<'a>(scenarios: &'a [Scenario], zone: &TimeZone) -> Result<Vec<Cue<'a>>, DemoError> {
    let mut cues = Vec::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        cues.push(Cue {
            at: zone.to_timestamp(scenario.filed)?,
            scenario: index,
            step: None,
        });
        for step in &scenario.steps {
            cues.push(Cue {
                at: zone.to_timestamp(step.at)?,
                scenario: index,
                step: Some(step),
            });
        }
    }
    // A stable sort keeps the order within a complaint's own script.
    cues.sort_by_key(|cue| cue.at);
    Ok(cues)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::demo::cast;

    #[test]
    fn every_complaint_is_filed_before_anything_is_done_about_it() {
        let scenarios = cast::scenarios();
        let zone = TimeZone::get("America/Toronto").unwrap();
        let cues = cues(&scenarios, &zone).unwrap();
        assert!(cues.is_sorted_by_key(|cue| cue.at));
        for (index, scenario) in scenarios.iter().enumerate() {
            let first = cues.iter().find(|cue| cue.scenario == index).unwrap();
            assert!(first.step.is_none(), "{}", scenario.name);
            let filings = cues
                .iter()
                .filter(|cue| cue.scenario == index && cue.step.is_none());
            assert_eq!(filings.count(), 1, "{}", scenario.name);
        }
    }
}
