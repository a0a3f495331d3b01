//! Whose turn it is to look up.

use std::sync::Arc;

use tokio::sync::oneshot;
use tracing::Span;

use super::{
    StoreError,
    lookup::{Answer, LookUp, LookedUp, Lookups, Waiting},
    read::Reader,
};
use crate::domain::ComplaintRef;

impl Reader {
    /// Whoever gets a connection looks up for all who wait.
    pub(super) async fn look_up<T: LookUp>(
        &self,
        lookups: &Lookups<T>,
        which: ComplaintRef,
    ) -> Answer<T> {
        let (caller, mut answered) = oneshot::channel();
        lookups.waiting().push(Waiting {
            which,
            caller,
            span: Span::current(),
        });
        let answer_of = |answer: Result<Answer<T>, oneshot::error::RecvError>| {
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
