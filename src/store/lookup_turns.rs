//! Whose turn it is to look up.

use std::sync::Arc;

use diesel::PgConnection;
use tokio::sync::oneshot;
use tracing::Span;

use super::{
    StoreError,
    lookup::{FoundOne, LookUp, LookedUp, Lookups, Shared, Waiting},
    placement::Placed,
    read::Reader,
};
use crate::{access::Scope, domain::ComplaintRef};

impl Reader {
    /// Looks up together with others; reads by itself, by `alone`, what is too much for that.
    pub(super) async fn look_up_or_read<T: Send + 'static>(
        &self,
        lookups: &Lookups<Shared<T>>,
        which: ComplaintRef,
        scope: &Scope,
        alone: impl Fn(&ComplaintRef, &mut PgConnection) -> FoundOne<Placed<T>> + Send + 'static,
    ) -> FoundOne<T>
    where
        Shared<T>: LookUp,
    {
        match self.look_up(lookups, which.clone(), scope).await? {
            None => Ok(None),
            Some(Shared::All(found)) => Ok(Some(found)),
            Some(Shared::TooMuch) => {
                let read = self.read(move |connection| alone(&which, connection));
                let found = read.await?;
                found.map_or(Ok(None), |found| found.told(scope))
            }
        }
    }

    /// Looks up together with others, and tells what a caller of this scope may see.
    pub(super) async fn look_up<T: LookUp>(
        &self,
        lookups: &Lookups<T>,
        which: ComplaintRef,
        scope: &Scope,
    ) -> FoundOne<T> {
        let found = self.patiently(self.take_turns(lookups, which)).await?;
        found.map_or(Ok(None), |found| found.told(scope))
    }

    /// Whoever gets a connection looks up for all who wait.
    async fn take_turns<T: LookUp>(
        &self,
        lookups: &Lookups<T>,
        which: ComplaintRef,
    ) -> FoundOne<Placed<T>> {
        let (caller, mut answered) = oneshot::channel();
        lookups.waiting().push(Waiting {
            which,
            caller,
            span: Span::current(),
        });
        let answer_of = |answer: Result<_, oneshot::error::RecvError>| {
            answer.unwrap_or_else(|_| Err(StoreError::abandoned()))
        };
        loop {
            let turn = async {
                let turn = Arc::clone(&lookups.turns).acquire_owned().await;
                let turn = turn.map_err(|_| StoreError::abandoned())?;
                Ok::<_, StoreError>((turn, self.permit().await?))
            };
            let (turn, permit) = tokio::select! {
                biased;
                answer = &mut answered => return answer_of(answer),
                turn = turn => turn?,
            };
            let waiting = std::mem::take(&mut *lookups.waiting());
            // Somebody else may be at it for us.
            if waiting.is_empty() {
                drop((turn, permit));
                return answer_of(answered.await);
            }
            let span = tracing::info_span!("store.look_up", size = waiting.len());
            for one in &waiting {
                span.follows_from(one.span.id());
            }
            let looked_up = self.spawn(permit, span, |store| LookedUp::of(waiting, store));
            // Whoever waits is a task of the runtime. Told from one of its threads, they are woken without a signal for each
            // across threads; and told by a task of its own, it does not matter whose turn it was.
            tokio::spawn(async move {
                let looked_up = looked_up.await;
                drop(turn);
                if let Ok(looked_up) = looked_up {
                    looked_up.tell();
                }
            });
        }
    }
}
