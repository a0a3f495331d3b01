//! The checks of one clock.

use std::{ops::Range, sync::Arc};

use super::{
    super::{
        clock_rule::{ClockRule, KnownFor},
        code::Code,
        file::ClockFile,
    },
    fault::Fault,
    reach, steps,
    timing::{Sample, check_terms, comes_due},
    words::{check_name, unique},
};

pub(super) fn clock(
    written: &ClockFile,
    span: Range<usize>,
    code: &Arc<Code>,
    sample: Option<&Sample<'_>>,
) -> Result<ClockRule, Fault> {
    check_name(&written.name)?;
    let rule = ClockRule {
        name: written.name.get_ref().clone(),
        code: Arc::clone(code),
        source: written.source.get_ref().clone(),
        owner: written.owner,
        starts_on: unique(&written.starts_on)?,
        stops_on: unique(&written.stops_on)?,
        restarts_on: unique(&written.restarts_on)?,
        pausable: written.pausable,
        follows_promise: written.follows_promise,
        bounds_promise: written.bounds_promise,
        outlives_closure: written.outlives_closure,
        urgent_only: written.urgent_only,
        target: *written.target.get_ref(),
        target_by_start: written
            .target_by_start
            .iter()
            .map(|(day, term)| (*day, *term.get_ref()))
            .collect(),
        target_by_channel: written
            .target_by_channel
            .iter()
            .map(|(channel, term)| (*channel, *term.get_ref()))
            .collect(),
        target_known_for: match &written.target_known_for {
            None => None,
            Some(known) => Some(KnownFor {
                over: comes_due(&known.over, sample)?,
                target: *known.target.get_ref(),
            }),
        },
        target_urgent: written.target_urgent.as_ref().map(|term| *term.get_ref()),
        roll: written.roll,
        steps: steps::steps(written, span)?,
    };
    if rule.source.trim().is_empty() {
        return Err(Fault::new(
            written.source.span(),
            "`source` says where the promise comes from; it must not be empty",
        ));
    }
    reach::check(&rule).map_err(|reason| Fault::new(written.name.span(), reason))?;
    if let (true, Some(urgent)) = (rule.urgent_only, &written.target_urgent) {
        return Err(Fault::new(
            urgent.span(),
            "a clock that is `urgent_only` has one target, in `target`",
        ));
    }
    if let Some(sample) = sample {
        check_terms(written, &rule, sample)?;
    }
    Ok(rule)
}
