//! Goes through all complaints for figures at a position of the log: a page at a time, with nothing held in between. While one page
//! is worked out, the next is read.
//!
//! Driven by whoever wants the figures: who stops asking has stopped the work.

mod listing;
mod sheet;

use std::sync::Arc;

use uuid::Uuid;

pub use self::{
    listing::{CountedFact, FigureComplaint, Listing, list},
    sheet::Sheet,
};
use crate::{
    figures::{CellFigures, PromiseRules, Tally, TooManyCells},
    store::{FigurePage, Reader, StoreError},
};

/// How many complaints that cannot be read are named.
const NAMED: usize = 100;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum TallyError {
    /// There would be too many of them.
    #[error(transparent)]
    TooManyCells(#[from] TooManyCells),
    /// The database is away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Figures.
#[derive(Debug)]
pub struct Tallied {
    /// By cell.
    pub cells: Vec<CellFigures>,
    /// Over all cells.
    pub total: CellFigures,
    /// Complaints that are not counted because they cannot be read, and why not: the first hundred.
    pub unreadable: Vec<(Uuid, StoreError)>,
}

/// Figures in the making.
#[derive(Debug)]
pub struct Tallying {
    reader: Reader,
    sheet: Arc<Sheet>,
    sums: Sums,
    /// Read and not worked out yet.
    page: Option<FigurePage>,
    /// After which id the next page begins; `None`: there is none.
    next: Option<Uuid>,
    looked_at: u64,
}

#[derive(Debug)]
struct Sums {
    tally: Tally,
    unreadable: Vec<(Uuid, StoreError)>,
}

impl Tallying {
    /// Begins.
    #[must_use]
    pub fn new(reader: Reader, sheet: Sheet) -> Self {
        let rules = PromiseRules::of(Arc::clone(&sheet.policies));
        Tallying {
            reader,
            sums: Sums {
                tally: Tally::new(sheet.question.clone(), rules),
                unreadable: Vec::new(),
            },
            sheet: Arc::new(sheet),
            page: None,
            next: Some(Uuid::nil()),
            looked_at: 0,
        }
    }

    /// How many complaints have been looked at.
    #[must_use]
    pub fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// Looks at some more complaints; `None`: there are no more, and these are the figures. Not to be called again after that, or
    /// after an error.
    ///
    /// # Errors
    /// When the database is away, or there are too many cells.
    pub async fn go_on(self) -> Result<Step, TallyError> {
        let read = async {
            match self.next {
                Some(after) => {
                    let page = self.reader.figure_page(after, self.sheet.extent()).await?;
                    Ok(Some(page))
                }
                None => Ok::<_, StoreError>(None),
            }
        };
        let (read, sums) = tokio::join!(read, worked_out(&self.sheet, self.page, self.sums));
        let sums = sums?;
        let Some(page) = read?.filter(|page| page.next.is_some()) else {
            let (cells, total) = sums.tally.figures();
            return Ok(Step::Done(Tallied {
                cells,
                total,
                unreadable: sums.unreadable,
            }));
        };
        Ok(Step::More(Box::new(Tallying {
            looked_at: self.looked_at + u64::try_from(page.looked_at).unwrap_or(u64::MAX),
            next: page.next,
            page: Some(page),
            sums,
            ..self
        })))
    }
}

/// What comes of going on.
#[derive(Debug)]
pub enum Step {
    /// There is more to do.
    More(Box<Tallying>),
    /// The figures.
    Done(Tallied),
}

/// Works out a page off the async threads.
async fn worked_out(
    sheet: &Arc<Sheet>,
    page: Option<FigurePage>,
    mut sums: Sums,
) -> Result<Sums, TallyError> {
    let Some(page) = page else {
        return Ok(sums);
    };
    let sheet = Arc::clone(sheet);
    let work = tokio::task::spawn_blocking(move || {
        for found in page.complaints {
            let id = found.id;
            match found.facts(&sheet.policies) {
                Ok(facts) if sheet.is_within_scope(&facts) => sums.tally.add(&facts)?,
                Ok(_) => {}
                Err(error) if sums.unreadable.len() < NAMED => sums.unreadable.push((id, error)),
                Err(_) => {}
            }
        }
        Ok(sums)
    });
    work.await
        .map_err(|_| StoreError::Corrupt("working out a page panicked".to_owned()))?
}
