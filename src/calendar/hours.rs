//! Other hours on the same working days.

use std::sync::Arc;

use super::{Calendar, Override, Window, WindowError, week};

impl Calendar {
    /// This calendar with other hours: each date that has windows, be it by its weekday or by an override, has exactly
    /// these; each other date stays without any. So a reminder to staff comes on a working day, between "08:00-18:00".
    ///
    /// Name, version and text stay those of the calendar that it was made from.
    ///
    /// # Errors
    /// [`WindowError`] if there is no window, or if one starts before the one ahead of it has ended, be it on the same date
    /// or in the night before.
    pub fn with_hours(&self, windows: &[Window]) -> Result<Self, WindowError> {
        if windows.is_empty() {
            return Err(WindowError::Missing);
        }
        if week::first_overlap(windows).is_some() || week::runs_into(windows, windows) {
            return Err(WindowError::Overlap);
        }
        let hours = |there: &[Window]| if there.is_empty() { &[] } else { windows }.to_vec();
        let overrides = self.overrides.iter().map(|given| Override {
            windows: hours(&given.windows),
            ..given.clone()
        });
        Ok(Self {
            week: self.week.map(hours),
            overrides: overrides.collect(),
            tables: Arc::default(),
            ..self.clone()
        })
    }
}
