//! Scales with marks where a reader looks for them.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

use crate::report::table::figure;

/// A scale.
#[derive(Debug, Clone)]
pub(in crate::report) struct Axis {
    pub(super) title: String,
    logarithmic: bool,
    /// Where it is marked, with what.
    pub(super) ticks: Vec<(f64, String)>,
    /// Logarithms, where it is logarithmic.
    from: f64,
    to: f64,
}

impl Axis {
    /// From zero to at least the greatest figure, in round steps.
    pub(in crate::report) fn linear(title: &str, greatest: f64) -> Axis {
        let step = round_step(greatest / 5.0);
        let steps = (greatest / step).ceil().max(1.0);
        let ticks = (0..)
            .map(f64::from)
            .take_while(|tick| *tick <= steps)
            .map(|tick| tick * step);
        Axis {
            title: title.to_owned(),
            logarithmic: false,
            ticks: ticks.map(|tick| (tick, figure(tick))).collect(),
            from: 0.0,
            to: steps * step,
        }
    }

    /// Equal factors lie equally far apart. Marked at these figures alone, which must be greater than zero.
    pub(in crate::report) fn marked(title: &str, ticks: Vec<(f64, String)>) -> Axis {
        let places = || ticks.iter().map(|(tick, _)| tick.log10());
        let from = places().reduce(f64::min).unwrap_or(0.0);
        let to = places().reduce(f64::max).unwrap_or(1.0).max(from + 0.1);
        let room = (to - from) * 0.04;
        Axis {
            title: title.to_owned(),
            logarithmic: true,
            ticks,
            from: from - room,
            to: to + room,
        }
    }

    /// The same, marked at the powers of ten around the figures.
    pub(in crate::report) fn powers(title: &str, least: f64, greatest: f64) -> Axis {
        let exponent = |figure: f64| figure.max(f64::MIN_POSITIVE).log10();
        let (from, to) = (exponent(least).floor(), exponent(greatest).ceil());
        let powers = (0..).map(|power| from + f64::from(power));
        let powers = powers.take_while(|power| *power <= to.max(from + 1.0));
        let ticks = powers.map(|power| 10_f64.powf(power));
        Self::marked(title, ticks.map(|tick| (tick, short(tick))).collect())
    }

    /// What stands at a mark.
    pub(super) fn name(&self, mark: f64) -> String {
        let tick = self.ticks.iter().find(|(tick, _)| *tick == mark);
        tick.map(|(_, name)| name.clone()).unwrap_or_default()
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a share of some hundred pixels"
    )]
    fn map(&self, figure: &f64, (first, last): (i32, i32)) -> i32 {
        let place = if self.logarithmic {
            figure.max(f64::MIN_POSITIVE).log10()
        } else {
            *figure
        };
        let share = (place - self.from) / (self.to - self.from);
        first + (f64::from(last - first) * share).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(tick, _)| *tick).collect()
    }

    fn range(&self) -> Range<f64> {
        if self.logarithmic {
            10_f64.powf(self.from)..10_f64.powf(self.to)
        } else {
            self.from..self.to
        }
    }
}

/// 1, 2 or 5 times a power of ten, at least so much.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.max(f64::MIN_POSITIVE).log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|step| step * power);
    let step = steps.into_iter().find(|step| *step >= least);
    step.unwrap_or(10.0 * power)
}

/// A power of ten without a row of zeros.
fn short(power: f64) -> String {
    if power < 0.01 {
        power.to_string()
    } else {
        figure(power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(axis: Axis) -> String {
        let names: Vec<String> = axis.ticks.into_iter().map(|(_, name)| name).collect();
        names.join(" ")
    }

    #[test]
    fn an_axis_is_marked_in_round_steps_beyond_the_greatest() {
        assert_eq!(names(Axis::linear("", 830.0)), "0 200 400 600 800 1,000");
        assert_eq!(names(Axis::powers("", 0.4, 350.0)), "0.1 1 10 100 1,000");
        assert_eq!(names(Axis::powers("", 0.0025, 0.01)), "0.001 0.01");
    }

    #[test]
    fn equal_steps_or_equal_factors_lie_equally_far_apart() {
        let linear = Axis::linear("", 100.0);
        let places = [0.0, 50.0, 100.0].map(|figure| linear.map(&figure, (0, 200)));
        assert_eq!(places, [0, 100, 200]);
        let powers = Axis::powers("", 1.0, 100.0);
        let [one, ten, hundred] = [1.0, 10.0, 100.0].map(|figure| powers.map(&figure, (0, 1_000)));
        assert_eq!(hundred - ten, ten - one);
        assert!(one > 0 && hundred < 1_000);
    }
}
