//! Reads of several things as they were at one moment.

use super::{Reader, StoreError, history::at_one_moment, transaction::Transaction};

impl Reader {
    /// Has `work` done on what the database holds at one moment, or twice, where it fails for no clear reason. It locks nothing,
    /// and can write nothing.
    ///
    /// # Errors
    /// When the database is away, or those of `work`.
    pub async fn at_one_moment<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(move |connection| {
            at_one_moment(connection, |connection| {
                work(&mut Transaction::new(connection))
            })
        })
        .await
    }
}
