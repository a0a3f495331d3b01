//! Figures over a period: how many promises were kept, how long complaints took, what was escalated.
//!
//! A complaint gives [`Facts`], which say what counts and when; a [`Tally`] adds up those of many in cells. What a measure means is
//! data beside it ([`definition`]). A regulatory return is a question with a period rule, a population and measures of its own: it
//! can be asked of the same facts.

mod definitions;
mod dimension;
mod facts;
mod history;
mod measure;
mod period;
mod promises;
mod question;
mod stored;
mod tally;
#[cfg(test)]
mod tests;

pub use self::{
    definitions::{Definition, definition, definitions_version},
    dimension::{Dimension, NONE},
    facts::{Counted, Facts},
    history::{History, KINDS_OF_HISTORY, RARE_KINDS},
    measure::Measure,
    period::{Period, is_month},
    promises::{Kept, Promise, PromiseRules, promises_of},
    question::{Cell, Question},
    stored::StoredComplaint,
    tally::{CellFigures, MOST_CELLS, Tally, TooManyCells, percentile},
};
