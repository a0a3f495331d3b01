//! Logs when this machine's clock begins to differ from the database's, and when they agree again.

use jiff::SignedDuration;

use crate::time_source::{OFF, TimeSource};

/// They agree again below this offset: hysteresis, so that a clock near the limit is not reported every second.
const RIGHT: SignedDuration = SignedDuration::from_secs(1);

/// Whether the machine's clock differs from the database's.
#[derive(Debug, Default)]
pub(super) struct Standing {
    differs: bool,
}

impl Standing {
    /// Whether this offset changes the state.
    fn changes(&mut self, offset: SignedDuration) -> bool {
        let most = if self.differs { RIGHT } else { OFF };
        let differs = offset.abs() > most;
        std::mem::replace(&mut self.differs, differs) != differs
    }

    /// Checks the clock, and logs a change.
    pub(super) fn look(&mut self, time: &dyn TimeSource) {
        let offset = time.offset();
        match (self.changes(offset), self.differs) {
            (true, true) => tracing::warn!(
                ahead_by_seconds = offset.as_secs_f64(),
                "this machine's clock differs from the database's; synchronise both with NTP"
            ),
            (true, false) => {
                tracing::info!("this machine's clock agrees with the database's again");
            }
            (false, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_at_the_brink_is_reported_once() {
        let mut standing = Standing::default();
        let tenths = [19, 20, 21, -19, 21, 900, 11, 10, 19, -51, 0];
        let changes = tenths.into_iter().filter(|tenths| {
            let offset = SignedDuration::from_millis(tenths * 100);
            standing.changes(offset)
        });
        assert_eq!(changes.collect::<Vec<_>>(), [21, 10, -51, 0]);
    }
}
