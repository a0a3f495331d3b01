//! All books of a run: one that is filed up to the largest size, with a copy of it kept at each smaller one.

use indicatif::ProgressBar;
use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::{
    Scale, Shelf, Wave,
    filling::Filling,
    layout::{self, Section, Use},
    shelf::connect,
};
use crate::error::BenchError;

/// The largest book, that the service fires.
const SERVICE: &str = "service";
/// The same for plain SQL.
const PLAIN: &str = "plain";

/// A book of one size, ready to be fired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Volume {
    /// How many complaints are open.
    pub(crate) open: usize,
    /// Where it lies; of the smallest book one copy for each time that it is fired, since all of it fires at once.
    pub(crate) databases: Vec<String>,
}

/// Every book, and every wave in them in the order in which they fall due: first those of `every_size`, then those of
/// `replicas`, then those of `rounds` and of `held` in turns, `steady` and `spare`.
#[derive(Debug)]
pub(crate) struct Library {
    /// From the smallest to the largest.
    pub(crate) sizes: Vec<Volume>,
    /// The largest book, that the service fires, and its copy, that plain SQL fires.
    pub(crate) service: &'static str,
    pub(crate) plain: &'static str,
    /// Waves of one size. The first is the whole of the smallest book; all others have all of them.
    pub(crate) every_size: Vec<Wave>,
    /// The waves of the largest book.
    pub(crate) replicas: Vec<Wave>,
    pub(crate) rounds: Vec<Wave>,
    pub(crate) held: Vec<Wave>,
    pub(crate) steady: Option<Wave>,
    pub(crate) spare: Vec<Wave>,
    /// An instant at which all is filed, and nothing due for hours.
    pub(crate) night: Timestamp,
}

impl Library {
    /// Files and copies all of it.
    pub(crate) async fn fill(
        shelf: &Shelf,
        scale: &Scale,
        bar: &ProgressBar,
    ) -> Result<Library, BenchError> {
        let books = layout::sections(scale)?;
        let mut library = Library {
            sizes: Vec::new(),
            service: SERVICE,
            plain: PLAIN,
            every_size: Vec::new(),
            replicas: Vec::new(),
            rounds: Vec::new(),
            held: Vec::new(),
            steady: None,
            spare: Vec::new(),
            night: layout::night(),
        };
        shelf.empty(SERVICE).await?;
        let (mut now, last) = (layout::evening(), books.len().saturating_sub(1));
        for ((place, sections), open) in books.into_iter().enumerate().zip(&scale.sizes) {
            now = library.file(shelf, sections, now, bar).await?;
            shelf.tidy(SERVICE).await?;
            let databases = if place == last {
                bar.set_message("copying the book");
                shelf.copy(SERVICE, PLAIN).await?;
                vec![SERVICE.to_owned()]
            } else {
                let copies = if place == 0 { scale.repeats } else { 1 };
                let names = (1..=copies).map(|copy| format!("open_{open}_{copy}"));
                let names: Vec<String> = names.collect();
                for name in &names {
                    shelf.copy(SERVICE, name).await?;
                }
                names
            };
            library.sizes.push(Volume {
                open: *open,
                databases,
            });
        }
        Ok(library)
    }

    /// Files a book of so many complaints of which nothing is to be fired. Returns an instant at which all is filed, and nothing due
    /// for hours.
    pub(crate) async fn fill_plainly(
        shelf: &Shelf,
        database: &str,
        open: usize,
        bar: &ProgressBar,
    ) -> Result<Timestamp, BenchError> {
        shelf.empty(database).await?;
        let mut filling = Filling::open(&shelf.url(database), layout::evening(), open)?;
        for section in layout::plain(open) {
            filling.file(section, bar).await?;
        }
        filling.close().await?;
        shelf.tidy(database).await?;
        Ok(layout::night())
    }

    /// Files more, and notes what falls due when. Returns the book's time.
    async fn file(
        &mut self,
        shelf: &Shelf,
        sections: Vec<Section>,
        from: Timestamp,
        bar: &ProgressBar,
    ) -> Result<Timestamp, BenchError> {
        let url = shelf.url(SERVICE);
        let before = self.sizes.last().map_or(0, |volume| volume.open);
        let mut filling = Filling::open(&url, from, before)?;
        let mut filed = Vec::new();
        for section in sections {
            bar.set_message(format!("filing {} complaints", section.count));
            let ids = filling.file(section, bar).await?;
            filed.extend(
                section
                    .wave
                    .zip(ids)
                    .map(|(used, ids)| (used, ids, section)),
            );
        }
        let now = filling.close().await?;
        let waves = spawn_blocking(move || {
            let mut connection = connect(&url)?;
            let waves = filed.into_iter().map(|(used, ids, section)| {
                let wave = Wave::between(&mut connection, ids)?;
                ensure_whole(&wave, &section)?;
                Ok::<_, BenchError>((used, wave))
            });
            waves.collect::<Result<Vec<_>, _>>()
        })
        .await??;
        for (used, wave) in waves {
            match used {
                Use::EverySize => self.every_size.push(wave),
                Use::Replicas => self.replicas.push(wave),
                Use::Round => self.rounds.push(wave),
                Use::Held => self.held.push(wave),
                Use::Steady => self.steady = Some(wave),
                Use::Spare => self.spare.push(wave),
            }
        }
        Ok(now)
    }
}

/// A wave is of use only if its complaints fall due as they were meant to.
fn ensure_whole(wave: &Wave, section: &Section) -> Result<(), BenchError> {
    let filed = u64::try_from(section.count).unwrap_or(0);
    let at_once = wave.first == wave.last;
    if wave.steps == filed && (at_once || !section.apart.is_zero()) {
        return Ok(());
    }
    Err(BenchError::NoWave {
        filed,
        steps: wave.steps,
        first: wave.first,
        last: wave.last,
    })
}

/// Files a book of so many complaints by itself, of which none falls due for hours.
pub(crate) async fn fill_one(
    shelf: &Shelf,
    database: &str,
    count: usize,
    bar: &ProgressBar,
) -> Result<(), BenchError> {
    shelf.empty(database).await?;
    let mut filling = Filling::open(&shelf.url(database), layout::evening(), 0)?;
    bar.set_message(format!("filing {count} complaints"));
    filling.file(Section::standing(count), bar).await?;
    filling.close().await?;
    shelf.tidy(database).await
}
